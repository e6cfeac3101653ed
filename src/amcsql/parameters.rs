//! AMC's custom parameters: declarations of a workflow, which give `CUSTOM_PARAMETER('name')` a type.

use serde::{Deserialize, Serialize};

use super::catalogue::{ColumnType, DataType};

/// Maximum number of parameters of a workflow.
pub const MOST_PARAMETERS: usize = 100;

/// One entry of a workflow's `inputParameters`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParameterDeclaration {
    /// Its name in `CUSTOM_PARAMETER`.
    pub name: String,
    pub data_type: DataType,
    /// Dimension or metric.
    #[serde(default = "dimension")]
    pub column_type: ColumnType,
    /// Used if a run has no value.
    #[serde(default)]
    pub default_value: Option<serde_json::Value>,
    /// A description.
    #[serde(default)]
    pub description: Option<String>,
    /// A label.
    #[serde(default)]
    pub display_name: Option<String>,
}

impl ParameterDeclaration {
    /// A parameter without a default.
    pub fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Self {
            name: name.into(),
            data_type,
            column_type: dimension(),
            default_value: None,
            description: None,
            display_name: None,
        }
    }
}

fn dimension() -> ColumnType {
    ColumnType::Dimension
}

/// The distinct names that are declared more than once. AMC rejects such a workflow.
pub fn repeated(declarations: &[ParameterDeclaration]) -> Vec<&str> {
    let mut seen = std::collections::HashSet::new();
    let mut repeated: Vec<&str> =
        declarations.iter().map(|it| it.name.as_str()).filter(|name| !seen.insert(*name)).collect();
    repeated.sort_unstable();
    repeated.dedup();
    repeated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_declared_twice_is_reported_once() {
        let declared = |name: &str| ParameterDeclaration::new(name, DataType::String);
        assert_eq!(repeated(&[declared("a"), declared("b"), declared("a"), declared("a")]), ["a"]);
        assert!(repeated(&[declared("a"), declared("A")]).is_empty());
    }
}
