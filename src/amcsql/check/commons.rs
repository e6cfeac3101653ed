//! The columns of a text's common table expressions, even if it has errors.

use super::binder::{Binder, Unit};
use super::{Context, parser};
use crate::amcsql::bound::ColumnId;
use crate::amcsql::catalogue::{DataType, Threshold};
use crate::amcsql::text::Span;

/// A common table expression and its columns, in order.
#[derive(Clone, Debug)]
pub struct CommonTable {
    pub name: String,
    pub columns: Vec<CommonColumn>,
}

/// A column of a common table expression.
#[derive(Clone, Debug)]
pub struct CommonColumn {
    pub name: String,
    /// `NULL` if an error hides it.
    pub data_type: DataType,
    pub threshold: Threshold,
    /// The unit of an amount of money: `microcents` or `millicents`.
    pub unit: Option<&'static str>,
}

/// The common table expressions of a text in order, nested ones first; `None` if it can't be parsed.
pub fn common_tables(text: &str, context: &Context<'_>) -> Option<Vec<CommonTable>> {
    let parsed = parser::parse(text).ok()?;
    let mut binder = Binder::new(text, *context);
    binder.query(&parsed.query, true);
    let column = |id: &ColumnId| {
        let value = binder.value_of(*id, Span::default());
        let unit = value.unit.and_then(|unit| match unit {
            Unit::Microcents => Some("microcents"),
            Unit::Millicents => Some("millicents"),
            Unit::Currency => None,
        });
        let name = binder.columns.get(id.index()).map_or_else(String::new, |column| column.name.clone());
        CommonColumn { name, data_type: value.expr.data_type, threshold: value.level, unit }
    };
    let table = |common: &crate::amcsql::bound::Common| CommonTable {
        name: common.name.clone(),
        columns: common.columns.iter().map(column).collect(),
    };
    Some(binder.commons.iter().map(table).collect())
}
