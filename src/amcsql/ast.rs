//! The syntax tree of a statement as written: every node knows its position, nothing is resolved.

mod expr;

use super::bound::{JoinKind, SetKind};
use super::text::Span;

pub use expr::{Call, Expr, ExprKind, OrderItem, Over, TypeName, WindowSpec};

/// A name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// As written, without quotes.
    pub name: String,
    pub span: Span,
}

/// A query with its `WITH`, `ORDER BY` and other clauses around the body.
#[derive(Clone, Debug)]
pub struct Query {
    /// `WITH`.
    pub with: Vec<Cte>,
    pub body: Body,
    /// `ORDER BY`.
    pub order_by: Vec<OrderItem>,
    /// `LIMIT`.
    pub limit: Option<Expr>,
    /// `OFFSET` or `FETCH`, which AMC doesn't have.
    pub paging: Option<Span>,
    pub span: Span,
}

/// A common table expression.
#[derive(Clone, Debug)]
pub struct Cte {
    pub name: Ident,
    /// Its column names, if given.
    pub columns: Vec<Ident>,
    pub query: Query,
}

/// The body of a query.
#[derive(Clone, Debug)]
pub enum Body {
    /// `SELECT`.
    Select(Box<Select>),
    /// `VALUES`.
    Values(Values),
    /// A query in parentheses.
    Query(Box<Query>),
    /// `UNION` and similar.
    Set {
        kind: SetKind,
        /// Whether duplicates are kept.
        all: bool,
        /// At least two.
        inputs: Vec<Body>,
        /// The position of the first operator.
        operator: Span,
        span: Span,
    },
}

impl Body {
    pub fn span(&self) -> Span {
        match self {
            Self::Select(select) => select.span,
            Self::Values(values) => values.span,
            Self::Query(query) => query.span,
            Self::Set { span, .. } => *span,
        }
    }
}

/// `VALUES (…), (…)`.
#[derive(Clone, Debug)]
pub struct Values {
    /// Its rows, each with its position.
    pub rows: Vec<(Vec<Expr>, Span)>,
    pub span: Span,
}

/// One `SELECT`.
#[derive(Clone, Debug)]
pub struct Select {
    /// `DISTINCT`.
    pub distinct: bool,
    pub items: Vec<Item>,
    /// `FROM`; empty without one. Several mean a comma join.
    pub from: Vec<From>,
    /// `WHERE`.
    pub filter: Option<Expr>,
    /// `GROUP BY`; `Some(empty)` for `GROUP BY ()`.
    pub group_by: Option<Vec<Expr>>,
    /// `GROUPING SETS`, `ROLLUP` or `CUBE`, which AMC doesn't have.
    pub grouping_sets: Option<Span>,
    /// `HAVING`.
    pub having: Option<Expr>,
    /// `WINDOW name AS (…)`.
    pub windows: Vec<(Ident, WindowSpec)>,
    /// `QUALIFY`, which AMC doesn't have.
    pub qualify: Option<Span>,
    pub span: Span,
}

/// One item of a `SELECT`.
#[derive(Clone, Debug)]
pub enum Item {
    /// `*`, with the position of a following `EXCEPT (…)`.
    Star(Span, Option<Span>),
    /// `alias.*`.
    Qualified(Vec<Ident>, Span),
    /// An expression, optionally with an alias.
    Expr(Expr, Option<Ident>),
}

/// A table and its joins.
#[derive(Clone, Debug)]
pub struct From {
    /// The first table.
    pub first: Table,
    /// From left to right.
    pub joins: Vec<Join>,
}

#[derive(Clone, Debug)]
pub struct Join {
    /// `None` is `RIGHT`, which AMC doesn't have.
    pub kind: Option<JoinKind>,
    /// `NATURAL`.
    pub natural: bool,
    /// The position of the words before the table.
    pub keyword: Span,
    /// The right side.
    pub right: Table,
    pub condition: Condition,
}

/// The condition of a join.
#[derive(Clone, Debug)]
pub enum Condition {
    None,
    /// `ON`.
    On(Expr),
    /// `USING`.
    Using(Vec<Ident>),
}

/// An item of `FROM`.
#[derive(Clone, Debug)]
pub struct Table {
    pub kind: TableKind,
    pub alias: Option<Ident>,
    /// Names for its columns.
    pub columns: Vec<Ident>,
    /// Its position, without the alias.
    pub span: Span,
}

/// The kind of a table.
#[derive(Clone, Debug)]
pub enum TableKind {
    /// A name, optionally with a schema.
    Named(Vec<Ident>),
    /// A subquery.
    Derived(Box<Query>),
    /// A join in parentheses.
    Nested(Box<From>),
    /// `{{name}}`, which was reported as not being a table.
    Unknown,
    /// `TABLE(name(arguments))`.
    Function { name: Ident, args: Vec<Expr> },
}
