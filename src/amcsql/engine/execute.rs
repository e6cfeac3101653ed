//! Executes plans on separate threads, with limited memory and time, in fair order.
//!
//! Queries run on the engine's own threads, so a heavy one doesn't slow down web pages. Their stacks are large,
//! because plans are trees that are traversed recursively. Each run has its own memory pool, so runs don't compete
//! for memory.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::Array;
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryConsumer, MemoryPool, MemoryReservation};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::{Optimizer, OptimizerRule};
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt as _;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;
use tokio::task::block_in_place;
use tokio_util::task::AbortOnDropHandle;

use super::functions::memory::RunMemory;
use super::lower::{KeptTables, changing, lower, lower_common};
use super::privacy::Thresholds;
use super::result::{OutputColumn, ResultSet};
use super::run::{Run, RunError};
use super::tables::Tables;
use crate::amcsql::bound::Query;

/// Limits of runs.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Total memory in bytes for all concurrent runs; each gets an equal part. A run that needs more fails with
    /// [`RunError::OutOfMemory`].
    pub memory_bytes: usize,
    /// Disk space in bytes for one run, if sorting or grouping exceeds its memory; zero disables spilling.
    pub disk_bytes: u64,
    /// Concurrent runs; others wait in order.
    pub parallel_runs: usize,
    /// The engine's threads, and the partitions of a run.
    pub threads: usize,
    /// Time limit of a run, without waiting; then it fails with [`RunError::TimedOut`].
    pub time: Duration,
    /// Maximum rows of a result; more fail with [`RunError::TooManyRows`].
    pub result_rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            disk_bytes: 0,
            parallel_runs: 2,
            threads: 2,
            time: Duration::from_mins(15),
            result_rows: 5_000_000,
        }
    }
}

/// The stack size of a thread that plans and runs; only used pages take memory.
const STACK_BYTES: usize = 64 << 20;

/// Runs queries on the tables of one instance.
pub struct Engine {
    tables: Arc<dyn Tables>,
    limits: Limits,
    turns: Arc<Semaphore>,
    /// Always present until the engine is dropped.
    threads: Option<Runtime>,
}

impl Engine {
    /// An engine with its own threads. Fails if the system can't create threads.
    pub fn new(tables: Arc<dyn Tables>, limits: Limits) -> std::io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        // One more, for the time limit while all others plan.
        builder.worker_threads(limits.threads.max(1) + 1).thread_stack_size(STACK_BYTES).thread_name("amc-engine");
        let threads = Some(builder.enable_time().build()?);
        let turns = Arc::new(Semaphore::new(limits.parallel_runs.max(1)));
        Ok(Self { tables, limits, turns, threads })
    }

    /// Runs a query. Dropping the future cancels the run.
    pub async fn run(&self, query: &Query, run: &Run) -> Result<ResultSet, RunError> {
        self.run_over(Arc::clone(&self.tables), query, run).await
    }

    /// Runs a query on other tables than the engine's own. Dropping the future cancels the run.
    pub async fn run_over(&self, tables: Arc<dyn Tables>, query: &Query, run: &Run) -> Result<ResultSet, RunError> {
        let stopped = || RunError::Value("the engine is stopping".to_owned());
        let _turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| stopped())?;
        let threads = self.threads.as_ref().ok_or_else(stopped)?;
        let limits = self.limits.clone();
        let (query, run) = (query.clone(), run.clone());
        let time = limits.time;
        let work =
            AbortOnDropHandle::new(threads.spawn(async move { work(&query, &run, tables.as_ref(), &limits).await }));
        // Timed from outside, since planning never yields: a timer inside would fire too late.
        let timed = threads.spawn(async move { tokio::time::timeout(time, work).await });
        let ended = AbortOnDropHandle::new(timed)
            .await
            .and_then(|ended| ended.unwrap_or(Ok(Err(RunError::TimedOut(time.as_secs())))));
        ended.map_err(|fault| {
            tracing::error!(error = %fault, "a run of the engine broke off");
            RunError::Value("the engine met a fault of its own".to_owned())
        })?
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // OK because an engine may be dropped on a thread of another runtime, where blocking isn't allowed.
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

