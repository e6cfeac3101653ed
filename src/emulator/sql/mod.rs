//! AMC SQL in the emulator: the checker, the engine, and the synthetic data.
//!
//! The data moves on with the emulator's clock: its last day is the clock's, so each day has its own engine, created
//! when a run first needs it. Data still used by runs of an earlier day stays until they end.

mod described;
mod files;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use bytes::Bytes;
use chrono::NaiveDate;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::{Map, Value};

use super::analytics::{Analytics, CompileProblem, Compiled, DataSource, OutputColumn, ResultFiles, Statement, Work};
use super::world::World;
use crate::amcsql::bound::Query;
use crate::amcsql::catalogue::{Catalogue, ColumnType, DataType};
use crate::amcsql::engine::{Engine, Limits, Mode, Privacy, Run, Window};
use crate::amcsql::parameters::ParameterDeclaration;
use crate::amcsql::{Context, Purpose, check};

/// Families of sources that a sandbox doesn't have (AMC documentation, sandbox instances).
const NOT_IN_SANDBOX: [&str; 2] = ["Ad Server (retired)", "Audience segments"];

/// The data sources of a sandbox.
static SANDBOX: LazyLock<Catalogue> = LazyLock::new(|| {
    let sources = Catalogue::standard().sources().iter();
    let kept = sources.filter(|source| !NOT_IN_SANDBOX.contains(&source.category.as_str()));
    Catalogue::from_sources(kept.cloned().collect())
});

/// AMC SQL over the synthetic data of one seed.
pub(crate) struct WorldSql {
    seed: u64,
    scale: f64,
    folder: PathBuf,
    limits: Limits,
    /// The last day of the data, if it isn't the clock's.
    until: Option<NaiveDate>,
    /// The data of the day, and an engine for it.
    engine: Mutex<Option<(NaiveDate, World, Arc<Engine>)>>,
}

impl WorldSql {
    /// SQL over the data of that seed and scale; nothing is generated before the first run. `folder` stores the
    /// generated data of large scales.
    pub(crate) fn new(seed: u64, scale: f64, folder: PathBuf, limits: Limits) -> Self {
        Self { seed, scale, folder, limits, until: None, engine: Mutex::default() }
    }

    /// The same with data until this day, whatever the clock shows: it is generated once.
    pub(crate) const fn until(mut self, day: Option<NaiveDate>) -> Self {
        self.until = day;
        self
    }

    /// The data of `day`, and an engine for it.
    fn engine(&self, day: NaiveDate) -> Result<(World, Arc<Engine>), String> {
        let mut held = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, world, engine)) = &*held
            && *of == day
        {
            return Ok((world.clone(), Arc::clone(engine)));
        }
        let world = World::new(self.seed, self.scale, day, Some(&self.folder));
        let engine = Engine::new(Arc::new(world.clone()), self.limits.clone())
            .map_err(|error| format!("No engine: {error}."))?;
        let engine = Arc::new(engine);
        *held = Some((day, world.clone(), Arc::clone(&engine)));
        Ok((world, engine))
    }
}

impl Analytics for WorldSql {
    fn compile(&self, statement: &Statement) -> Result<Compiled, CompileProblem> {
        let query = resolve(statement).map_err(|text| CompileProblem { text })?;
        let column = |output: &crate::amcsql::bound::Output| {
            let column = query.column(output.column);
            output_column(&output.name, &column.data_type, column.column_type)
        };
        Ok(Compiled { columns: query.outputs.iter().map(column).collect(), reads: query.scans.len() })
    }

    fn run(&self, work: Work) -> BoxFuture<'static, Result<ResultFiles, String>> {
        let engine = self.engine(self.until.unwrap_or_else(|| work.now.date_naive()));
        async move {
            let (world, engine) = engine?;
            let seen = Arc::new(world.seen(work.view.clone()));
            let query = resolve(&work.statement)?;
            let result = engine.run_over(seen, &query, &as_run(&work)).await.map_err(|error| error.to_string())?;
            let written = tokio::task::spawn_blocking(move || files::write(&work, result)).await;
            written.map_err(|error| error.to_string())?.map_err(|error| format!("The result was not written: {error}."))
        }
        .boxed()
    }

    fn data_sources(&self, sandbox: bool) -> Arc<[DataSource]> {
        described::of(sandbox)
    }

    fn listed_data_sources(&self, sandbox: bool) -> Option<Bytes> {
        Some(described::listed(sandbox))
    }
}

/// The resolved query, or AMC's error.
fn resolve(statement: &Statement) -> Result<Query, String> {
    let parameters = statement.parameters.iter().map(declaration).collect::<Result<Vec<_>, _>>()?;
    let context = Context {
        catalogue: if statement.sandbox { &SANDBOX } else { Catalogue::standard() },
        input_schema: statement.input_schema.as_deref(),
        parameters: Some(&parameters),
        controls: statement.controls,
        purpose: Purpose::Reporting,
        is_authored: false,
    };
    let checked = check(&statement.sql, &context);
    if let Some(text) = checked.amc() {
        return Err(text.to_owned());
    }
    checked.query.ok_or_else(|| {
        let message = checked.findings.first().map(|finding| finding.message.clone());
        message.unwrap_or_else(|| "SQL query was invalid".to_owned())
    })
}

fn declaration(declared: &Map<String, Value>) -> Result<ParameterDeclaration, String> {
    let name = declared.get("name").and_then(Value::as_str).unwrap_or_default();
    let unknown = || format!("The data type of the workflow parameter {name} is not supported.");
    let data_type = match declared.get("dataType") {
        None => DataType::String,
        Some(Value::String(word)) => DataType::named(word).ok_or_else(unknown)?,
        Some(array) => {
            let element = array["elementDataType"].as_str().and_then(DataType::named);
            DataType::Array(Box::new(element.ok_or_else(unknown)?))
        }
    };
    let metric = declared.get("columnType").is_some_and(|column_type| column_type == "METRIC");
    let column_type = if metric { ColumnType::Metric } else { ColumnType::Dimension };
    Ok(ParameterDeclaration { column_type, ..ParameterDeclaration::new(name, data_type) })
}

fn as_run(work: &Work) -> Run {
    let privacy = &work.privacy;
    Run {
        window: Window { start: work.start, end: work.end },
        parameters: values(work),
        controls: work.statement.controls,
        privacy: Privacy {
            mode: if privacy.blank { Mode::Blank } else { Mode::Drop },
            discriminator: privacy.discriminator.clone(),
            distinct_user_count: privacy.distinct_user_count.clone(),
            reason: privacy.reason.clone(),
        },
        now: work.now,
    }
}

/// The values of the run, and defaults for parameters without one.
fn values(work: &Work) -> HashMap<String, Value> {
    let declared = work.statement.parameters.iter();
    let defaults = declared.filter_map(|one| Some((one.get("name")?.as_str()?, one.get("defaultValue")?)));
    let given = work.values.iter().map(|(name, value)| (name.as_str(), value));
    defaults.chain(given).map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

fn output_column(name: &str, data_type: &DataType, column_type: ColumnType) -> OutputColumn {
    let (data_type, precision, scale) = match data_type {
        DataType::Decimal { precision, scale } => ("DECIMAL".to_owned(), Some(*precision), i8::try_from(*scale).ok()),
        other => (other.to_string(), None, None),
    };
    OutputColumn {
        name: name.to_owned(),
        data_type,
        column_type: described::column_type(column_type).to_owned(),
        data_type_precision: precision,
        data_type_scale: scale,
    }
}
