//! A source as a DataFusion table: only the requested columns of the requested days are generated.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array, new_null_array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, Operator, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};

use super::calendar::{DAY, moment};
use super::cells::array;
use super::people::user_number;
use super::shards::Shards;
use super::tables::{Cell, Feed, Row, Scene, Window, bought_privately, column};
use super::view::View;
use crate::amcsql::catalogue::DataSource;
use crate::amcsql::engine::USER_COLUMN;

/// Rows of a batch; the last place of a feed may slightly exceed it.
const BATCH_ROWS: usize = 8192;
/// Scans with fewer places aren't divided.
const WORTH_DIVIDING: usize = 32_768;

/// One data source.
pub(super) struct WorldTable {
    schema: SchemaRef,
    feed: Feed,
    audience: bool,
    /// The column whose comparisons narrow the scan.
    time: Option<String>,
    shards: Arc<Shards>,
    view: Arc<View>,
}

impl std::fmt::Debug for WorldTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorldTable").field("feed", &self.feed).finish_non_exhaustive()
    }
}

impl WorldTable {
    pub(super) fn new(source: &DataSource, shards: Arc<Shards>, view: Arc<View>) -> Self {
        let columns = source.columns.iter();
        let mut fields: Vec<Field> =
            columns.map(|column| Field::new(column.name.as_str(), column.data_type.arrow(), true)).collect();
        if source.is_user_level() {
            fields.push(Field::new(USER_COLUMN, DataType::UInt32, true));
        }
        let id = source.id.to_ascii_lowercase();
        let base = id.strip_suffix("_for_audiences").unwrap_or(&id);
        Self {
            schema: Arc::new(Schema::new(fields)),
            feed: Feed::of(base),
            audience: base != id,
            time: source.time_window_column.clone(),
            shards,
            view,
        }
    }

    fn window(&self, filters: &[Expr]) -> Window {
        let mut window = Window::ALL;
        for filter in filters {
            narrow(&mut window, filter, self.time.as_deref());
        }
        // A date column only has whole days.
        Window { from: window.from / DAY * DAY, to: window.to.saturating_add(DAY) / DAY * DAY }
    }
}

/// Narrows a window by a comparison of the time column with a literal; ignores other filters.
fn narrow(window: &mut Window, filter: &Expr, time: Option<&str>) {
    let Expr::BinaryExpr(binary) = filter else { return };
    if binary.op == Operator::And {
        narrow(window, &binary.left, time);
        narrow(window, &binary.right, time);
        return;
    }
    let (column, literal, op) = match (&*binary.left, &*binary.right) {
        (Expr::Column(column), Expr::Literal(literal, _)) => (column, literal, binary.op),
        (Expr::Literal(literal, _), Expr::Column(column)) => match binary.op.swap() {
            Some(op) => (column, literal, op),
            None => return,
        },
        _ => return,
    };
    let Some(millis) = millis(literal).filter(|_| Some(column.name.as_str()) == time) else { return };
    let at = moment(millis);
    match op {
        Operator::Gt | Operator::GtEq => window.from = window.from.max(at),
        Operator::Lt | Operator::LtEq => window.to = window.to.min(at.saturating_add(1)),
        Operator::Eq => {
            window.from = window.from.max(at);
            window.to = window.to.min(at.saturating_add(1));
        }
        _ => {}
    }
}

fn millis(literal: &ScalarValue) -> Option<i64> {
    match literal.cast_to(&DataType::Timestamp(TimeUnit::Millisecond, None)).ok()? {
        ScalarValue::TimestampMillisecond(millis, _) => millis,
        _ => None,
    }
}

impl WorldTable {
    /// What each of at most `parts` threads reads. The single shard of small data is divided; of large data each
    /// thread reads whole shards, so that no more are in memory than there are threads.
    async fn pieces(&self, window: Window, parts: usize) -> Result<Vec<Vec<Piece>>> {
        let count = self.shards.count();
        if count > 1 {
            let piece = |shard| Piece { shard, span: None };
            return Ok((0..parts.min(count)).map(|part| (part..count).step_by(parts).map(piece).collect()).collect());
        }
        let shards = Arc::clone(&self.shards);
        // OK because the first scan generates the data, which takes long enough to block a worker thread.
        let played = tokio::task::spawn_blocking(move || shards.scene(0)).await;
        let scene = played.map_err(|error| DataFusionError::External(Box::new(error)))?;
        let span = self.feed.span(&scene, window);
        let parts = if span.len() < WORTH_DIVIDING { 1 } else { parts };
        let step = span.len().div_ceil(parts).max(1);
        let piece = |part: usize| {
            let start = (span.start + part * step).min(span.end);
            Piece { shard: 0, span: Some(start..(start + step).min(span.end)) }
        };
        Ok((0..parts).map(|part| vec![piece(part)]).collect())
    }
}

#[async_trait]
impl TableProvider for WorldTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let useful = |filter: &&Expr| {
            let mut window = Window::ALL;
            narrow(&mut window, filter, self.time.as_deref());
            if window == Window::ALL {
                TableProviderFilterPushDown::Unsupported
            } else {
                TableProviderFilterPushDown::Inexact
            }
        };
        Ok(filters.iter().map(useful).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = match projection {
            Some(projection) => Arc::new(self.schema.project(projection)?),
            None => Arc::clone(&self.schema),
        };
        let window = self.window(filters);
        let parts = state.config().target_partitions().max(1);
        let partitions = self.pieces(window, parts).await?.into_iter().map(|pieces| {
            Arc::new(Part {
                schema: Arc::clone(&schema),
                shards: Arc::clone(&self.shards),
                view: Arc::clone(&self.view),
                feed: self.feed,
                audience: self.audience,
                window,
                pieces,
            }) as Arc<dyn PartitionStream>
        });
        let exec = StreamingTableExec::try_new(Arc::clone(&schema), partitions.collect(), None, None, false, limit)?;
        Ok(Arc::new(exec))
    }
}

