//! What the tools do: requests of the API.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answers::{column_line, encoded, execution, finding, items, listed, pick, short};
use super::call::{Caller, Outcome};
use crate::api::schema::body;

/// Matches of a search for columns, and columns of each.
const MATCHES: (usize, usize) = (8, 10);
/// Rows of a trial, and rows of a result: by default, and at most.
const ROWS: (usize, usize, usize) = (10, 20, 200);
/// Maximum size of the rows of a result, in bytes.
const RESULT_BYTES: usize = 48 << 10;

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
        parameters: Option<BTreeMap<String, Value>>,
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

pub(super) async fn find_columns(caller: Caller, input: FindColumnsInput) -> Outcome {
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

pub(super) async fn describe_data_source(caller: Caller, input: DescribeInput) -> Outcome {
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

pub(super) async fn check_sql(caller: Caller, input: CheckSqlInput) -> Outcome {
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

pub(super) async fn try_sql(caller: Caller, input: TrySqlInput) -> Outcome {
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

pub(super) async fn list_instances(caller: Caller, input: ListInput) -> Outcome {
    listed(
        &caller,
        "/api/instances",
        &input,
        &["id", "name", "account_name", "customer_name", "kind", "role", "is_ready"],
    )
    .await
}

pub(super) async fn list_queries(caller: Caller, input: ListInput) -> Outcome {
    listed(&caller, "/api/workflows", &input, &["id", "name", "description", "tags", "default_instance", "last_run_at"])
        .await
}

pub(super) async fn read_query(caller: Caller, input: ReadQueryInput) -> Outcome {
    let query = caller.get(&format!("/api/workflows/{}", encoded(&input.query))).await?;
    let parameter = |parameter: &Value| pick(parameter, &["name", "kind", "help", "default", "required", "choices"]);
    let parameters: Value = query["parameters"].as_array().into_iter().flatten().map(parameter).collect();
    let mut answer =
        pick(&query, &["id", "name", "description", "tags", "sql", "default_instance", "can_change", "updated_at"]);
    answer["parameters"] = parameters;
    answer["window"] = pick(&query["window"], &["kind", "start", "end", "zone"]);
    Ok(answer)
}

pub(super) async fn save_query(caller: Caller, input: SaveQueryInput) -> Outcome {
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

pub(super) async fn list_guides(caller: Caller, input: ListInput) -> Outcome {
    listed(&caller, "/api/guides", &input, &["id", "title", "summary", "level", "minutes"]).await
}

pub(super) async fn read_guide(caller: Caller, input: ReadGuideInput) -> Outcome {
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

pub(super) async fn read_execution(caller: Caller, input: ReadExecutionInput) -> Outcome {
    Ok(execution(&caller.get(&format!("/api/executions/{}", encoded(&input.execution))).await?))
}

pub(super) async fn read_result(caller: Caller, input: ReadResultInput) -> Outcome {
    let (_, default, most) = ROWS;
    let wanted = input.rows.and_then(|rows| usize::try_from(rows).ok()).unwrap_or(default).min(most);
    let address = format!("/api/executions/{}", encoded(&input.execution));
    let mut rows = caller.csv(&format!("{address}/results"), wanted, RESULT_BYTES).await?;
    let status = caller.get(&format!("{address}/status")).await?;
    let columns = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
    Ok(json!({ "columns": columns, "rows": rows, "rows_shown": rows.len(), "total_rows": status["rows"] }))
}
