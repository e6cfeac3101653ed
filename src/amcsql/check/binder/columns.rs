//! The columns of the query so far: source columns, created on first use, and computed ones.

use crate::amcsql::codes;
use std::collections::HashMap;

use super::{Binder, Reading, Unit, Value};
use crate::amcsql::bound::{Column, ColumnId, Expr, ExprKind, Extension, ScanId};
use crate::amcsql::catalogue::{ColumnType, DataSource, DataType, Threshold};
use crate::amcsql::text::Span;

/// Maximum number of columns in all relations of a query. The largest published query has some hundreds.
const MOST_COLUMNS: usize = 50_000;

/// Maximum size of expressions that are copied to the places that use their names.
const MOST_COPIED: usize = 500_000;

impl<'a> Binder<'a> {
    /// Whether the query is so large that binding stops.
    pub(in crate::amcsql::check) fn is_full(&mut self, span: Span) -> bool {
        let full = self.columns.len() >= MOST_COLUMNS;
        if full && !self.findings.iter().any(|it| it.code == "too-large") {
            let message = format!("The query has more than {MOST_COLUMNS} columns in all its parts. Select fewer.");
            self.error(codes::TOO_LARGE, span, message, "SQL query was invalid: too many columns");
        }
        full
    }

    /// Whether an expression may be copied to where its name is used, so that a large one with many uses stays within
    /// limits.
    pub(in crate::amcsql::check) fn may_copy(&mut self, parts: usize, span: Span) -> bool {
        self.copied = self.copied.saturating_add(parts);
        let fits = self.copied <= MOST_COPIED;
        if !fits && !self.findings.iter().any(|it| it.code == "too-large") {
            let message = "The query names a long expression too often. Compute it in a WITH first.";
            self.error(codes::TOO_LARGE, span, message, "SQL query was invalid: too many expressions");
        }
        fits
    }

    /// A new column of that value.
    pub(in crate::amcsql::check) fn column_of(&mut self, name: &str, value: &Value) -> ColumnId {
        let column = Column {
            name: name.to_owned(),
            data_type: value.expr.data_type.clone(),
            column_type: if value.metric { ColumnType::Metric } else { ColumnType::Dimension },
            threshold: value.level,
            literal_fed: value.literal,
            span: value.expr.span,
        };
        self.push_column(column, value.unit)
    }

    fn push_column(&mut self, column: Column, unit: Option<Unit>) -> ColumnId {
        if self.is_full(column.span) {
            return ColumnId(0);
        }
        let id = ColumnId(u32::try_from(self.columns.len()).unwrap_or(u32::MAX));
        self.columns.push(column);
        self.units.push(unit);
        id
    }

    /// A new column with the value of an old one.
    pub(in crate::amcsql::check) fn renewed(&mut self, old: ColumnId, name: &str, span: Span) -> ColumnId {
        let value = self.value_of(old, span);
        self.column_of(name, &value)
    }

    /// The value of a column, used at `span`.
    pub(in crate::amcsql::check) fn value_of(&self, id: ColumnId, span: Span) -> Value {
        let Some(column) = self.columns.get(id.index()) else { return Value::unknown(span) };
        Value {
            expr: Expr { kind: ExprKind::Column(id), data_type: column.data_type.clone(), span },
            level: column.threshold,
            literal: column.literal_fed,
            metric: column.column_type == ColumnType::Metric,
            unit: self.units.get(id.index()).copied().flatten(),
        }
    }

    pub(in crate::amcsql::check) fn new_reading(
        &mut self,
        source: &'a DataSource,
        extension: Extension,
        span: Span,
    ) -> ScanId {
        let id = ScanId(u32::try_from(self.readings.len()).unwrap_or(u32::MAX));
        let owner = self.owner;
        self.readings.push(Reading { source, columns: Vec::new(), by_name: HashMap::new(), extension, owner, span });
        id
    }

    /// A column that has been observed in live tables. The engine only has documented columns, so this is for
    /// authors.
    fn seen_column(&mut self, scan: ScanId, name: String) -> Option<ColumnId> {
        let reading = self.readings.get(scan.index())?;
        if !self.context.is_authored || !reading.source.seen_columns.contains(&name) {
            return None;
        }
        let column = Column {
            name: name.clone(),
            data_type: DataType::String,
            column_type: ColumnType::Dimension,
            threshold: Threshold::Low,
            literal_fed: false,
            span: reading.span,
        };
        let id = self.push_column(column, None);
        self.seen_columns.push(id);
        let reading = self.readings.get_mut(scan.index())?;
        reading.by_name.insert(name.clone(), id);
        reading.columns.push((id, name));
        Some(id)
    }

    /// The column of a scan, created on first use.
    pub(in crate::amcsql::check) fn source_column(&mut self, scan: ScanId, name: &str) -> Option<ColumnId> {
        let reading = self.readings.get(scan.index())?;
        let key = name.to_ascii_lowercase();
        if let Some(id) = reading.by_name.get(&key) {
            return Some(*id);
        }
        let source = reading.source;
        let Some(defined) = source.column(name) else { return self.seen_column(scan, key) };
        let unit = match defined.unit.as_deref() {
            Some("microcents") => Some(Unit::Microcents),
            Some("millicents") => Some(Unit::Millicents),
            Some("currency") => Some(Unit::Currency),
            _ => None,
        };
        let column = Column {
            name: defined.name.clone(),
            data_type: defined.data_type.clone(),
            column_type: defined.column_type,
            threshold: defined.threshold,
            literal_fed: false,
            span: reading.span,
        };
        let id = self.push_column(column, unit);
        let reading = self.readings.get_mut(scan.index())?;
        reading.by_name.insert(key, id);
        reading.columns.push((id, defined.name.clone()));
        Some(id)
    }
}
