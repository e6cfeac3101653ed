//! A statement as its author wrote it: every node knows its place, nothing is resolved.

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

/// A query with all that stands around its body.
#[derive(Clone, Debug)]
pub struct Query {
    /// `WITH`.
    pub with: Vec<Cte>,
    /// What gives rows.
    pub body: Body,
    /// `ORDER BY`.
    pub order_by: Vec<OrderItem>,
    /// `LIMIT`.
    pub limit: Option<Expr>,
    /// `OFFSET` or `FETCH`, which AMC does not have.
    pub paging: Option<Span>,
    pub span: Span,
}

/// A common table.
#[derive(Clone, Debug)]
pub struct Cte {
    pub name: Ident,
    /// Its column names, when given.
    pub columns: Vec<Ident>,
    /// What gives its rows.
    pub query: Query,
}

/// What gives the rows of a query.
#[derive(Clone, Debug)]
pub enum Body {
    /// `SELECT`.
    Select(Box<Select>),
    /// `VALUES`.
    Values(Values),
    /// A query in parentheses.
    Query(Box<Query>),
    /// `UNION` and the like.
    Set {
        kind: SetKind,
        /// Whether duplicates stay.
        all: bool,
        /// Two or more.
        inputs: Vec<Body>,
        /// Where the first operator stands.
        operator: Span,
        /// The place of all.
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
    /// Its rows, each with its place.
    pub rows: Vec<(Vec<Expr>, Span)>,
    pub span: Span,
}

/// One `SELECT`.
#[derive(Clone, Debug)]
pub struct Select {
    /// `DISTINCT`.
    pub distinct: bool,
    /// What is selected.
    pub items: Vec<Item>,
    /// `FROM`; empty without one. Several are a comma join.
    pub from: Vec<From>,
    /// `WHERE`.
    pub filter: Option<Expr>,
    /// `GROUP BY`; `Some(empty)` for `GROUP BY ()`.
    pub group_by: Option<Vec<Expr>>,
    /// `GROUPING SETS`, `ROLLUP` or `CUBE`, which AMC does not have.
    pub grouping_sets: Option<Span>,
    /// `HAVING`.
    pub having: Option<Expr>,
    /// `WINDOW name AS (…)`.
    pub windows: Vec<(Ident, WindowSpec)>,
    /// `QUALIFY`, which AMC does not have.
    pub qualify: Option<Span>,
    pub span: Span,
}

/// One item of a `SELECT`.
#[derive(Clone, Debug)]
pub enum Item {
    /// `*`, with the place of an `EXCEPT (…)` behind it.
    Star(Span, Option<Span>),
    /// `alias.*`.
    Qualified(Vec<Ident>, Span),
    /// An expression, maybe named.
    Expr(Expr, Option<Ident>),
}

/// A table and what is joined to it.
#[derive(Clone, Debug)]
pub struct From {
    /// The first table.
    pub first: Table,
    /// What is joined, from left to right.
    pub joins: Vec<Join>,
}

#[derive(Clone, Debug)]
pub struct Join {
    /// Which rows stay; `None` is `RIGHT`, which AMC does not have.
    pub kind: Option<JoinKind>,
    /// `NATURAL`.
    pub natural: bool,
    /// The place of the words before the table.
    pub keyword: Span,
    /// The right side.
    pub right: Table,
    /// How rows meet.
    pub condition: Condition,
}

/// How rows of a join meet.
#[derive(Clone, Debug)]
pub enum Condition {
    None,
    /// `ON`.
    On(Expr),
    /// `USING`.
    Using(Vec<Ident>),
}

/// Something in `FROM`.
#[derive(Clone, Debug)]
pub struct Table {
    /// What it is.
    pub kind: TableKind,
    /// Its name in the query.
    pub alias: Option<Ident>,
    /// Names for its columns.
    pub columns: Vec<Ident>,
    /// Its place, without the alias.
    pub span: Span,
}

/// What a table is.
#[derive(Clone, Debug)]
pub enum TableKind {
    /// A name, maybe behind a schema.
    Named(Vec<Ident>),
    /// A subquery.
    Derived(Box<Query>),
    /// A join in parentheses.
    Nested(Box<From>),
    /// `{{name}}`, which was told to be no table.
    Unknown,
    /// `TABLE(name(arguments))`.
    Function { name: Ident, args: Vec<Expr> },
}
