//! The tools: each a name, a short description, an input, and requests of the API.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::call::{Caller, Outcome};
use super::run;
use crate::api::schema::{Components, Described, body};
use crate::tokens::{Area, Level};
use crate::web::Site;

/// Longest description in a list, in characters.
const SHORT: usize = 200;
/// Matches of a search for columns, and columns of each.
const MATCHES: (usize, usize) = (8, 10);
/// Items of other lists.
const ITEMS: usize = 20;
/// Rows of a trial, and rows of a result: by default, and at most.
const ROWS: (usize, usize, usize) = (10, 20, 200);
/// Maximum size of the rows of a result, in bytes.
const RESULT_BYTES: usize = 48 << 10;

/// What a tool changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Reads,
    /// Something in RecomAMP.
    Writes,
    /// Something at Amazon.
    Runs,
}

/// A tool.
pub(super) struct Tool {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    pub(super) effect: Effect,
    /// The scopes that it needs.
    pub(super) scopes: Vec<(Area, Level)>,
    /// The JSON Schema of its input.
    pub(super) schema: Map<String, Value>,
    pub(super) run: Arc<dyn Fn(Caller, Value) -> BoxFuture<'static, Outcome> + Send + Sync>,
}

/// All tools.
#[derive(Default)]
pub(super) struct Tools(Vec<Tool>);

impl Tools {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Tool> {
        self.0.iter()
    }

    pub(super) fn named(&self, name: &str) -> Option<&Tool> {
        self.iter().find(|tool| tool.name == name)
    }