/// A range of a feed in one shard; the whole shard if it hasn't been opened.
#[derive(Clone, Debug)]
struct Piece {
    shard: usize,
    span: Option<Range<usize>>,
}

/// The pieces that one thread reads, one after the other.
struct Part {
    schema: SchemaRef,
    shards: Arc<Shards>,
    view: Arc<View>,
    feed: Feed,
    audience: bool,
    window: Window,
    pieces: Vec<Piece>,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("feed", &self.feed).field("pieces", &self.pieces).finish_non_exhaustive()
    }
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut batches = Batches {
            columns: columns(&self.schema, self.feed),
            schema: Arc::clone(&self.schema),
            shards: Arc::clone(&self.shards),
            view: Arc::clone(&self.view),
            feed: self.feed,
            audience: self.audience,
            window: self.window,
            pieces: self.pieces.clone().into_iter(),
            open: None,
        };
        let stream = futures::stream::iter(std::iter::from_fn(move || batches.next_batch()));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream))
    }
}

/// How a column is generated.
enum Maker {
    Cell(Cell),
    User,
    Null,
}

fn columns(schema: &Schema, feed: Feed) -> Vec<Maker> {
    let maker = |field: &Arc<Field>| match field.name().as_str() {
        USER_COLUMN => Maker::User,
        name => column(feed, name).map_or(Maker::Null, Maker::Cell),
    };
    schema.fields().iter().map(maker).collect()
}

struct Batches {
    schema: SchemaRef,
    columns: Vec<Maker>,
    shards: Arc<Shards>,
    view: Arc<View>,
    feed: Feed,
    audience: bool,
    window: Window,
    pieces: std::vec::IntoIter<Piece>,
    /// The current piece, with the rest of its range.
    open: Option<(Arc<Scene>, Range<usize>)>,
}

impl Batches {
    /// The next batch of all pieces; shards without rows are skipped.
    fn next_batch(&mut self) -> Option<Result<RecordBatch>> {
        loop {
            if self.open.is_none() {
                let piece = self.pieces.next()?;
                let scene = self.shards.scene(piece.shard);
                let span = piece.span.unwrap_or_else(|| self.feed.span(&scene, self.window));
                self.open = Some((scene, span));
            }
            let (scene, mut span) = self.open.take()?;
            let batch = self.batch(&scene, &mut span);
            if !span.is_empty() {
                self.open = Some((scene, span));
            }
            if batch.is_some() {
                return batch;
            }
        }
    }

    fn batch(&self, scene: &Scene, span: &mut Range<usize>) -> Option<Result<RecordBatch>> {
        let (shown, market) = (self.view.shown(&scene.plan), self.view.market());
        let mut rows: Vec<Row<'_>> = Vec::with_capacity(BATCH_ROWS.min(span.len()));
        while rows.len() < BATCH_ROWS {
            let Some(place) = span.next() else { break };
            let before = rows.len();
            self.feed.rows(scene, place, self.window, &mut rows);
            // OK because all rows of a place have the same ad contact.
            let private = rows.get(before).is_some_and(|row| row.conversion.is_none() && bought_privately(row));
            if self.audience && private {
                rows.truncate(before);
            }
            let mut kept = before;
            for at in before..rows.len() {
                if shown.as_ref().is_none_or(|shown| shown.has(&rows[at])) {
                    rows[kept] = Row { market, ..rows[at] };
                    kept += 1;
                }
            }
            rows.truncate(kept);
        }
        if rows.is_empty() {
            return None;
        }
        let arrays = self.columns.iter().zip(self.schema.fields()).map(|(maker, field)| make(maker, field, &rows));
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays.collect(), &options);
        Some(batch.map_err(DataFusionError::from))
    }
}

fn make(maker: &Maker, field: &Field, rows: &[Row<'_>]) -> ArrayRef {
    match maker {
        Maker::Cell(cell) => array(field.data_type(), rows.iter().map(cell)),
        Maker::User => Arc::new(rows.iter().map(|row| user_number(row.person, row.identity)).collect::<UInt32Array>()),
        Maker::Null => new_null_array(field.data_type(), rows.len()),
    }
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::{col, lit};

    use super::*;

    #[test]
    fn comparisons_of_the_time_column_narrow_the_window_and_others_do_not() {
        let at = |millis| lit(ScalarValue::TimestampMillisecond(Some(millis), None));
        let (from, to) = (1_790_000_000_000, 1_790_086_400_000);
        let filter = col("t").gt_eq(at(from)).and(at(to).gt(col("t"))).and(col("other").lt(at(0)));
        let mut window = Window::ALL;
        narrow(&mut window, &filter, Some("t"));
        assert_eq!(window, Window { from: moment(from), to: moment(to) + 1 });
        let mut window = Window::ALL;
        narrow(&mut window, &col("t").gt(lit("soon")), Some("t"));
        assert_eq!(window, Window::ALL);
    }
}
