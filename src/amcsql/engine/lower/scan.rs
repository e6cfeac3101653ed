//! Lowers scans of data sources: the time window, the columns, the users.

use arrow::datatypes::DataType as Arrow;
use datafusion::catalog::TableProvider;
use datafusion::common::{Column, ScalarValue};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, cast, lit};

use super::super::accounting::tag;
use super::super::run::RunError;
use super::super::tables::USER_COLUMN;
use super::trace::{Metric, Readings, Trace, Users};
use super::{Lowered, Lowering, name, projection};
use crate::amcsql::bound::{Scan, ScanId};

const MILLIS_PER_DAY: i64 = 86_400_000;

impl Lowering<'_> {
    pub(super) fn scan(&mut self, id: ScanId, accounting: bool) -> Result<Lowered, RunError> {
        let Some(scan) = self.query.scans.get(id.index()) else {
            return Err(RunError::NoSuchSource(String::new()));
        };
        let missing = || RunError::NoSuchSource(scan.source.clone());
        let provider = self.tables.table(&scan.source).ok_or_else(missing)?;
        let alias = format!("s{}", id.0);
        let of = |column: &str| Expr::Column(Column::new(Some(alias.as_str()), column));
        let mut items = Vec::new();
        for (column, source) in &scan.columns {
            let wanted = self.query.column(*column).data_type.arrow();
            let given = provider.schema().field_with_name(source).map_err(|_| missing())?.data_type().clone();
            let value = if given == wanted { of(source) } else { cast(of(source), wanted) };
            items.push(value.alias(name(*column)));
        }
        let ids: Vec<_> = scan.columns.iter().map(|(column, _)| *column).collect();
        let mut trace = Trace::default();
        if accounting && scan.user_level {
            let known = provider.schema().field_with_name(USER_COLUMN).is_ok();
            let user = if known { of(USER_COLUMN) } else { lit(ScalarValue::UInt32(None)) };
            let users = Users { name: self.fresh("user"), tags: true, readings: Readings::from([id.0]) };
            items.push(tag(id.0).call(vec![user]).alias(users.name.clone()));
            trace.users.push(users);
            let own = || Metric { own: Readings::from([id.0]), ..Metric::default() };
            trace.metrics = ids.iter().filter(|id| self.wanted.contains(id)).map(|id| (*id, own())).collect();
        }
        let window = self.window(scan, provider.as_ref(), &of);
        let mut builder = LogicalPlanBuilder::scan(alias.as_str(), provider_as_source(provider), None)?;
        if let Some(window) = window {
            builder = builder.filter(window)?;
        }
        // OK because a scan without columns still has rows, and nothing refers to the remaining columns.
        let plan = builder.build()?;
        let plan = if items.is_empty() { plan } else { projection(plan, items)? };
        Ok(Lowered { plan, ids, trace })
    }

    /// The condition that an event is in the time window, extended for this scan.
    fn window(&self, scan: &Scan, provider: &dyn TableProvider, of: &dyn Fn(&str) -> Expr) -> Option<Expr> {
        let column = scan.time_window_column.as_deref()?;
        let start = self.run.window.start.timestamp_millis() - scan.extension.before_seconds.saturating_mul(1000);
        let end = self.run.window.end.timestamp_millis() + scan.extension.after_seconds.saturating_mul(1000);
        let schema = provider.schema();
        let bound = |millis: i64| match schema.field_with_name(column).ok()?.data_type() {
            // OK because a date counts as its midnight: rounding both bounds up keeps the window half-open.
            Arrow::Date32 => Some(lit(ScalarValue::Date32(i32::try_from(-(-millis).div_euclid(MILLIS_PER_DAY)).ok()))),
            _ => Some(lit(ScalarValue::TimestampMillisecond(Some(millis), None))),
        };
        Some(of(column).gt_eq(bound(start)?).and(of(column).lt(bound(end)?)))
    }
}