    fn add<I, F>(
        mut self,
        (name, title, about): (&'static str, &'static str, &'static str),
        effect: Effect,
        scopes: &[(Area, Level)],
        run: impl Fn(Caller, I) -> F + Send + Sync + 'static,
    ) -> Self
    where
        I: Described + DeserializeOwned,
        F: Future<Output = Outcome> + Send + 'static,
    {
        let run = move |caller: Caller, input: Value| match serde_json::from_value::<I>(input) {
            Ok(input) => run(caller, input).boxed(),
            Err(error) => {
                let why = format!("The arguments of {name} don't fit: {error}. Correct them and call it again.");
                futures::future::ready(Err(why)).boxed()
            }
        };
        let scopes = scopes.to_vec();
        self.0.push(Tool { name, title, about, effect, scopes, schema: schema::<I>(), run: Arc::new(run) });
        self
    }
}

/// The schema of an input, without references.
fn schema<I: Described>() -> Map<String, Value> {
    let mut components = Components::default();
    I::schema(&mut components);
    let of = |(_, schema): (&'static str, Value)| schema.as_object().cloned();
    components.0.into_iter().next().and_then(of).unwrap_or_default()
}

body! {
    FindColumnsInput {
        /// Words in names and descriptions, such as `new to brand purchases`.
        words: String,
    }

    DescribeInput {
        /// The name in SQL, such as `dsp_impressions`.
        name: String,
        /// Describe only columns whose name or description contains this text.
        columns: Option<String>,
    }

    CheckSqlInput {
        /// AMC SQL, with `{{name}}` for parameters.
        sql: String,
        /// The ID of an instance, to check against its data sources.
        instance: Option<String>,
    }

    TrySqlInput {
        /// AMC SQL, with `{{name}}` for parameters.
        sql: String,
        /// Values of parameters by name.
        parameters: Option<std::collections::BTreeMap<String, Value>>,
        /// The time window, such as `settled`, `last-week` or `days-7-14`; the last settled week by default.
        window: Option<String>,
        /// How many rows to show, up to 100.
        rows: Option<u32>,
    }

    ListInput {
        /// Words to search for; everything by default.
        words: Option<String>,
        /// `next_cursor` of the page before.
        cursor: Option<String>,
    }

    ReadQueryInput {
        /// The query's ID.
        query: String,
    }

    SaveQueryInput {
        /// The query to change; a new one by default.
        query: Option<String>,
        /// The name; needed for a new query.
        name: Option<String>,
        /// What it answers.
        description: Option<String>,
        /// AMC SQL, with `{{name}}` for parameters.
        sql: String,
        /// The ID of the default instance.
        instance: Option<String>,
    }

    ReadGuideInput {
        /// The guide's ID.
        guide: String,
        /// The title of a section, to read its text.
        section: Option<String>,
        /// The ID of a query of the guide, to read its SQL.
        query: Option<String>,
    }

    ReadExecutionInput {
        /// The execution's ID.
        execution: String,
    }

    ReadResultInput {
        /// The execution's ID.
        execution: String,
        /// How many rows, 20 by default and at most 200.
        rows: Option<u32>,
    }
}

/// All tools of an installation.
pub(super) fn all(site: &Site) -> Tools {
    use Effect::{Reads, Runs, Writes};
    let (queries, executions) = (Area::Queries, Area::Executions);
    let site = site.clone();
    let find = ("find_columns", "Find columns", "Search AMC's data sources for columns. Gives names for SQL.");
    let describe = (
        "describe_data_source",
        "Describe a data source",
        "What a row is, its columns with types and privacy thresholds, how to join it.",
    );
    let check = (
        "check_sql",
        "Check SQL",
        "What AMC would reject or what is probably not intended, by line and column, with fixes.",
    );
    let attempt = (
        "try_sql",
        "Try SQL on invented data",
        "Runs SQL at once on invented data: shows the result's shape, never real numbers.",
    );
    let instances = ("list_instances", "List instances", "The AMC instances that can be queried, with IDs.");
    let list = ("list_queries", "List queries", "Saved queries, the most recently changed first.");
    let read = ("read_query", "Read a query", "A saved query: SQL, parameters, window.");
    let save =
        ("save_query", "Save a query", "Saves SQL as a new query, or changes one. Its previous version is kept.");
    let guides = ("list_guides", "List guides", "Guides about AMC, found by words.");
    let guide = (
        "read_guide",
        "Read a guide",
        "A guide's sections and queries by name; the text of one section, or the SQL of one query.",
    );
    let start = (
        "run_query",
        "Run a query on AMC",
        "Runs a saved query on real data. The first call starts nothing and says what would run; the second needs its confirmation.",
    );
    let follow = (
        "read_execution",
        "Read an execution",
        "The state of a run, and what to do if it failed. A run takes minutes.",
    );
    let result = ("read_result", "Read a result", "The first rows of a finished run's result.");
    Tools::default()
        .add(find, Reads, &[(Area::DataSources, Level::Read)], find_columns)
        .add(describe, Reads, &[(Area::DataSources, Level::Read)], describe_data_source)
        .add(check, Reads, &[(queries, Level::Read)], check_sql)
        .add(attempt, Reads, &[(queries, Level::Read)], try_sql)
        .add(instances, Reads, &[(Area::Instances, Level::Read)], list_instances)
        .add(list, Reads, &[(queries, Level::Read)], list_queries)
        .add(read, Reads, &[(queries, Level::Read)], read_query)
        .add(save, Writes, &[(queries, Level::Write)], save_query)
        .add(guides, Reads, &[(Area::Guides, Level::Read)], list_guides)
        .add(guide, Reads, &[(Area::Guides, Level::Read)], read_guide)
        .add(start, Runs, &[(executions, Level::Write), (Area::Instances, Level::Read)], move |caller, input| {
            run::run_query(site.clone(), caller, input)
        })
        .add(follow, Reads, &[(executions, Level::Read)], read_execution)
        .add(result, Reads, &[(executions, Level::Read)], read_result)
}

/// A text as a part of an address.
pub(super) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn short(value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default();
    match text.char_indices().nth(SHORT) {
        Some((end, _)) => json!(format!("{}…", &text[..end])),
        None => json!(text),
    }
}

/// Some members of an object; empty ones are left out.
fn pick(value: &Value, names: &[&str]) -> Value {
    let is_empty =
        |value: &Value| value.is_null() || value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty);
    let picked =
        names.iter().filter(|name| !is_empty(&value[**name])).map(|name| ((*name).to_owned(), value[*name].clone()));
    Value::Object(picked.collect())
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value["items"].as_array().into_iter().flatten()
}

/// A column in a line: `user_id (STRING, VERY_HIGH)`.
fn column_line(column: &Value) -> Value {
    let part = |name: &str| column[name].as_str().unwrap_or_default();
    let unit = column["unit"].as_str().map(|unit| format!(", in {unit}")).unwrap_or_default();
    json!(format!("{} ({}, {}{unit})", part("name"), part("data_type"), part("threshold")))
}

async fn find_columns(caller: Caller, input: FindColumnsInput) -> Outcome {
    let (matches, columns) = MATCHES;
    let found = caller.get(&format!("/api/data-sources/search?limit={matches}&q={}", encoded(&input.words))).await?;
    let source =
        |found: &Value| {
            let matching =
                found["columns"].as_array().into_iter().flatten().take(columns).map(
                    |column| json!({ "column": column_line(column), "description": short(&column["description"]) }),
                );
            json!({
                "data_source": found["source"]["name"],
                "description": short(&found["source"]["description"]),
                "columns": matching.collect::<Vec<_>>(),
            })
        };
    Ok(items(&found).map(source).collect())
}

async fn describe_data_source(caller: Caller, input: DescribeInput) -> Outcome {
    let source = caller.get(&format!("/api/data-sources/{}", encoded(&input.name))).await?;
    let names = [
        "name",
        "description",
        "kind",
        "is_paid",
        "data_lag",
        "history",
        "time_window_column",
        "audience_table",
        "join_keys",
        "notes",
    ];
    let mut answer = pick(&source, &names);
    let columns = source["columns"].as_array().into_iter().flatten();
    answer["columns"] = match input.columns.map(|text| text.to_lowercase()) {
        None => columns.map(column_line).collect(),
        Some(text) => {
            let contains =
                |column: &&Value, name: &str| column[name].as_str().is_some_and(|it| it.to_lowercase().contains(&text));
            let matching = columns.filter(|column| contains(column, "name") || contains(column, "description"));
            matching
                .map(|column| json!({ "column": column_line(column), "description": column["description"] }))
                .collect()
        }
    };
    Ok(answer)
}

/// A finding in few words.
fn finding(finding: &Value) -> Value {
    let place =
        |place: &Value| format!("{}:{}-{}:{}", place["line"], place["column"], place["end_line"], place["end_column"]);
    let mut told = pick(finding, &["level", "code", "message", "amc_message"]);
    told["place"] = json!(place(&finding["place"]));
    let fix = &finding["fix"];
    if fix.is_object() {
        let what = if fix["is_insertion"] == true { "insert_before" } else { "replace" };
        told["fix"] = json!({ what: place(&fix["place"]), "with": fix["replacement"], "is_sure": fix["is_sure"] });
    }
    told
}

async fn check_sql(caller: Caller, input: CheckSqlInput) -> Outcome {
    let body = json!({ "sql": input.sql, "instance": input.instance });
    let checked = caller.post("/api/workflows/check", &body).await?;
    let findings = checked["findings"].as_array().into_iter().flatten();
    let findings: Vec<Value> = findings.map(finding).collect();
    Ok(json!({
        "would_amc_reject_it": checked["has_errors"],
        "purpose": checked["purpose"],
        "parameters": checked["parameters"],
        "findings": findings,
    }))
}

async fn try_sql(caller: Caller, input: TrySqlInput) -> Outcome {
    let window = input.window.map(|kind| json!({ "kind": kind }));
    let body = json!({ "sql": input.sql, "parameters": input.parameters, "window": window });
    let mut tried = caller.post("/api/workflows/try", &body).await?;
    let most = input.rows.and_then(|rows| usize::try_from(rows).ok()).unwrap_or(ROWS.0);
    if let Some(rows) = tried["rows"].as_array_mut() {
        rows.truncate(most);
    }
    tried["note"] = json!("Invented data: only the shape is real.");
    Ok(tried)
}

/// A page of a list with some members of each item.
async fn listed(caller: &Caller, address: &str, input: &ListInput, names: &[&str]) -> Outcome {
    let words = input.words.as_deref().unwrap_or_default();
    let cursor = input.cursor.as_deref().map(|cursor| format!("&cursor={}", encoded(cursor))).unwrap_or_default();
    let page = caller.get(&format!("{address}?limit={ITEMS}&q={}{cursor}", encoded(words))).await?;
    let item = |item: &Value| {
        let mut picked = pick(item, names);
        if picked["description"].is_string() {
            picked["description"] = short(&item["description"]);
        }
        picked
    };
    let mut answer = json!({ "items": items(&page).map(item).collect::<Vec<_>>() });
    if page["next_cursor"].is_string() {
        answer["next_cursor"] = page["next_cursor"].clone();
    }
    Ok(answer)
}

async fn list_instances(caller: Caller, input: ListInput) -> Outcome {
    listed(
        &caller,
        "/api/instances",
        &input,
        &["id", "name", "account_name", "customer_name", "kind", "role", "is_ready"],
    )
    .await
}

async fn list_queries(caller: Caller, input: ListInput) -> Outcome {
    listed(&caller, "/api/workflows", &input, &["id", "name", "description", "tags", "default_instance", "last_run_at"])
        .await
}

async fn read_query(caller: Caller, input: ReadQueryInput) -> Outcome {
    let query = caller.get(&format!("/api/workflows/{}", encoded(&input.query))).await?;
    let parameter = |parameter: &Value| pick(parameter, &["name", "kind", "help", "default", "required", "choices"]);
    let parameters: Value = query["parameters"].as_array().into_iter().flatten().map(parameter).collect();
    let mut answer =
        pick(&query, &["id", "name", "description", "tags", "sql", "default_instance", "can_change", "updated_at"]);
    answer["parameters"] = parameters;
    answer["window"] = pick(&query["window"], &["kind", "start", "end", "zone"]);
    Ok(answer)
}

async fn save_query(caller: Caller, input: SaveQueryInput) -> Outcome {
    let SaveQueryInput { query, name, description, sql, instance } = input;
    let saved = if let Some(query) = query {
        let address = format!("/api/workflows/{}", encoded(&query));
        let (before, tag) = caller.get_tagged(&address).await?;
        let mut body =
            pick(&before, &["name", "description", "tags", "parameters", "window", "privacy", "default_instance"]);
        body["sql"] = json!(sql);
        let given = [("name", name), ("description", description), ("default_instance", instance)];
        for (member, value) in given.into_iter().filter_map(|(member, value)| Some((member, value?))) {
            body[member] = json!(value);
        }
        caller.put(&address, &body, &tag).await?
    } else {
        let Some(name) = name else { return Err("A new query needs a name.".to_owned()) };
        let body = json!({ "name": name, "description": description, "sql": sql, "default_instance": instance });
        caller.post("/api/workflows", &body).await?
    };
    Ok(pick(&saved, &["id", "name", "revision", "default_instance", "home"]))
}

async fn list_guides(caller: Caller, input: ListInput) -> Outcome {
    listed(&caller, "/api/guides", &input, &["id", "title", "summary", "level", "minutes"]).await
}

async fn read_guide(caller: Caller, input: ReadGuideInput) -> Outcome {
    let guide = caller.get(&format!("/api/guides/{}", encoded(&input.guide))).await?;
    let all = |name: &str| guide[name].as_array().cloned().unwrap_or_default();
    let titles = || all("sections").iter().map(|section| section["title"].clone()).collect::<Vec<_>>();
    if let Some(title) = input.section {
        let section = all("sections").into_iter().find(|section| section["title"] == *title);
        return section
            .ok_or_else(|| format!("The guide has no section “{title}”. Its sections: {}", Value::from(titles())));
    }
    if let Some(id) = input.query {
        let query = all("queries").into_iter().find(|query| query["id"] == *id);
        return query.ok_or_else(|| format!("The guide has no query {id}. Call read_guide without it for their IDs."));
    }
    let mut answer = pick(&guide, &["id", "title", "summary", "level", "minutes", "next"]);
    answer["sections"] = titles().into();
    answer["queries"] = all("queries").iter().map(|query| pick(query, &["id", "name"])).collect();
    Ok(answer)
}

/// An execution in few words.
pub(super) fn execution(execution: &Value) -> Value {
    let names = [
        "id",
        "workflow",
        "workflow_name",
        "instance",
        "state",
        "is_final",
        "waiting_for",
        "window",
        "created_at",
        "finished_at",
        "duration_seconds",
        "failure",
    ];
    let mut told = pick(execution, &names);
    if execution["result"].is_object() {
        told["rows"] = execution["result"]["rows"].clone();
    }
    told
}

async fn read_execution(caller: Caller, input: ReadExecutionInput) -> Outcome {
    Ok(execution(&caller.get(&format!("/api/executions/{}", encoded(&input.execution))).await?))
}

async fn read_result(caller: Caller, input: ReadResultInput) -> Outcome {
    let (_, default, most) = ROWS;
    let wanted = input.rows.and_then(|rows| usize::try_from(rows).ok()).unwrap_or(default).min(most);
    let address = format!("/api/executions/{}", encoded(&input.execution));
    let mut rows = caller.csv(&format!("{address}/results"), wanted, RESULT_BYTES).await?;
    let status = caller.get(&format!("{address}/status")).await?;
    let columns = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
    Ok(json!({ "columns": columns, "rows": rows, "rows_shown": rows.len(), "total_rows": status["rows"] }))
}
