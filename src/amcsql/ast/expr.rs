//! Expressions as their author wrote them, and what only stands in them.

use super::{Ident, Query};
use crate::amcsql::bound::{BinaryOp, Frame, Truth};
use crate::amcsql::catalogue::DataType;
use crate::amcsql::text::Span;

#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Levels of expressions in it, itself included, through subqueries too. The parser bounds it, so
    /// that recursion over a statement is safe.
    pub height: usize,
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `a`, `t.a`, `schema.t.a`.
    Name(Vec<Ident>),
    /// A number as written.
    Number(String),
    /// A text.
    String(String),
    /// `TRUE`, `FALSE`.
    Boolean(bool),
    /// `NULL`.
    Null,
    /// `DATE '…'`.
    Date(String),
    /// `TIMESTAMP '…'`.
    Timestamp(String),
    /// `INTERVAL …`, which AMC does not have.
    Interval,
    /// `:name`.
    Colon(Ident),
    /// `{{name}}` of an author's text.
    Field(String),
    /// `AND` (true) or `OR` over two or more.
    Logical {
        /// Whether it is `AND`.
        and: bool,
        operands: Vec<Expr>,
    },
    /// `NOT`.
    Not(Box<Expr>),
    /// Minus in front.
    Negate(Box<Expr>),
    /// Two operands around a sign.
    Binary { op: BinaryOp, left: Box<Expr>, right: Box<Expr> },
    /// `a || b`, which AMC does not have.
    Concat(Box<Expr>, Box<Expr>),
    /// `IS …`.
    Is {
        /// What is tested.
        expr: Box<Expr>,
        truth: Truth,
        /// `NOT`.
        negated: bool,
    },
    /// `BETWEEN`.
    Between {
        /// What is tested.
        expr: Box<Expr>,
        /// The lower bound.
        low: Box<Expr>,
        /// The upper bound.
        high: Box<Expr>,
        /// `NOT`.
        negated: bool,
    },
    /// `IN (a, b)`.
    InList {
        /// What is looked for.
        expr: Box<Expr>,
        list: Vec<Expr>,
        /// `NOT`.
        negated: bool,
    },
    /// `IN (query)`.
    InQuery {
        /// What is looked for.
        expr: Box<Expr>,
        query: Box<Query>,
        /// `NOT`.
        negated: bool,
    },
    /// `EXISTS (query)`.
    Exists(Box<Query>),
    /// A query as a value.
    Query(Box<Query>),
    /// `LIKE`.
    Like {
        expr: Box<Expr>,
        pattern: Box<Expr>,
        /// `ESCAPE`.
        escape: Option<Box<Expr>>,
        /// `NOT`.
        negated: bool,
    },
    /// `SIMILAR TO`.
    SimilarTo {
        expr: Box<Expr>,
        pattern: Box<Expr>,
        /// `NOT`.
        negated: bool,
    },
    /// `CASE`.
    Case {
        /// `CASE x`.
        operand: Option<Box<Expr>>,
        /// `WHEN … THEN …`.
        branches: Vec<(Expr, Expr)>,
        /// `ELSE`.
        otherwise: Option<Box<Expr>>,
    },
    /// `CAST(x AS type)`.
    Cast {
        /// What is converted.
        expr: Box<Expr>,
        target: TypeName,
    },
    /// `EXTRACT(unit FROM x)`.
    Extract { unit: Ident, expr: Box<Expr> },
    /// A function call; `POSITION(a IN b)`, `SUBSTRING(a FROM b)` and `TRIM(… FROM …)` are calls too.
    Call(Box<Call>),
    /// `ARRAY[…]`.
    Array(Vec<Expr>),
    /// `(a, b)`, which only `IN` could take.
    Row(Vec<Expr>),
    /// `a[i]`, which AMC does not have.
    Index(Box<Expr>),
}

/// A type in `CAST`.
#[derive(Clone, Debug)]
pub struct TypeName {
    /// The type, when it is one of AMC's.
    pub data_type: Option<DataType>,
    pub span: Span,
}

/// A function call.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: Ident,
    /// `DISTINCT`.
    pub distinct: bool,
    /// `f(*)`.
    pub star: bool,
    pub args: Vec<Expr>,
    /// `WITHIN GROUP (…)`, which AMC does not have.
    pub within_group: Option<Span>,
    /// `FILTER (WHERE …)`.
    pub filter: Option<Expr>,
    /// `OVER …`.
    pub over: Option<Over>,
}

/// What stands after `OVER`.
#[derive(Clone, Debug)]
pub enum Over {
    /// A window of the `WINDOW` clause.
    Named(Ident),
    /// A window of its own.
    Spec(WindowSpec),
}

/// `ORDER BY` item.
#[derive(Clone, Debug)]
pub struct OrderItem {
    pub expr: Expr,
    /// `DESC`.
    pub descending: bool,
    /// `NULLS FIRST` or `NULLS LAST`.
    pub nulls_first: Option<bool>,
}

/// What stands in `OVER (…)`.
#[derive(Clone, Debug)]
pub struct WindowSpec {
    /// A named window that it starts from.
    pub base: Option<Ident>,
    /// `PARTITION BY`.
    pub partition: Vec<Expr>,
    /// `ORDER BY`.
    pub order: Vec<OrderItem>,
    /// The frame and its place.
    pub frame: Option<(Frame, Span)>,
    pub span: Span,
}
