//! A query's parameters as form inputs.

use crate::queries::{FieldDef, FieldKind};
use crate::web::Fields;

/// An input for one parameter.
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) help: String,
    pub(super) value: String,
    pub(super) is_list: bool,
    pub(super) is_required: bool,
}

/// The inputs for these parameters, with the submitted values.
pub(super) fn parameters(definitions: &[FieldDef], fields: &Fields) -> Vec<Parameter> {
    let parameter = |field: &FieldDef| Parameter {
        name: field.input(),
        title: field.title().to_owned(),
        help: field.help.clone(),
        value: field.text(fields).to_owned(),
        is_list: field.kind == FieldKind::List,
        is_required: field.required,
    };
    definitions.iter().map(parameter).collect()
}
