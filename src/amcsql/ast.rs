//! A statement as its author wrote it: every node knows its place, nothing is resolved.

use super::bound::{BinaryOp, Frame, JoinKind, SetKind, Truth};
use super::catalogue::DataType;
use super::text::Span;

/// A name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// As written, without quotes.
    pub name: String,
    /// Its place.
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
    /// Its place.
    pub span: Span,
}

/// A common table.
#[derive(Clone, Debug)]
pub struct Cte {
    /// Its name.
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
        /// Which.
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
    /// Its place.
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
    /// Its place.
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
    /// Its place.
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

/// One join.
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
    /// Not said.
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
    /// `TABLE(name(arguments))`.
    Function {
        /// The function.
        name: Ident,
        /// Its arguments.
        args: Vec<Expr>,
    },
}

/// `ORDER BY` item.
#[derive(Clone, Debug)]
pub struct OrderItem {
    /// The value.
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
    /// Its place.
    pub span: Span,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Levels of expressions in it, itself included, through subqueries too. The parser bounds it, so
    /// that recursion over a statement is safe.
    pub height: usize,
    /// Its place.
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
    /// `AND` (true) or `OR` over two or more.
    Logical {
        /// Whether it is `AND`.
        and: bool,
        /// The operands.
        operands: Vec<Expr>,
    },
    /// `NOT`.
    Not(Box<Expr>),
    /// Minus in front.
    Negate(Box<Expr>),
    /// Two operands around a sign.
    Binary {
        /// The sign.
        op: BinaryOp,
        /// The left.
        left: Box<Expr>,
        /// The right.
        right: Box<Expr>,
    },
    /// `a || b`, which AMC does not have.
    Concat(Box<Expr>, Box<Expr>),
    /// `IS …`.
    Is {
        /// What is tested.
        expr: Box<Expr>,
        /// For what.
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
        /// Where.
        list: Vec<Expr>,
        /// `NOT`.
        negated: bool,
    },
    /// `IN (query)`.
    InQuery {
        /// What is looked for.
        expr: Box<Expr>,
        /// Where.
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
        /// The text.
        expr: Box<Expr>,
        /// The pattern.
        pattern: Box<Expr>,
        /// `ESCAPE`.
        escape: Option<Box<Expr>>,
        /// `NOT`.
        negated: bool,
    },
    /// `SIMILAR TO`.
    SimilarTo {
        /// The text.
        expr: Box<Expr>,
        /// The pattern.
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
        /// To what.
        target: TypeName,
    },
    /// `EXTRACT(unit FROM x)`.
    Extract {
        /// The unit.
        unit: Ident,
        /// From what.
        expr: Box<Expr>,
    },
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
    /// Its place.
    pub span: Span,
}

/// A function call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The function.
    pub name: Ident,
    /// `DISTINCT`.
    pub distinct: bool,
    /// `f(*)`.
    pub star: bool,
    /// Its arguments.
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