async fn work(query: &Query, run: &Run, tables: &dyn Tables, limits: &Limits) -> Result<ResultSet, RunError> {
    let steps = Steps::new(limits)?;
    let (kept, _used) = steps.keep(query, run, tables).await?;
    let lowered = block_in_place(|| lower(query, run, tables, &kept))?;
    let batches = steps.rows(&lowered.plan).await?.batches;
    let mut columns: Vec<OutputColumn> = query
        .outputs
        .iter()
        .map(|output| {
            let column = query.column(output.column);
            let name = output.name.clone();
            OutputColumn { name, data_type: column.data_type.clone(), column_type: column.column_type }
        })
        .collect();
    let (batches, below) = if run.controls {
        let thresholds = Thresholds::new(query, &lowered.trace, &run.privacy);
        columns.extend(thresholds.extra_columns());
        thresholds.apply(batches)?
    } else {
        (batches, 0)
    };
    let fields = columns.iter().map(|column| Field::new(column.name.clone(), column.data_type.arrow(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let named = |batch: RecordBatch| {
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let columns = batch.columns().to_vec();
        RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &rows).map_err(DataFusionError::from)
    };
    Ok(ResultSet { columns, batches: batches.into_iter().map(named).collect::<Result<_, _>>()?, below })
}

/// The size in bytes of a batch's own rows.
fn held_by(batch: &RecordBatch) -> Result<usize, DataFusionError> {
    let sizes = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size());
    Ok(sizes.sum::<Result<usize, _>>()?)
}

/// Shared by the steps of one run: the memory, and the row limit.
struct Steps {
    session: SessionContext,
    pool: Arc<dyn MemoryPool>,
    most_rows: usize,
}

/// Rows in memory, which count as used until dropped.
struct Held {
    batches: Vec<RecordBatch>,
    memory: MemoryReservation,
}

impl Steps {
    fn new(limits: &Limits) -> Result<Self, RunError> {
        let share = limits.memory_bytes / limits.parallel_runs.max(1);
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(share));
        let session = session(Arc::clone(&pool), limits)?;
        Ok(Self { session, pool, most_rows: limits.result_rows })
    }

    /// Computes the common table expressions that would give different rows on each use. The second value is their
    /// memory, to be held as long as they are.
    async fn keep(
        &self,
        query: &Query,
        run: &Run,
        tables: &dyn Tables,
    ) -> Result<(KeptTables, Vec<MemoryReservation>), RunError> {
        let (mut kept, mut used) = (KeptTables::new(), Vec::new());
        for id in changing(query) {
            let lowered = lower_common(query, run, tables, &kept, id)?;
            let Held { batches, memory } = self.rows(&lowered.plan).await?;
            kept.insert(id, lowered.of_rows(id, batches)?);
            used.push(memory);
        }
        Ok((kept, used))
    }

    /// All rows of a plan, in its order.
    async fn rows(&self, plan: &LogicalPlan) -> Result<Held, RunError> {
        let state = self.session.state();
        // OK to plan on this thread: planning never yields, and other threads take over its other tasks. If the time
        // limit is reached meanwhile, the run ends for the caller immediately, and on this thread when planning
        // completes: both are limited by the length of the text.
        let plan = block_in_place(|| Handle::current().block_on(state.create_physical_plan(plan)))?;
        let mut stream = execute_stream(plan, self.session.task_ctx())?;
        let memory = MemoryConsumer::new("rows").register(&self.pool);
        let (mut batches, mut count) = (Vec::new(), 0);
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            memory.try_grow(held_by(&batch)?)?;
            count += batch.num_rows();
            if count > self.most_rows {
                return Err(RunError::TooManyRows(self.most_rows));
            }
            batches.push(batch);
        }
        Ok(Held { batches, memory })
    }
}

fn session(pool: Arc<dyn MemoryPool>, limits: &Limits) -> Result<SessionContext, RunError> {
    let mode = if limits.disk_bytes == 0 { DiskManagerMode::Disabled } else { DiskManagerMode::OsTmpDirectory };
    let disk = DiskManagerBuilder::default().with_mode(mode).with_max_temp_directory_size(limits.disk_bytes);
    let mut config = SessionConfig::new().with_target_partitions(limits.threads.max(1));
    // OK because DataFusion is inconsistent about the nullability of COALESCE, and nothing here relies on it.
    config.options_mut().execution.skip_physical_aggregate_schema_check = true;
    config.options_mut().extensions.insert(RunMemory(Arc::clone(&pool)));
    let environment = RuntimeEnvBuilder::new().with_memory_pool(pool).with_disk_manager_builder(disk).build_arc()?;
    let state = SessionStateBuilder::new().with_config(config).with_runtime_env(environment).with_default_features();
    let state = state.with_optimizer_rules(rules());
    Ok(SessionContext::new_with_state(state.build()))
}

/// The planner's rules, without one that searches for outer joins through everything that a column is computed from,
/// volatile or not: if columns double from one common table expression to the next, it never ends.
fn rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    Optimizer::new().rules.into_iter().filter(|rule| rule.name() != "eliminate_outer_join").collect()
}
