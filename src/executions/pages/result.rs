//! A kept result: the grid that pages, sorts and filters on the server, and its downloads.

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde_json::json;

use super::own;
use crate::accounts::audit::{self, Action};
use crate::executions::model::{Execution, State as Stage};
use crate::executions::results::{self, Cell, CsvForm, Direction, Filter, Key, Kind, Op, PageRequest, Sort};
use crate::executions::store;
use crate::executions::submit::Executions;
use crate::web::components::{Address, Choice, Pager, SortLink};
use crate::web::{self, Fields, Person};

/// Digits after the point up to which a number is shown whole.
const DIGITS: i32 = 6;
/// Rows of a page of the grid unless the address asks for another number.
const SIZE: u64 = 50;

/// A column's head.
pub(super) struct Head {
    pub(super) name: String,
    pub(super) is_number: bool,
    pub(super) unit: &'static str,
    pub(super) sort: SortLink,
    pub(super) total: Option<String>,
    pub(super) note: String,
}

/// A page of a result.
pub(super) struct ResultView {
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Vec<Cell>>,
    pub(super) pager: Pager,
    pub(super) is_filtered: bool,
    pub(super) has_totals: bool,
    pub(super) error: String,
    pub(super) columns: Vec<Choice>,
    pub(super) column: String,
    pub(super) op: String,
    pub(super) ops: Vec<Choice>,
    pub(super) value: String,
    pub(super) sort: String,
    pub(super) csv: String,
    pub(super) json: String,
    pub(super) spreadsheet: String,
}

fn ops() -> Vec<Choice> {
    [
        ("equals", "is"),
        ("contains", "contains"),
        ("less", "is less than"),
        ("greater", "is more than"),
        ("empty", "is empty"),
    ]
    .map(|(value, label)| Choice::new(value, label))
    .to_vec()
}

/// What the address asks for. A column is named by its place, since names may repeat.
fn request(fields: &Fields, offset: u64, size: u64) -> PageRequest {
    let sort = fields.trimmed("sort");
    let (column, direction) = match sort.strip_prefix('-') {
        Some(column) => (column, Direction::Descending),
        None => (sort, Direction::Ascending),
    };
    let op = match fields.trimmed("op") {
        "contains" => Op::Contains,
        "less" => Op::Less,
        "greater" => Op::Greater,
        "empty" => Op::Empty,
        _ => Op::Equals,
    };
    let value = fields.get("value").to_owned();
    let filter = fields.trimmed("column").parse().ok().filter(|_| op == Op::Empty || !value.is_empty());
    PageRequest {
        offset,
        limit: usize::try_from(size).unwrap_or(results::MOST_ROWS),
        sort: column.parse().ok().map(|column| Sort { column, direction }),
        filters: filter.map(|column| Filter { column, op, value }).into_iter().collect(),
    }
}

impl ResultView {
    pub(super) async fn load(
        room: &Executions,
        execution: &Execution,
        here: &Address,
        fields: &Fields,
    ) -> web::Result<Self> {
        let key = Key::from(&execution.id);
        let number = |name: &str, most: u64, default: u64| {
            fields.trimmed(name).parse().ok().filter(|n| (1..=most).contains(n)).unwrap_or(default)
        };
        let (asked, size) = (number("page", u64::MAX, 1), number("size", results::MOST_ROWS as u64, SIZE));
        let offset = (asked - 1).saturating_mul(size);
        let mut wanted = request(fields, offset, size);
        let mut page = room.shelf.page(&key, wanted.clone()).await;
        let mut error = String::new();
        if let Err(refused) = &page
            && (wanted.sort.is_some() || !wanted.filters.is_empty())
        {
            error = refused.to_string();
            (wanted.sort, wanted.filters) = (None, Vec::new());
            page = room.shelf.page(&key, wanted.clone()).await;
        }
        let mut page = page.map_err(failed)?;
        if page.rows.is_empty() && page.total > 0 {
            // The address asks for a page behind the last one: show the last.
            wanted.offset = (page.total - 1) / size * size;
            page = room.shelf.page(&key, wanted.clone()).await.map_err(failed)?;
        }
        let sort = fields.trimmed("sort").to_owned();
        let head = |(place, column): (usize, &results::KeptColumn)| Head {
            name: column.name.clone(),
            is_number: column.kind.is_number(),
            unit: unit(&column.name),
            sort: SortLink::new(here, &place.to_string(), &sort),
            total: column.total.as_deref().filter(|_| adds_up(column.kind)).map(results::grouped),
            note: column.misfit.as_ref().map(ToString::to_string).unwrap_or_default(),
        };
        let heads: Vec<Head> = page.columns.iter().enumerate().map(head).collect();
        let file = |kind: &str| format!("/executions/{}/result.{kind}", execution.id);
        Ok(Self {
            has_totals: wanted.filters.is_empty() && heads.iter().any(|head| head.total.is_some()),
            columns: heads.iter().enumerate().map(|(place, head)| Choice::new(place.to_string(), &head.name)).collect(),
            heads,
            rows: page.rows,
            pager: Pager::new(here, asked, size, page.total),
            is_filtered: !wanted.filters.is_empty(),
            error,
            column: fields.trimmed("column").to_owned(),
            op: fields.trimmed("op").to_owned(),
            ops: ops(),
            value: fields.get("value").to_owned(),
            sort,
            csv: file("csv"),
            json: file("json"),
            spreadsheet: format!("{}?form=spreadsheet", file("csv")),
        })
    }
}

