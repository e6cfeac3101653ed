//! The properties of a column and its source that a condition can use.

use std::borrow::Cow;

use super::{Condition, Operator};
use crate::amcsql::catalogue::{ColumnDef, DataSource, Threshold};
use crate::data_sources::described;

/// A column of a source.
#[derive(Clone, Copy, Debug)]
pub(in crate::data_sources) struct Row<'a> {
    pub(in crate::data_sources) source: &'a DataSource,
    pub(in crate::data_sources) column: &'a ColumnDef,
    /// Whether the selected instance lists it, or any instance if none is selected.
    pub(in crate::data_sources) is_present: bool,
}

macro_rules! properties {
    ($($variant:ident = $name:literal, $label:literal;)+) => {
        /// The property of a condition.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::data_sources) enum Property {
            $($variant,)+
        }

        impl Property {
            /// All values, in the order of the form.
            pub(in crate::data_sources) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// As in addresses.
            pub(in crate::data_sources) const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The label for people.
            pub(in crate::data_sources) const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
        }
    };
}

properties! {
    Column = "column", "Column";
    Description = "description", "Description";
    Type = "type", "Type";
    Role = "role", "Role";
    Threshold = "threshold", "Threshold";
    Unit = "unit", "Money unit";
    Value = "value", "Known value";
    Group = "group", "Group of columns";
    Key = "key", "Join key";
    Window = "window", "Limited by the time window";
    Deprecated = "deprecated", "Deprecated";
    Source = "source", "Data source";
    Category = "category", "Category";
    Kind = "kind", "Events or reference";
    Twin = "audience", "In the audience twin";
    Paid = "paid", "Paid feature";
    Uploaded = "uploaded", "Uploaded table";
    Present = "present", "Present on the instance";
}

impl Property {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|property| property.name() == text)
    }

    /// Values to choose from, if there are few.
    pub(in crate::data_sources) const fn choices(self) -> &'static [&'static str] {
        match self {
            Self::Type => &["STRING", "LONG", "INTEGER", "DECIMAL", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "ARRAY"],
            Self::Role => &["Dimension", "Metric"],
            Self::Threshold => &["NONE", "LOW", "MEDIUM", "HIGH", "VERY_HIGH", "INTERNAL"],
            Self::Unit => &["microcents", "millicents", "currency", "none"],
            Self::Kind => &["Events", "Reference"],
            Self::Key | Self::Window | Self::Deprecated | Self::Twin | Self::Paid | Self::Uploaded | Self::Present => {
                &["yes", "no"]
            }
            _ => &[],
        }
    }

    /// A row's texts for this property; only known values have several.
    fn texts<'a>(self, row: &Row<'a>) -> Vec<Cow<'a, str>> {
        let Row { source, column, is_present } = *row;
        let yes = |is: bool| Cow::Borrowed(if is { "yes" } else { "no" });
        let one = match self {
            Self::Column => Cow::Borrowed(column.name.as_str()),
            Self::Description => Cow::Borrowed(column.description.as_str()),
            Self::Type => Cow::Owned(column.data_type.to_string()),
            Self::Role => Cow::Borrowed(described::role(column.column_type)),
            Self::Threshold => Cow::Borrowed(column.threshold.amc()),
            Self::Unit => Cow::Borrowed(column.unit.as_deref().unwrap_or("none")),
            Self::Value => return described::values(column).into_iter().map(Cow::Owned).collect(),
            Self::Group => Cow::Borrowed(column.category.as_str()),
            Self::Key => yes(is_key(source, &column.name)),
            Self::Window => yes(source.time_window_column.as_ref() == Some(&column.name)),
            Self::Deprecated => yes(column.legacy || source.deprecated),
            Self::Source => Cow::Borrowed(source.id.as_str()),
            Self::Category => Cow::Borrowed(source.category.as_str()),
            Self::Kind => Cow::Borrowed(described::kind(source.kind)),
            Self::Twin => yes(source.audience_table.is_some() && !source.audience_lacks.contains(&column.name)),
            Self::Paid => yes(source.paid),
            Self::Uploaded => yes(source.is_uploaded()),
            Self::Present => yes(is_present),
        };
        vec![one]
    }
}

/// Whether a column is part of a key for joining its source with others.
fn is_key(source: &DataSource, column: &str) -> bool {
    let own = |key: &str| key.split(" = ").next().is_some_and(|own| own.split(" + ").any(|part| part == column));
    source.join_keys.iter().any(|key| own(key))
}

fn strictness(text: &str) -> Option<Threshold> {
    serde_json::from_value(serde_json::Value::from(normalized(text).to_uppercase())).ok()
}

/// A text in its compared form: lower case, with `_` for spaces.
fn normalized(text: &str) -> String {
    text.trim().to_lowercase().replace([' ', '-'], "_")
}

impl Condition {
    /// Whether a row matches; `None` without a value.
    pub(super) fn judge(&self, row: &Row<'_>) -> Option<bool> {
        if self.value.is_empty() {
            return None;
        }
        let value = normalized(&self.value);
        let fits = |text: Cow<'_, str>| {
            let text = normalized(&text);
            match self.operator {
                Operator::Contains => text.contains(&value),
                Operator::Starts => text.starts_with(&value),
                Operator::Is | Operator::IsNot => {
                    text == value || (self.property == Property::Type && is_of(&text, &value))
                }
                Operator::Least => self.compare(&text, &value).is_ge(),
                Operator::Most => self.compare(&text, &value).is_le(),
            }
        };
        let found = self.property.texts(row).into_iter().any(fits);
        Some(if self.operator == Operator::IsNot { !found } else { found })
    }

    fn compare(&self, text: &str, value: &str) -> std::cmp::Ordering {
        let levels = (self.property == Property::Threshold).then(|| strictness(text).zip(strictness(value))).flatten();
        levels.map_or_else(|| text.cmp(value), |(text, value)| text.cmp(&value))
    }
}

/// Whether a type belongs to a family: `decimal` for all decimals, `array` for all arrays.
fn is_of(text: &str, family: &str) -> bool {
    text.strip_prefix(family).is_some_and(|rest| rest.starts_with(['(', '<']))
}
