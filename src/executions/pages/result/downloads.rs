//! Result downloads: all rows, or the filtered ones.

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
use crate::results::{CsvForm, Filter, Key, Separator, WORKBOOK_ROWS};
use crate::web::components::{Address, count};
use crate::web::{self, Fields, FileName, Person};

/// Characters of an execution's id in its file names.
const ID_TAIL: usize = 6;
/// Maximum rows for the clipboard; more must be downloaded.
const COPIED: u64 = 10_000;

/// Downloads with the same rows.
pub(in crate::executions::pages) struct Offer {
    pub(in crate::executions::pages) label: String,
    /// Labels with addresses.
    pub(in crate::executions::pages) files: Vec<(&'static str, String)>,
    /// Why a format is missing, if one is.
    pub(in crate::executions::pages) note: String,
}

/// The available downloads: the filtered rows, if there are filters, and all rows.
pub(super) fn offers(
    id: &ExecutionId,
    params: &ResultParams,
    (total, filtered): (u64, u64),
    has_brands: bool,
) -> Vec<Offer> {
    let offer = |label: String, rows: u64, is_filtered: bool| {
        let address = |kind: &str| {
            let path = format!("{}/result.{kind}", page_of(id));
            if is_filtered { params.filters_only(&path) } else { Address::new(path, "") }
        };
        let csv = |form: &str| address("csv").and("form", form);
        let mut files = vec![
            ("CSV", address("csv").to_string()),
            ("CSV (Excel-safe)", csv("spreadsheet").to_string()),
            ("CSV (Excel-safe), semicolons", csv("spreadsheet").and("separator", "semicolon").to_string()),
            ("CSV (as in AMC)", csv("amc").to_string()),
            ("JSON", address("json").to_string()),
            ("Parquet", address("parquet").to_string()),
        ];
        let fits = rows <= WORKBOOK_ROWS;
        if fits {
            files.insert(1, ("Excel", address("xlsx").to_string()));
        }
        let most = count(WORKBOOK_ROWS);
        let note = if fits { String::new() } else { format!("Excel has room for {most} rows: use the CSV.") };
        Offer { label, files, note }
    };
    let rows = |number: u64| format!("{} {}", count(number), if number == 1 { "row" } else { "rows" });
    let mut offers = Vec::new();
    if !params.filters.is_empty() {
        offers.push(offer(format!("Filtered rows: {}", rows(filtered)), filtered, true));
    }
    offers.push(offer(format!("Whole result: {}", rows(total)), total, false));
    let copy = copy(id, params, filtered);
    if has_brands {
        let files = vec![("Add to the instance's brands", format!("{}/brands", page_of(id)))];
        offers.push(Offer { label: "ASINs and campaigns".to_owned(), files, note: String::new() });
    }
    if !copy.is_empty() {
        let label = "Rows and columns as shown".to_owned();
        offers.push(Offer { label, files: vec![("TSV for pasting", copy)], note: String::new() });
    }
    offers
}

/// The address of the displayed rows as text for a spreadsheet's clipboard. Empty if there are too many rows.
pub(super) fn copy(id: &ExecutionId, params: &ResultParams, found: u64) -> String {
    let path = format!("{}/result.tsv", page_of(id));
    if (1..=COPIED).contains(&found) { params.shown_only(&path).to_string() } else { String::new() }
}

/// The CSV format that an address requests, and its part of the file name.
fn csv_form(fields: &Fields) -> web::Result<(CsvForm, &'static str)> {
    let separator = match fields.trimmed("separator") {
        "" | "comma" => Separator::Comma,
        "semicolon" => Separator::Semicolon,
        "tab" => Separator::Tab,
        other => {
            let known = "Use `comma`, `semicolon` or `tab`.";
            return Err(web::Error::Invalid(format!("“{other}” isn't a column separator. {known}")));
        }
    };
    match fields.trimmed("form") {
        "" => Ok((CsvForm::Plain(separator), "")),
        "spreadsheet" => Ok((CsvForm::Spreadsheet(separator), "spreadsheet")),
        "amc" if separator == Separator::Comma => Ok((CsvForm::Amc, "amc")),
        "amc" => Err(web::Error::Invalid("AMC separates columns with commas. Leave `separator` out.".to_owned())),
        other => {
            let known = "Use `spreadsheet` or `amc`, or leave it out for RFC 4180.";
            Err(web::Error::Invalid(format!("“{other}” isn't a kind of CSV. {known}")))
        }
    }
}

pub(in crate::executions::pages) async fn csv(
    State(room): State<Executions>,
    person: Person,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> web::Result<Response> {
    csv_file(&room, &person, &id, query).await
}

pub(in crate::executions) async fn csv_file(
    room: &Executions,
    person: &Person,
    id: &str,
    query: Option<String>,
) -> web::Result<Response> {
    let (form, mark) = csv_form(&Fields::of_address(query.as_deref().unwrap_or_default()))?;
    let mut file = Taken::out(room, person, id, query, "csv").await?;
    file.mark = mark;
    let stream = room.result_store.export_csv(&file.key, &file.filters, form).await.map_err(failed)?;
    Ok(file.answer("csv", "text/csv; charset=utf-8", Body::from_stream(stream)))
}

/// The rows with the displayed order and columns, for pasting into a spreadsheet.
pub(in crate::executions::pages) async fn tsv(
    State(room): State<Executions>,
    person: Person,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> web::Result<Response> {
    let file = Taken::out(&room, &person, &id, query, "tsv").await?;
    let (columns, _) = room.result_store.columns(&file.key).await.map_err(failed)?;
    let params = ResultParams::read("", &file.fields, &columns);
    let places = params.shown_columns(columns.len());
    let text = room.result_store.copied(&file.key, &file.filters, params.sort, &places, COPIED).await;
    Ok(file.answer("tsv", "text/tab-separated-values; charset=utf-8", Body::from(text.map_err(failed)?)))
}

pub(in crate::executions::pages) async fn json(
    State(room): State<Executions>,
    person: Person,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> web::Result<Response> {
    json_file(&room, &person, &id, query).await
}

pub(in crate::executions) async fn json_file(
    room: &Executions,
    person: &Person,
    id: &str,
    query: Option<String>,
) -> web::Result<Response> {
    let file = Taken::out(room, person, id, query, "json").await?;
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
    parquet_file(&room, &person, &id, query).await
}

pub(in crate::executions) async fn parquet_file(
    room: &Executions,
    person: &Person,
    id: &str,
    query: Option<String>,
) -> web::Result<Response> {
    let file = Taken::out(room, person, id, query, "parquet").await?;
    let (stream, size) = room.result_store.export_parquet(&file.key, &file.filters).await.map_err(failed)?;
    let mut answer = file.answer("parquet", "application/vnd.apache.parquet", Body::from_stream(stream));
    if let Some(size) = size {
        answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    }
    Ok(answer)
}

/// A result to be exported.
struct Taken {
    execution: Execution,
    instance: String,
    key: Key,
    fields: Fields,
    filters: Vec<Filter>,
    /// The format's part of the file name, if there are several.
    mark: &'static str,
}

impl Taken {
    /// Finds the result and records the export in the audit log.
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
                "This result was removed on {} because of its age. You can fetch it again on the execution's page.",
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
        Ok(Self { key: Key::from(&execution.id), execution, instance, fields, filters, mark: "" })
    }

    /// The file, under a name that distinguishes it from other executions of the same query and window: by its start
    /// time and the end of its id.
    fn answer(&self, extension: &str, kind: &str, body: Body) -> Response {
        let execution = &self.execution;
        let filtered = if self.filters.is_empty() { "" } else { "filtered" };
        let window = days(execution).map(|(first, last)| format!("{first}_{last}")).unwrap_or_default();
        let started = execution.created_at.format("run-%Y-%m-%d-%H%M").to_string();
        let id = execution.id.as_str();
        let tail = &id[id.len().saturating_sub(ID_TAIL)..];
        let parts = [execution.query_name.as_str(), &self.instance, &window, &started, tail, filtered, self.mark];
        let name = FileName::new("result", parts, extension).disposition();
        ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name.as_str())], body).into_response()
    }
}

/// The first and last day of the window that was sent, if any.
fn days(execution: &Execution) -> Option<(NaiveDate, NaiveDate)> {
    let (start, end) = (execution.window.start?.date(), execution.window.end?.date());
    Some((start, end.pred_opt().filter(|last| *last >= start).unwrap_or(end)))
}
