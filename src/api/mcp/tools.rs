//! The tools: each a name, a short description, an input, and requests of the API.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::call::{Caller, Outcome};
use super::{handlers, run};
use crate::api::schema::{Components, Described};
use crate::tokens::{Area, Level};
use crate::web::Site;

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
        .add(find, Reads, &[(Area::DataSources, Level::Read)], handlers::find_columns)
        .add(describe, Reads, &[(Area::DataSources, Level::Read)], handlers::describe_data_source)
        .add(check, Reads, &[(queries, Level::Read)], handlers::check_sql)
        .add(attempt, Reads, &[(queries, Level::Read)], handlers::try_sql)
        .add(instances, Reads, &[(Area::Instances, Level::Read)], handlers::list_instances)
        .add(list, Reads, &[(queries, Level::Read)], handlers::list_queries)
        .add(read, Reads, &[(queries, Level::Read)], handlers::read_query)
        .add(save, Writes, &[(queries, Level::Write)], handlers::save_query)
        .add(guides, Reads, &[(Area::Guides, Level::Read)], handlers::list_guides)
        .add(guide, Reads, &[(Area::Guides, Level::Read)], handlers::read_guide)
        .add(start, Runs, &[(executions, Level::Write), (Area::Instances, Level::Read)], move |caller, input| {
            run::run_query(site.clone(), caller, input)
        })
        .add(follow, Reads, &[(executions, Level::Read)], handlers::read_execution)
        .add(result, Reads, &[(executions, Level::Read)], handlers::read_result)
}
