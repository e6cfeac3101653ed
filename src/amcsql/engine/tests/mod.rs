//! Complete runs over small tables, with manually resolved queries.

mod functions;
mod large;
mod queries;
mod sources;
mod texts;
mod thresholds;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMillisecondArray, UInt32Array};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;

use super::{CsvFormat, Engine, Limits, Privacy, ResultSet, Run, RunError, Tables, Window};
use crate::amcsql::bound::{
    Aggregate, AggregateCall, Column, ColumnId, Computed, Expr, ExprKind, Extension, Literal, Node, Output, Query,
    Relation, Scan, ScanId,
};
use crate::amcsql::catalogue::{ColumnType, DataType, Threshold};
use crate::amcsql::functions::AggregateFunction;
use crate::amcsql::text::Span;

const NOWHERE: Span = Span { start: 0, end: 0 };

/// Tables by name.
#[derive(Default)]
struct Given(HashMap<String, Arc<dyn TableProvider>>);

impl Tables for Given {
    fn table(&self, source: &str) -> Option<Arc<dyn TableProvider>> {
        self.0.get(source).cloned()
    }
}

/// (user, campaign, hour of the first of May 2024, impressions, clicks); user 0 means no user.
type Event<'e> = (u32, &'e str, i64, i64, i64);

fn hour(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_714_521_600 + hour * 3600, 0).unwrap()
}

impl Given {
    fn with(mut self, source: &str, events: &[Event<'_>]) -> Self {
        let user = |event: &Event<'_>| (event.0 > 0).then(|| format!("user-{}", event.0));
        let columns: [(&str, ArrayRef); 6] = [
            ("user_id", Arc::new(events.iter().map(user).collect::<StringArray>())),
            ("campaign", Arc::new(events.iter().map(|it| Some(it.1)).collect::<StringArray>())),
            (
                "event_dt",
                Arc::new(
                    events.iter().map(|it| Some(hour(it.2).timestamp_millis())).collect::<TimestampMillisecondArray>(),
                ),
            ),
            ("impressions", Arc::new(events.iter().map(|it| it.3).collect::<Int64Array>())),
            ("clicks", Arc::new(events.iter().map(|it| it.4).collect::<Int64Array>())),
            ("__user", Arc::new(events.iter().map(|it| (it.0 > 0).then_some(it.0)).collect::<UInt32Array>())),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap();
        let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap();
        self.0.insert(source.to_owned(), Arc::new(table));
        self
    }
}

/// Builds resolved queries manually.
struct Hand {
    query: Query,
}

impl Hand {
    fn new() -> Self {
        let root = relation(Node::One);
        let (outputs, columns, scans, commons, parameters) = Default::default();
        Self { query: Query { root, outputs, columns, scans, commons, parameters } }
    }

    fn column(&mut self, data_type: DataType, column_type: ColumnType, threshold: Threshold) -> ColumnId {
        let id = ColumnId(self.query.columns.len() as u32);
        let column =
            Column { name: id.0.to_string(), data_type, column_type, threshold, literal_fed: false, span: NOWHERE };
        self.query.columns.push(column);
        id
    }

    /// Scans a source; results in user, campaign, impressions, clicks.
    fn scan(&mut self, source: &str, path: usize, paths: usize) -> (Relation, [ColumnId; 4]) {
        let ids = [
            self.column(DataType::String, ColumnType::Dimension, Threshold::VeryHigh),
            self.column(DataType::String, ColumnType::Dimension, Threshold::Low),
            self.column(DataType::Long, ColumnType::Metric, Threshold::None),
            self.column(DataType::Long, ColumnType::Metric, Threshold::None),
        ];
        let names = ["user_id", "campaign", "impressions", "clicks"].map(str::to_owned);
        let id = ScanId(self.query.scans.len() as u32);
        self.query.scans.push(Scan {
            source: source.to_owned(),
            columns: ids.into_iter().zip(names).collect(),
            time_window_column: Some("event_dt".to_owned()),
            extension: Extension::default(),
            user_level: true,
            path,
            paths,
            span: NOWHERE,
        });
        (relation(Node::Scan(id)), ids)
    }

    fn expr(&self, id: ColumnId) -> Expr {
        expr(ExprKind::Column(id), self.query.column(id).data_type.clone())
    }

    fn call(&mut self, function: AggregateFunction, of: ColumnId) -> AggregateCall {
        let (data_type, column_type) = match function {
            AggregateFunction::Count => (DataType::Long, ColumnType::Dimension),
            _ => (self.query.column(of).data_type.clone(), ColumnType::Metric),
        };
        let id = self.column(data_type, column_type, Threshold::None);
        let distinct = function == AggregateFunction::Count;
        AggregateCall { id, function, args: vec![self.expr(of)], distinct, filter: None }
    }

    /// Groups by columns and sums others; results in keys and sums.
    fn sums(&mut self, input: Relation, keys: &[ColumnId], sums: &[ColumnId]) -> (Relation, Vec<ColumnId>) {
        let mut groups = Vec::new();
        for key in keys {
            let column = self.query.column(*key).clone();
            let id = self.column(column.data_type, column.column_type, column.threshold);
            groups.push(Computed { id, expr: self.expr(*key) });
        }
        let calls = sums.iter().map(|id| self.call(AggregateFunction::Sum, *id)).collect();
        let aggregate = Aggregate { input: Box::new(input), groups, calls };
        let ids = aggregate.ids();
        (relation(Node::Aggregate(aggregate)), ids)
    }

    fn query(mut self, root: Relation, outputs: &[ColumnId]) -> Query {
        self.query.root = root;
        let output = |(at, column): (usize, &ColumnId)| Output { name: format!("col{at}"), column: *column };
        self.query.outputs = outputs.iter().enumerate().map(output).collect();
        self.query
    }
}

fn relation(node: Node) -> Relation {
    Relation { node, span: NOWHERE }
}

fn expr(kind: ExprKind, data_type: DataType) -> Expr {
    Expr { kind, data_type, span: NOWHERE }
}

fn text(value: &str) -> Expr {
    expr(ExprKind::Literal(Literal::String(value.to_owned())), DataType::String)
}

fn long(value: i64) -> Expr {
    expr(ExprKind::Literal(Literal::Integer(value)), DataType::Long)
}

fn double(value: f64) -> Expr {
    expr(ExprKind::Literal(Literal::Double(value)), DataType::Double)
}

fn null(data_type: DataType) -> Expr {
    expr(ExprKind::Literal(Literal::Null), data_type)
}

/// A run over the first of May 2024.
fn day(controls: bool, privacy: Privacy) -> Run {
    let window = Window { start: hour(0), end: hour(24) };
    Run { window, parameters: HashMap::new(), controls, privacy, now: hour(30) }
}

fn run_with(tables: Given, limits: Limits, query: &Query, run: &Run) -> Result<ResultSet, RunError> {
    let engine = Engine::new(Arc::new(tables), limits).unwrap();
    futures::executor::block_on(engine.run(query, run))
}

/// The lines of the result file without the header, sorted.
fn lines(tables: Given, query: &Query, run: &Run) -> Vec<String> {
    let result = run_with(tables, Limits::default(), query, run).unwrap();
    let mut bytes = Vec::new();
    result.write_csv(&mut bytes, &CsvFormat::default()).unwrap();
    let mut lines: Vec<String> = String::from_utf8(bytes).unwrap().lines().skip(1).map(str::to_owned).collect();
    lines.sort();
    lines
}
