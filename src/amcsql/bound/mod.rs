//! The resolved query: what a statement means once every name has an owner and every value a type.
//!
//! A tree of [`Relation`]s over one arena of [`Column`]s. Whoever runs it never looks at names again:
//! a [`ColumnId`] is produced by exactly one relation of the whole query and stays the same on the
//! way up through filters, joins, sorts and limits. `*`, ordinals, aliases, `USING` and named windows
//! are resolved; implicit conversions are explicit casts; synonyms of a function are one function.
//!
//! What must stay true:
//! * ids are unique in the query, also between common tables: a common table read twice is stored once
//!   and each reading ([`Node::Common`]) gives its columns new ids, so the tree is never larger than
//!   the text;
//! * operands already have the types that an operator needs; a `DECIMAL` result may still need
//!   rounding to its declared scale;
//! * [`Column::threshold`] and [`Column::literal_fed`] follow lineage: they are upper bounds over all
//!   columns that the value was computed from.
//!
//! For privacy each [`Scan`] says whether its rows belong to users and which reading of its source it
//! is (`path` of `paths`), as the reasons for filtered rows name them.

mod expr;
mod relation;

pub use expr::{BinaryOp, Expr, ExprKind, Literal, Truth};
pub use relation::{
    Aggregate, AggregateCall, Computed, Frame, FrameBound, FrameUnit, Join, JoinKind, Node, Relation, SetKind, SortKey,
    WindowCall,
};

use super::catalogue::{ColumnType, DataType, Threshold};
use super::text::Span;

/// A query that [`crate::amcsql::check()`] found no error in.
#[derive(Clone, Debug)]
pub struct Query {
    /// What gives the rows of the result.
    pub root: Relation,
    /// The columns of the result, in order; names are unique.
    pub outputs: Vec<Output>,
    /// Everything there is to know of each column, by id.
    pub columns: Vec<Column>,
    /// The readings of data sources, in the order of the text; also those of common tables that nobody
    /// reads, which have `path` 0.
    pub scans: Vec<Scan>,
    /// The common tables (`WITH`), each after those that it reads; also those that nobody reads.
    pub commons: Vec<Common>,
    /// The custom parameters that the text uses, in the order of first use.
    pub parameters: Vec<UsedParameter>,
}

impl Query {
    /// The column of that id. Ids come from this query only, so it is always there; an id of another
    /// query gives a column without a name.
    pub fn column(&self, id: ColumnId) -> &Column {
        static UNKNOWN: Column = Column {
            name: String::new(),
            data_type: DataType::Null,
            column_type: ColumnType::Dimension,
            threshold: Threshold::None,
            literal_fed: false,
            span: Span { start: 0, end: 0 },
        };
        self.columns.get(id.index()).unwrap_or(&UNKNOWN)
    }

    /// The ids that a relation gives, in order.
    pub fn columns_of(&self, relation: &Relation) -> Vec<ColumnId> {
        match &relation.node {
            Node::Scan(id) => self.scans.get(id.index()).map_or_else(Vec::new, Scan::ids),
            Node::Common { columns, .. } => columns.iter().map(|(id, _)| *id).collect(),
            Node::One => Vec::new(),
            Node::Values { columns, .. } | Node::Set { columns, .. } => columns.clone(),
            Node::Project { items, .. } => items.iter().map(|item| item.id).collect(),
            Node::Filter { input, .. }
            | Node::Distinct { input }
            | Node::Sort { input, .. }
            | Node::Limit { input, .. } => self.columns_of(input),
            Node::Aggregate(aggregate) => aggregate.ids(),
            Node::Window { input, calls } => {
                let mut ids = self.columns_of(input);
                ids.extend(calls.iter().map(|call| call.id));
                ids
            }
            Node::Explode { input, id, .. } => {
                let mut ids = self.columns_of(input);
                ids.push(*id);
                ids
            }
            Node::Join(join) => {
                let mut ids = self.columns_of(&join.left);
                ids.extend(self.columns_of(&join.right));
                ids
            }
        }
    }
}

/// The id of a column, unique in its query: an index into [`Query::columns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnId(pub u32);

impl ColumnId {
    /// Its place in [`Query::columns`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The id of a reading of a data source: an index into [`Query::scans`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScanId(pub u32);

impl ScanId {
    /// Its place in [`Query::scans`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The id of a common table: an index into [`Query::commons`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommonId(pub u32);

impl CommonId {
    /// Its place in [`Query::commons`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A column of any relation of the query.
#[derive(Clone, Debug)]
pub struct Column {
    /// What the text calls it; for messages only, not unique.
    pub name: String,
    pub data_type: DataType,
    /// Whether it describes or measures. Sums, averages and arithmetic over metrics measure; counts
    /// describe, as AMC reports them.
    pub column_type: ColumnType,
    /// The strictest level of the columns it was computed from; counts have none.
    pub threshold: Threshold,
    /// Whether a literal or a parameter feeds its value.
    pub literal_fed: bool,
    /// Where the text makes it.
    pub span: Span,
}

/// A column of the result.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its name in the result file: lower case, unique.
    pub name: String,
    /// Where it comes from.
    pub column: ColumnId,
}

/// One reading of a data source.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The source: lower case, without a schema.
    pub source: String,
    /// The columns that the query uses, as (id, name in the catalogue); may be empty (`COUNT(1)`).
    pub columns: Vec<(ColumnId, String)>,
    /// The column that the time window cuts; `None`: the source is read in full.
    pub time_window_column: Option<String>,
    /// How far the window is widened for this reading.
    pub extension: Extension,
    /// Whether its rows belong to users (the source has `user_id`), so that thresholds count them.
    pub user_level: bool,
    /// Which reading of its source it is, from 1, in the order of the text.
    pub path: usize,
    /// How often the query reads that source.
    pub paths: usize,
    /// Where the text names it.
    pub span: Span,
}

impl Scan {
    fn ids(&self) -> Vec<ColumnId> {
        self.columns.iter().map(|(id, _)| *id).collect()
    }
}

/// What `EXTEND_TIME_WINDOW` asks for, in whole seconds; zero by default. Negative values narrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extension {
    /// Reaches this far before the start of the window.
    pub before_seconds: i64,
    /// Reaches this far past its end.
    pub after_seconds: i64,
}

/// A common table of a `WITH`.
#[derive(Clone, Debug)]
pub struct Common {
    /// Its name in the text, for messages and plans.
    pub name: String,
    /// What gives its rows.
    pub relation: Relation,
    /// Its columns: ids that `relation` gives, in the order that readings see.
    pub columns: Vec<ColumnId>,
}

/// A custom parameter that the text uses.
#[derive(Clone, Debug)]
pub struct UsedParameter {
    /// Its name as declared, or as first written.
    pub name: String,
    /// Its declared type, or the type that its uses suggest.
    pub data_type: DataType,
    /// Where it is first used.
    pub span: Span,
}
