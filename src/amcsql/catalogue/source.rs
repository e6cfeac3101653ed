//! One data source and its columns, as the catalogue file and an instance describe them.

use serde::{Deserialize, Serialize};

use super::DataType;

/// The category of a table that only an instance knows: one that its owner uploaded.
pub const UPLOADED: &str = "Advertiser data";

/// A table that queries may read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DataSource {
    /// What SQL calls it, in lower case.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The family it belongs to, such as `DSP`.
    #[serde(default)]
    pub category: String,
    /// What one row is.
    #[serde(default)]
    pub description: String,
    /// Which instances have it.
    #[serde(default)]
    pub availability: String,
    /// Whether it needs a subscription.
    #[serde(default)]
    pub paid: bool,
    /// How late its data comes.
    #[serde(default)]
    pub data_lag: String,
    /// How far back it reaches.
    #[serde(default)]
    pub history: String,
    /// Whether the time window of a run cuts it.
    pub kind: Kind,
    /// The name of its twin for audience queries.
    #[serde(default)]
    pub audience_table: Option<String>,
    /// Columns that the twin does not have.
    #[serde(default)]
    pub audience_lacks: Vec<String>,
    /// The column that the time window of a run is compared with; `None`: not cut.
    #[serde(default)]
    pub time_window_column: Option<String>,
    /// Keys that join it to others.
    #[serde(default)]
    pub join_keys: Vec<String>,
    /// What is worth knowing before using it.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Names that it had before.
    #[serde(default)]
    pub legacy_names: Vec<String>,
    /// Names of columns, in lower case, that live tables were seen to have and that the documentation does not list.
    #[serde(default)]
    pub seen_columns: Vec<String>,
    /// Whether it is going away or gone.
    #[serde(default)]
    pub deprecated: bool,
    /// Remarks that AMC attached to it on an instance; none in the documentation.
    #[serde(default)]
    pub tags: Vec<SourceTag>,
    /// Its columns, in the order of the documentation.
    pub columns: Vec<ColumnDef>,
}

impl DataSource {
    /// The column of that name, in any case.
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

    /// Whether it may stand in audience queries only.
    pub fn is_audience_twin(&self) -> bool {
        self.id.ends_with("_for_audiences")
    }

    /// The twin for audience queries, when there is one.
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

/// A remark that AMC attaches to a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTag {
    /// `DEPRECATED`, `NEW` or `RENAMED`; others may come.
    pub kind: String,
    /// AMC's sentences about it; may be empty.
    pub text: String,
}

impl SourceTag {
    /// Whether it is about the source as a whole: its text names none of these columns.
    pub fn is_of_the_source(&self, columns: &[ColumnDef]) -> bool {
        !columns.iter().any(|column| self.names(&column.name))
    }

    /// Whether its text has this name as a word of its own.
    pub fn names(&self, name: &str) -> bool {
        self.words().any(|word| word.eq_ignore_ascii_case(name))
    }

    /// What could be names in its text, in order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
    }
}

/// Whether a source holds events or states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Events: the time window of a run cuts them.
    Fact,
    /// States: read in full.
    Dimension,
}

/// A column of a data source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ColumnDef {
    /// What SQL calls it, in lower case.
    pub name: String,
    pub data_type: DataType,
    /// Whether it describes or measures.
    pub column_type: ColumnType,
    /// How many users must stand behind a row that shows it.
    pub threshold: Threshold,
    /// The group it is shown in, such as `Geography`.
    #[serde(default)]
    pub category: String,
    /// What it holds.
    #[serde(default)]
    pub description: String,
    /// The unit of an amount: `microcents`, `millicents` or `currency`.
    #[serde(default)]
    pub unit: Option<String>,
    /// Values that it is known to hold.
    #[serde(default)]
    pub values: Vec<serde_json::Value>,
    /// One such value.
    #[serde(default)]
    pub example: Option<serde_json::Value>,
    /// Whether it was replaced by another.
    #[serde(default)]
    pub legacy: bool,
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnType {
    /// Describes: groups rows.
    #[serde(alias = "DIMENSION")]
    Dimension,
    /// Measures: is added up.
    #[serde(alias = "METRIC")]
    Metric,
}

/// The aggregation threshold of a column (AMC documentation, aggregation thresholds): how many
/// distinct users must stand behind an output row that shows it. Ordered by strictness.
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
    /// Users that a row needs; `None` when the column can never be shown.
    pub fn users(self) -> Option<u32> {
        match self {
            Self::None => Some(1),
            Self::Low => Some(2),
            Self::Medium | Self::High => Some(100),
            Self::VeryHigh | Self::Internal => None,
        }
    }

    /// Whether it may stand in the columns of a result.
    pub fn may_be_shown(self) -> bool {
        self.users().is_some()
    }

    /// Whether it may be compared with a literal or with what a literal made. Internal columns are
    /// left alone: the documentation does not say.
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
