//! The expressions of a resolved query.

use chrono::{NaiveDate, NaiveDateTime};

use super::super::catalogue::DataType;
use super::super::functions::Function;
use super::super::text::Span;
use super::{ColumnId, Relation};

/// A typed expression.
#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub data_type: DataType,
    /// Its position in the text.
    pub span: Span,
}

/// The kinds of expressions. Logic is three-valued. Aggregates and window functions never occur in an expression:
/// they are separate relations whose columns are referenced.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A column of the relation's input.
    Column(ColumnId),
    /// In a correlated subquery: a column of an enclosing query.
    Outer(ColumnId),
    /// A literal in the text.
    Literal(Literal),
    /// `BUILT_IN_PARAMETER('TIME_WINDOW_START')`: the start of the time window, in UTC.
    WindowStart,
    /// `BUILT_IN_PARAMETER('TIME_WINDOW_END')`: its end, in UTC, exclusive.
    WindowEnd,
    /// `CUSTOM_PARAMETER('name')` with its declared type. The name is in [`super::Query::parameters`].
    Parameter(String),
    /// An explicit or implicit conversion to the expression's type. A text that can't be parsed as the type gives
    /// NULL if implicit, and fails the run if explicit.
    Cast {
        expr: Box<Expr>,
        /// Whether the text has an explicit cast.
        explicit: bool,
    },
    /// At least two booleans.
    And(Vec<Expr>),
    /// At least two booleans.
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// Unary minus.
    Negate(Box<Expr>),
    /// Arithmetic or comparison with compatible types: equal types for comparisons; for arithmetic the result's type
    /// or, if that is a decimal, integers and decimals.
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `IS [NOT] NULL | TRUE | FALSE`; never NULL.
    Is {
        expr: Box<Expr>,
        truth: Truth,
        negated: bool,
    },
    /// `[NOT] BETWEEN`, all three with one type.
    Between {
        expr: Box<Expr>,
        /// Inclusive.
        low: Box<Expr>,
        /// Inclusive.
        high: Box<Expr>,
        negated: bool,
    },
    /// `[NOT] IN (…)`, also `CONTAINED_IN`; all with one type.
    InList {
        expr: Box<Expr>,
        /// At least one.
        list: Vec<Expr>,
        negated: bool,
    },
    /// `[NOT] IN (subquery)`; the subquery has one column with the same type.
    InQuery {
        expr: Box<Expr>,
        query: Box<Relation>,
        negated: bool,
    },
    /// `[NOT] EXISTS (subquery)`.
    Exists {
        query: Box<Relation>,
        negated: bool,
    },
    /// A subquery with one column as a value; no row gives NULL, several fail the run.
    Scalar(Box<Relation>),
    /// `[NOT] LIKE`: `%` and `_`, matching the whole text.
    Like {
        expr: Box<Expr>,
        pattern: Box<Expr>,
        /// The escape character for `%` and `_`.
        escape: Option<char>,
        negated: bool,
    },
    /// `[NOT] SIMILAR TO`: a Java regular expression that may match anywhere in the text.
    SimilarTo {
        expr: Box<Expr>,
        /// The regular expression.
        pattern: Box<Expr>,
        negated: bool,
    },
    /// `CASE`, also `IF` and `NVL2`. All results have the expression's type.
    Case {
        /// The value that the conditions are compared with; `None` if they are booleans.
        operand: Option<Box<Expr>>,
        /// (condition, result); the first match wins.
        branches: Vec<(Expr, Expr)>,
        /// The result without a match; `None` is NULL.
        otherwise: Option<Box<Expr>>,
    },
    /// A scalar function; its arguments have types that it accepts.
    Call {
        function: Function,
        args: Vec<Expr>,
    },
    /// `ARRAY[…]`; elements have the array's element type.
    Array(Vec<Expr>),
    /// `NAMED_ROW('name', value, …)`.
    NamedRow(Vec<(String, Expr)>),
}

