//! A data source and its columns, from the catalog file or an instance.

use serde::{Deserialize, Serialize};

use super::DataType;

/// The category of a table that only the instance has: one uploaded by its owner.
pub const UPLOADED: &str = "Advertiser data";

/// A table that queries may read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DataSource {
    /// Its name in SQL, in lower case.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The family it belongs to, such as `DSP`.
    #[serde(default)]
    pub category: String,
    /// What a row represents.
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub availability: String,
    /// Whether it needs a subscription.
    #[serde(default)]
    pub paid: bool,
    /// The label by which Amazon lists its subscription on an instance, if that is known.
    #[serde(default)]
    pub dataset_label: Option<String>,
    /// The delay of its data.
    #[serde(default)]
    pub data_lag: String,
    /// Its retention period.
    #[serde(default)]
    pub history: String,
    /// Whether the time window applies to it.
    pub kind: Kind,
    /// The name of its audience twin.
    #[serde(default)]
    pub audience_table: Option<String>,
    /// Columns that the twin does not have.
    #[serde(default)]
    pub audience_lacks: Vec<String>,
    /// The column to which the time window applies; `None` if it doesn't.
    #[serde(default)]
    pub time_window_column: Option<String>,
    /// Keys for joining it to others.
    #[serde(default)]
    pub join_keys: Vec<String>,
    #[serde(default)]
    pub notes: Vec<String>,
    #[serde(default)]
    pub legacy_names: Vec<String>,
    /// Undocumented columns, in lower case, that have been observed in live tables.
    #[serde(default)]
    pub seen_columns: Vec<String>,
    /// Whether it is deprecated or removed.
    #[serde(default)]
    pub deprecated: bool,
    /// AMC's tags for it on an instance; none in the documentation.
    #[serde(default)]
    pub tags: Vec<SourceTag>,
    /// Its columns, in the order of the documentation.
    pub columns: Vec<ColumnDef>,
}

impl DataSource {
    /// The column with that name, case-insensitively.
    pub fn column(&self, name: &str) -> Option<&ColumnDef> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Whether its rows belong to users, so that privacy thresholds count them.
    pub fn is_user_level(&self) -> bool {
        self.column("user_id").is_some()
    }

    /// Whether its owner uploaded it.
    pub fn is_uploaded(&self) -> bool {
        self.category == UPLOADED
    }

    /// Whether it can only be used in audience queries.
    pub fn is_audience_twin(&self) -> bool {
        self.id.ends_with("_for_audiences")
    }

    /// The audience twin, if there is one.
    pub(super) fn audience_twin(&self) -> Option<Self> {
        let id = self.audience_table.clone()?;
        let lacks = |name: &str| self.audience_lacks.iter().any(|it| it.eq_ignore_ascii_case(name));
        Some(Self {
            id,
            name: format!("{} (for audiences)", self.name),
            audience_table: None,
            audience_lacks: Vec::new(),
            legacy_names: Vec::new(),
            columns: self.columns.iter().filter(|column| !lacks(&column.name)).cloned().collect(),
            ..self.clone()
        })
    }
}

/// A tag that AMC attaches to a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTag {
    /// `DEPRECATED`, `NEW`, `RENAMED` or others.
    pub kind: String,
    /// AMC's description; may be empty.
    pub text: String,
}

impl SourceTag {
    /// Whether it applies to the source as a whole: its text names none of these columns.
    pub fn is_of_the_source(&self, columns: &[ColumnDef]) -> bool {
        !columns.iter().any(|column| self.names(&column.name))
    }

    /// Whether its text contains this name as a word.
    pub fn names(&self, name: &str) -> bool {
        self.words().any(|word| word.eq_ignore_ascii_case(name))
    }

    /// Possible names in its text, in order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
    }
}

/// Events or entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Events: limited by the time window.
    Fact,
    /// Entities: read completely.
    Dimension,
}

/// A column of a data source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ColumnDef {
    /// Its name in SQL, in lower case.
    pub name: String,
    pub data_type: DataType,
    /// Dimension or metric.
    pub column_type: ColumnType,
    /// The aggregation threshold: how many users are required for a row that shows it.
    pub threshold: Threshold,
    /// Its group, such as `Geography`.
    #[serde(default)]
    pub category: String,
    #[serde(default)]
    pub description: String,
    /// The unit of an amount: `microcents`, `millicents` or `currency`.
    #[serde(default)]
    pub unit: Option<String>,
    /// Values known from the documentation, for completion.
    #[serde(default)]
    pub values: Vec<serde_json::Value>,
    /// An example value.
    #[serde(default)]
    pub example: Option<serde_json::Value>,
    /// Whether it was replaced by another.
    #[serde(default)]
    pub legacy: bool,
}

/// The role of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnType {
    #[serde(alias = "DIMENSION")]
    Dimension,
    #[serde(alias = "METRIC")]
    Metric,
}

/// The aggregation threshold of a column (AMC documentation, aggregation thresholds): how many distinct users are
/// required for an output row that shows it. Ordered by strictness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Threshold {
    #[default]
    None,
    Low,
    /// A hundred users.
    Medium,
    /// A hundred users, and never compared with a literal.
    High,
    /// Never in the output, and never compared with a literal.
    VeryHigh,
    /// Never in the output.
    Internal,
}

impl Threshold {
    /// The required number of users; `None` if the column can never be shown.
    pub fn users(self) -> Option<u32> {
        match self {
            Self::None => Some(1),
            Self::Low => Some(2),
            Self::Medium | Self::High => Some(100),
            Self::VeryHigh | Self::Internal => None,
        }
    }

    /// Whether it may be in the result.
    pub fn may_be_shown(self) -> bool {
        self.users().is_some()
    }

    /// Whether it may be compared with a literal or a value derived from one. Internal columns are allowed: the
    /// documentation doesn't say.
    pub fn may_meet_literals(self) -> bool {
        !matches!(self, Self::High | Self::VeryHigh)
    }

    /// The level as AMC writes it, such as `VERY_HIGH`.
    pub fn amc(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::VeryHigh => "VERY_HIGH",
            Self::Internal => "INTERNAL",
        }
    }
}