/// Whether the sum of a column says something. Fractions are mostly rates and averages, whose sum is
/// none; a missing total misleads less than a wrong one.
fn adds_up(kind: Kind) -> bool {
    match kind {
        Kind::Integer => true,
        Kind::Decimal { scale, .. } => i32::from(scale) <= DIGITS,
        _ => false,
    }
}

/// A number with more digits than are read, shortened; the exact one stays in its title and in downloads.
pub(super) fn brief(cell: &Cell) -> Option<String> {
    let (_, fraction) = cell.exact.split_once('.').filter(|_| cell.kind.is_number())?;
    let number = cell.exact.parse::<f64>().ok().filter(|number| (0.001..1e12).contains(&number.abs()))?;
    (fraction.len() > DIGITS as usize).then(|| results::grouped(&format!("{number:.4}")))
}

/// The unit of a money column by AMC's own naming (AMC documentation, data sources): sponsored spend
/// and fees come in microcents, DSP costs in millicents.
fn unit(column: &str) -> &'static str {
    match column {
        "spend" | "supply_cost" | "bid_price" | "audience_fee" | "platform_fee" => "microcents",
        "total_cost" | "impression_cost" | "click_cost" => "millicents",
        _ => "",
    }
}

fn failed(error: results::Error) -> web::Error {
    match error {
        results::Error::Missing | results::Error::Full | results::Error::Store(_) | results::Error::Damaged(_) => {
            web::Error::Unavailable(error.to_string())
        }
        error => web::Error::Invalid(error.to_string()),
    }
}

pub(super) async fn csv(
    State(room): State<Executions>,
    person: Person,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> web::Result<Response> {
    let execution = exported(&room, &person, &id, "csv").await?;
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let form = if fields.get("form") == "spreadsheet" { CsvForm::Spreadsheet } else { CsvForm::Amc };
    let stream = room.shelf.export_csv(&Key::from(&execution.id), form).await.map_err(failed)?;
    Ok(file(&execution, "csv", "text/csv; charset=utf-8", Body::from_stream(stream)))
}

pub(super) async fn json(
    State(room): State<Executions>,
    person: Person,
    Path(id): Path<String>,
) -> web::Result<Response> {
    let execution = exported(&room, &person, &id, "json").await?;
    let stream = room.shelf.export_json(&Key::from(&execution.id)).await.map_err(failed)?;
    Ok(file(&execution, "json", "application/json", Body::from_stream(stream)))
}

/// The execution whose result is taken out, noted in the log of deeds.
async fn exported(room: &Executions, person: &Person, id: &str, form: &str) -> web::Result<Execution> {
    let id = own(id)?;
    let site = &room.site;
    let mut tx = site.db.write(&person.scope()).await?;
    let execution = store::find(&mut tx, &person.id, &id).await?;
    if execution.state != Stage::Succeeded {
        return Err(web::Error::Missing);
    }
    if let Some(removed) = execution.result_removed_at {
        return Err(web::Error::Gone(format!(
            "This result was removed on {} because of its age. Run the query again for the same window to get it anew.",
            removed.format("%Y-%m-%d")
        )));
    }
    let (now, detail) = (site.clock.now(), json!({ "form": form }));
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::Exported, id.as_str(), detail).await?;
    tx.commit().await?;
    Ok(execution)
}

fn file(execution: &Execution, extension: &str, kind: &str, body: Body) -> Response {
    let name = results::file_name(&execution.query_name, days(execution), extension);
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name.disposition().as_str())], body).into_response()
}

/// The first and last day of the window that was sent, if it named any.
fn days(execution: &Execution) -> Option<(NaiveDate, NaiveDate)> {
    let day = |name: &str| execution.sent.body[name].as_str()?.get(..10)?.parse::<NaiveDate>().ok();
    let (start, end) = (day("timeWindowStart")?, day("timeWindowEnd")?);
    Some((start, end.pred_opt().filter(|last| *last >= start).unwrap_or(end)))
}