impl Expr {
    /// Its direct operands. A subquery isn't one: see [`Expr::query`].
    pub fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Column(_)
            | ExprKind::Outer(_)
            | ExprKind::Literal(_)
            | ExprKind::WindowStart
            | ExprKind::WindowEnd
            | ExprKind::Parameter(_)
            | ExprKind::Exists { .. }
            | ExprKind::Scalar(_) => Vec::new(),
            ExprKind::Cast { expr, .. }
            | ExprKind::Not(expr)
            | ExprKind::Negate(expr)
            | ExprKind::Is { expr, .. }
            | ExprKind::InQuery { expr, .. } => vec![expr],
            ExprKind::And(list) | ExprKind::Or(list) | ExprKind::Array(list) => list.iter().collect(),
            ExprKind::Call { args, .. } => args.iter().collect(),
            ExprKind::NamedRow(fields) => fields.iter().map(|(_, it)| it).collect(),
            ExprKind::Binary { left, right, .. } => vec![left, right],
            ExprKind::Between { expr, low, high, .. } => vec![expr, low, high],
            ExprKind::InList { expr, list, .. } => std::iter::once(&**expr).chain(list).collect(),
            ExprKind::Like { expr, pattern, .. } | ExprKind::SimilarTo { expr, pattern, .. } => vec![expr, pattern],
            ExprKind::Case { operand, branches, otherwise } => operand
                .iter()
                .chain(otherwise)
                .map(|it| &**it)
                .chain(branches.iter().flat_map(|(when, then)| [when, then]))
                .collect(),
        }
    }

    /// Its direct operands, mutable.
    pub fn parts_mut(&mut self) -> Vec<&mut Self> {
        match &mut self.kind {
            ExprKind::Column(_)
            | ExprKind::Outer(_)
            | ExprKind::Literal(_)
            | ExprKind::WindowStart
            | ExprKind::WindowEnd
            | ExprKind::Parameter(_)
            | ExprKind::Exists { .. }
            | ExprKind::Scalar(_) => Vec::new(),
            ExprKind::Cast { expr, .. }
            | ExprKind::Not(expr)
            | ExprKind::Negate(expr)
            | ExprKind::Is { expr, .. }
            | ExprKind::InQuery { expr, .. } => vec![expr],
            ExprKind::And(list) | ExprKind::Or(list) | ExprKind::Array(list) => list.iter_mut().collect(),
            ExprKind::Call { args, .. } => args.iter_mut().collect(),
            ExprKind::NamedRow(fields) => fields.iter_mut().map(|(_, it)| it).collect(),
            ExprKind::Binary { left, right, .. } => vec![left, right],
            ExprKind::Between { expr, low, high, .. } => vec![expr, low, high],
            ExprKind::InList { expr, list, .. } => std::iter::once(&mut **expr).chain(list).collect(),
            ExprKind::Like { expr, pattern, .. } | ExprKind::SimilarTo { expr, pattern, .. } => vec![expr, pattern],
            ExprKind::Case { operand, branches, otherwise } => operand
                .iter_mut()
                .chain(otherwise)
                .map(|it| &mut **it)
                .chain(branches.iter_mut().flat_map(|(when, then)| [when, then]))
                .collect(),
        }
    }

    /// Its subquery, if it is one.
    pub fn query(&self) -> Option<&Relation> {
        match &self.kind {
            ExprKind::InQuery { query, .. } | ExprKind::Exists { query, .. } | ExprKind::Scalar(query) => Some(query),
            _ => None,
        }
    }

    /// Its subquery, mutable.
    pub fn query_mut(&mut self) -> Option<&mut Relation> {
        match &mut self.kind {
            ExprKind::InQuery { query, .. } | ExprKind::Exists { query, .. } | ExprKind::Scalar(query) => Some(query),
            _ => None,
        }
    }
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `NULL`.
    Null,
    /// `TRUE`, `FALSE`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a decimal point: `unscaled / 10^scale`.
    Decimal {
        unscaled: i128,
        /// The number of decimal places.
        scale: u8,
    },
    /// A number with an exponent.
    Double(f64),
    /// A text.
    String(String),
    /// `DATE '…'`.
    Date(NaiveDate),
    /// `TIMESTAMP '…'`.
    Timestamp(NaiveDateTime),
}

/// Arithmetic and comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`; integers give a fraction, division by zero NULL.
    Divide,
    /// `%`
    Modulo,
    /// `=`
    Eq,
    /// `<>`, `!=`
    NotEq,
    /// `<`
    Less,
    /// `<=`
    LessEq,
    /// `>`
    Greater,
    /// `>=`
    GreaterEq,
}

impl BinaryOp {
    /// Whether the result is a boolean.
    pub fn is_comparison(self) -> bool {
        !matches!(self, Self::Plus | Self::Minus | Self::Times | Self::Divide | Self::Modulo)
    }

    /// The operator in SQL.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Eq => "=",
            Self::NotEq => "<>",
            Self::Less => "<",
            Self::LessEq => "<=",
            Self::Greater => ">",
            Self::GreaterEq => ">=",
        }
    }
}

/// The condition of `IS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// `IS NULL`, also `IS UNKNOWN`.
    Null,
    /// `IS TRUE`.
    True,
    /// `IS FALSE`.
    False,
}
