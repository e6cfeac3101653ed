//! The expressions of a resolved query.

use chrono::{NaiveDate, NaiveDateTime};

use super::super::catalogue::DataType;
use super::super::functions::Function;
use super::super::text::Span;
use super::{ColumnId, Relation};

/// A value with its type.
#[derive(Clone, Debug)]
pub struct Expr {
    /// How it is computed.
    pub kind: ExprKind,
    pub data_type: DataType,
    /// The part of the text it stands for.
    pub span: Span,
}

/// How a value is computed. Logic is three-valued. Aggregates and window functions never stand in
/// an expression: they are relations of their own whose columns are referred to.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A column of the relation's input.
    Column(ColumnId),
    /// In a correlated subquery: a column of the query around it (or one further out).
    Outer(ColumnId),
    /// A value from the text.
    Literal(Literal),
    /// `BUILT_IN_PARAMETER('TIME_WINDOW_START')`: the start of the run's window, in UTC.
    WindowStart,
    /// `BUILT_IN_PARAMETER('TIME_WINDOW_END')`: its end, in UTC, exclusive.
    WindowEnd,
    /// `CUSTOM_PARAMETER('name')`; the type is the declared one. The name is in
    /// [`super::Query::parameters`].
    Parameter(String),
    /// Conversion to the expression's type, written or implied. A text that cannot be read as the
    /// type gives NULL when implied, and fails the run when written.
    Cast {
        /// What is converted.
        expr: Box<Expr>,
        /// Whether the text asks for it.
        explicit: bool,
    },
    /// All are true; at least two, all boolean.
    And(Vec<Expr>),
    /// One is true; at least two, all boolean.
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// Minus in front.
    Negate(Box<Expr>),
    /// Arithmetic or comparison of two operands of types that fit: equal types for comparisons;
    /// for arithmetic the result's type or, when that is a decimal, whole numbers and decimals.
    Binary {
        op: BinaryOp,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
    /// `IS [NOT] NULL | TRUE | FALSE`; never NULL itself.
    Is {
        /// What is tested.
        expr: Box<Expr>,
        truth: Truth,
        /// Whether the answer is turned round.
        negated: bool,
    },
    /// `[NOT] BETWEEN`, all three of one type.
    Between {
        /// What is tested.
        expr: Box<Expr>,
        /// The lower bound, inclusive.
        low: Box<Expr>,
        /// The upper bound, inclusive.
        high: Box<Expr>,
        /// Whether the answer is turned round.
        negated: bool,
    },
    /// `[NOT] IN (…)`, also `CONTAINED_IN`; all of one type.
    InList {
        /// What is looked for.
        expr: Box<Expr>,
        /// The candidates; at least one.
        list: Vec<Expr>,
        /// Whether the answer is turned round.
        negated: bool,
    },
    /// `[NOT] IN (subquery)`; the subquery gives one column of the same type.
    InQuery {
        /// What is looked for.
        expr: Box<Expr>,
        query: Box<Relation>,
        /// Whether the answer is turned round.
        negated: bool,
    },
    /// `[NOT] EXISTS (subquery)`.
    Exists {
        query: Box<Relation>,
        /// Whether the answer is turned round.
        negated: bool,
    },
    /// A subquery of one column as a value; no row gives NULL, several fail the run.
    Scalar(Box<Relation>),
    /// `[NOT] LIKE`: `%` and `_`, whole text.
    Like {
        expr: Box<Expr>,
        pattern: Box<Expr>,
        /// The character that takes `%` and `_` literally.
        escape: Option<char>,
        /// Whether the answer is turned round.
        negated: bool,
    },
    /// `[NOT] SIMILAR TO`: a Java regular expression that may match anywhere in the text.
    SimilarTo {
        expr: Box<Expr>,
        /// The regular expression.
        pattern: Box<Expr>,
        /// Whether the answer is turned round.
        negated: bool,
    },
    /// `CASE`, also `IF` and `NVL2`. All results have the expression's type.
    Case {
        /// What the conditions are compared with; `None`: they are booleans.
        operand: Option<Box<Expr>>,
        /// (condition, result), the first that fits wins.
        branches: Vec<(Expr, Expr)>,
        /// The result when none fits; `None` is NULL.
        otherwise: Option<Box<Expr>>,
    },
    /// A scalar function; arguments are in types that it takes.
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
    /// Its direct parts. A subquery is no part: see [`Expr::query`].
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

    /// Its direct parts, to be changed.
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

    /// The subquery that it is, if it is one.
    pub fn query(&self) -> Option<&Relation> {
        match &self.kind {
            ExprKind::InQuery { query, .. } | ExprKind::Exists { query, .. } | ExprKind::Scalar(query) => Some(query),
            _ => None,
        }
    }

    /// The subquery that it is, to be changed.
    pub fn query_mut(&mut self) -> Option<&mut Relation> {
        match &mut self.kind {
            ExprKind::InQuery { query, .. } | ExprKind::Exists { query, .. } | ExprKind::Scalar(query) => Some(query),
            _ => None,
        }
    }
}

/// A value from the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `NULL`.
    Null,
    /// `TRUE`, `FALSE`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a point: `unscaled / 10^scale`.
    Decimal {
        unscaled: i128,
        /// How many of them stand after the point.
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
    /// `/`; whole numbers give a fraction, and zero as divisor NULL.
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

    /// Its sign in SQL.
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

/// What `IS` tests for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// `IS NULL`, also `IS UNKNOWN`.
    Null,
    /// `IS TRUE`.
    True,
    /// `IS FALSE`.
    False,
}
