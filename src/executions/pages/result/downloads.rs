//! A result as a file: the whole, or the rows that meet the filters.

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde_json::json;

use super::params::{self, ResultParams};
use super::{failed, page_of};
use crate::accounts::audit::{self, Action};
use crate::executions::model::{Execution, State as Stage};
use crate::executions::pages::own;
use crate::executions::store;
use crate::executions::submit::Executions;
use crate::ids::ExecutionId;
use crate::instances;
use crate::results::{CsvForm, Filter, Key, WORKBOOK_ROWS};
use crate::web::components::count;
use crate::web::{self, Fields, FileName, Person};

/// The files that hold the same rows.
pub(in crate::executions::pages) struct Offer {
    pub(in crate::executions::pages) label: String,
    /// Names of files with their addresses.
    pub(in crate::executions::pages) files: Vec<(&'static str, String)>,
    /// Why a kind of file is missing, if one is.
    pub(in crate::executions::pages) note: String,
}

/// What can be downloaded: the filtered rows, where there are filters, and the whole.
pub(super) fn offers(id: &ExecutionId, params: &ResultParams, total: u64, filtered: u64) -> Vec<Offer> {
    let offer = |label: String, rows: u64, is_filtered: bool| {
        let address = |kind: &str| {
            let path = format!("{}/result.{kind}", page_of(id));
            if is_filtered { params.filters_only(&path) } else { crate::web::components::Address::new(path, "") }
        };
        let mut files = vec![
            ("CSV", address("csv").to_string()),
            ("CSV for spreadsheets", address("csv").and("form", "spreadsheet").to_string()),
            ("JSON", address("json").to_string()),
            ("Parquet", address("parquet").to_string()),
        ];
        let fits = rows <= WORKBOOK_ROWS;
        if fits {
            files.insert(1, ("Excel", address("xlsx").to_string()));
        }
        let most = count(WORKBOOK_ROWS);
        let note = if fits { String::new() } else { format!("Excel has room for {most} rows: take the CSV.") };
        Offer { label, files, note }
    };
    let rows = |number: u64| format!("{} {}", count(number), if number == 1 { "row" } else { "rows" });
    let mut offers = Vec::new();
    if !params.filters.is_empty() {
        offers.push(offer(format!("The filtered {}", rows(filtered)), filtered, true));
    }
    offers.push(offer(format!("The whole result, {}", rows(total)), total, false));
    offers
}

pub(in crate::executions::pages) async fn csv(
    State(room): State<Executions>,
    person: Person,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> web::Result<Response> {
    let file = Taken::out(&room, &person, &id, query, "csv").await?;
    let form = if file.fields.get("form") == "spreadsheet" { CsvForm::Spreadsheet } else { CsvForm::Amc };
    let stream = room.result_store.export_csv(&file.key, &file.filters, form).await.map_err(failed)?;
    Ok(file.answer("csv", "text/csv; charset=utf-8", Body::from_stream(stream)))
}

pub(in crate::executions::pages) async fn json(
    State(room): State<Executions>,
    person: Person,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> web::Result<Response> {
    let file = Taken::out(&room, &person, &id, query, "json").await?;
    let stream = room.result_store.export_json(&file.key, &file.filters).await.map_err(failed)?;
    Ok(file.answer("json", "application/json", Body::from_stream(stream)))
}

pub(in crate::executions::pages) async fn xlsx(
    State(room): State<Executions>,
    person: Person,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> web::Result<Response> {
    let file = Taken::out(&room, &person, &id, query, "xlsx").await?;
    let stream = room.result_store.export_xlsx(&file.key, &file.filters).await.map_err(failed)?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(file.answer("xlsx", kind, Body::from_stream(stream)))
}

pub(in crate::executions::pages) async fn parquet(
    State(room): State<Executions>,
    person: Person,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> web::Result<Response> {
    let file = Taken::out(&room, &person, &id, query, "parquet").await?;
    let (stream, size) = room.result_store.export_parquet(&file.key, &file.filters).await.map_err(failed)?;
    let mut answer = file.answer("parquet", "application/vnd.apache.parquet", Body::from_stream(stream));
    if let Some(size) = size {
        answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    }
    Ok(answer)
}

/// A result that is taken out.
struct Taken {
    execution: Execution,
    instance: String,
    key: Key,
    fields: Fields,
    filters: Vec<Filter>,
}

impl Taken {
    /// Finds the result and notes in the log of deeds that it is taken out.
    async fn out(room: &Executions, person: &Person, id: &str, query: Option<String>, form: &str) -> web::Result<Self> {
        let id = own(id)?;
        let site = &room.site;
        let mut tx = site.db.write(&person.scope()).await?;
        let execution = store::find(&mut tx, &person.id, &id).await?;
        if execution.state != Stage::Succeeded {
            return Err(web::Error::Missing);
        }
        if let Some(removed) = execution.result_removed_at {
            return Err(web::Error::Gone(format!(
                "This result was removed on {} because of its age. On the run's page it can be fetched again.",
                crate::web::components::date(removed.date_naive())
            )));
        }
        let columns = execution.result.as_ref().map_or(&[][..], |kept| &kept.columns);
        let fields = Fields::of_address(&query.unwrap_or_default());
        let filters = params::filters(&fields, columns).map_err(web::Error::Invalid)?;
        let instance = instances::find(&mut tx, &person.id, &execution.instance).await?.name().to_owned();
        let (now, detail) = (site.clock.now(), json!({ "form": form, "filters": filters.len() }));
        audit::write(&mut tx, &site.random, now, Some(&person.id), Action::Exported, id.as_str(), detail).await?;
        tx.commit().await?;
        Ok(Self { key: Key::from(&execution.id), execution, instance, fields, filters })
    }

    fn answer(&self, extension: &str, kind: &str, body: Body) -> Response {
        let mark = match (self.filters.is_empty(), self.fields.get("form") == "spreadsheet") {
            (true, true) => "spreadsheet",
            (false, true) => "filtered-spreadsheet",
            (false, false) => "filtered",
            (true, false) => "",
        };
        let window = days(&self.execution).map(|(first, last)| format!("{first}_{last}")).unwrap_or_default();
        let parts = [self.execution.query_name.as_str(), &self.instance, &window, mark];
        let name = FileName::new("result", parts, extension).disposition();
        ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name.as_str())], body).into_response()
    }
}

/// The first and last day of the window that was sent, if it named any.
fn days(execution: &Execution) -> Option<(NaiveDate, NaiveDate)> {
    let day = |name: &str| execution.sent.body[name].as_str()?.get(..10)?.parse::<NaiveDate>().ok();
    let (start, end) = (day("timeWindowStart")?, day("timeWindowEnd")?);
    Some((start, end.pred_opt().filter(|last| *last >= start).unwrap_or(end)))
}
