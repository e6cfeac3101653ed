//! Expressions as written.

use super::{Ident, Query};
use crate::amcsql::bound::{BinaryOp, Frame, Truth};
use crate::amcsql::catalogue::DataType;
use crate::amcsql::text::Span;

#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    /// The height of the tree, including subqueries. The parser limits it, so recursion over a statement is safe.
    pub height: usize,
    pub span: Span,
}

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
    /// `INTERVAL …`, which AMC doesn't have.
    Interval,
    /// `:name`.
    Colon(Ident),
    /// `{{name}}` of an author's text.
    Field(String),
    /// `AND` (true) or `OR` of at least two operands.
    Logical {
        /// Whether it is `AND`.
        and: bool,
        operands: Vec<Expr>,
    },
    /// `NOT`.
    Not(Box<Expr>),
    /// Unary minus.
    Negate(Box<Expr>),
    /// A binary operator.
    Binary { op: BinaryOp, left: Box<Expr>, right: Box<Expr> },
    /// `a || b`, which AMC doesn't have.
    Concat(Box<Expr>, Box<Expr>),
    /// `IS …`.
    Is {
        expr: Box<Expr>,
        truth: Truth,
        /// `NOT`.
        negated: bool,
    },
    /// `BETWEEN`.
    Between {
        expr: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
        /// `NOT`.
        negated: bool,
    },
    /// `IN (a, b)`.
    InList {
        expr: Box<Expr>,
        list: Vec<Expr>,
        /// `NOT`.
        negated: bool,
    },
    /// `IN (query)`.
    InQuery {
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
    Cast { expr: Box<Expr>, target: TypeName },
    /// `EXTRACT(unit FROM x)`.
    Extract { unit: Ident, expr: Box<Expr> },
    /// A function call; `POSITION(a IN b)`, `SUBSTRING(a FROM b)` and `TRIM(… FROM …)` are calls too.
    Call(Box<Call>),
    /// `ARRAY[…]`.
    Array(Vec<Expr>),
    /// `(a, b)`, which only `IN` could accept.
    Row(Vec<Expr>),
    /// `a[i]`, which AMC doesn't have.
    Index(Box<Expr>),
}

/// A type in `CAST`.
#[derive(Clone, Debug)]
pub struct TypeName {
    /// The type, if AMC has it.
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
    /// `WITHIN GROUP (…)`, which AMC doesn't have.
    pub within_group: Option<Span>,
    /// `FILTER (WHERE …)`.
    pub filter: Option<Expr>,
    /// `OVER …`.
    pub over: Option<Over>,
}

/// The window after `OVER`.
#[derive(Clone, Debug)]
pub enum Over {
    /// A window of the `WINDOW` clause.
    Named(Ident),
    /// An inline window.
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

/// The content of `OVER (…)`.
#[derive(Clone, Debug)]
pub struct WindowSpec {
    /// The named window it extends.
    pub base: Option<Ident>,
    /// `PARTITION BY`.
    pub partition: Vec<Expr>,
    /// `ORDER BY`.
    pub order: Vec<OrderItem>,
    /// The frame and its position.
    pub frame: Option<(Frame, Span)>,
    pub span: Span,
}
