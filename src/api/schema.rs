//! JSON Schemas of what the API takes and answers, from the same definitions as the types.
//!
//! [`answer!`] and [`body!`] define a struct and its schema together, so that a field can't be in one and not in the
//! other. The comment of a field is its description in the document.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::ids::Id;

/// The named schemas of a document.
#[derive(Debug, Default)]
pub(super) struct Components(pub(super) BTreeMap<&'static str, Value>);

impl Components {
    /// A reference to the schema with this name, which `make` makes once.
    pub(super) fn named(&mut self, name: &'static str, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.0.contains_key(name) {
            // OK as long as it is made: a schema that contains itself refers to it by its name.
            self.0.insert(name, Value::Null);
            let schema = make(self);
            self.0.insert(name, schema);
        }
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }
}

/// A type with a schema.
pub(super) trait Described {
    /// Whether a body may lack it.
    const IS_OPTIONAL: bool = false;

    fn schema(components: &mut Components) -> Value;
}

macro_rules! plain {
    ($($kind:ty: $schema:tt,)+) => {$(
        impl Described for $kind {
            fn schema(_: &mut Components) -> Value {
                json!($schema)
            }
        }
    )+};
}

plain! {
    String: { "type": "string" },
    &'static str: { "type": "string" },
    bool: { "type": "boolean" },
    i64: { "type": "integer", "format": "int64" },
    u64: { "type": "integer", "format": "int64", "minimum": 0 },
    u32: { "type": "integer", "format": "int32", "minimum": 0 },
    usize: { "type": "integer", "format": "int64", "minimum": 0 },
    DateTime<Utc>: { "type": "string", "format": "date-time" },
    Value: {},
}

impl<T: Id> Described for T {
    fn schema(_: &mut Components) -> Value {
        json!({ "type": "string", "pattern": format!("^{}_[0-9a-z]{{26}}$", T::PREFIX) })
    }
}

impl<T: Described> Described for Option<T> {
    const IS_OPTIONAL: bool = true;

    fn schema(components: &mut Components) -> Value {
        json!({ "anyOf": [T::schema(components), { "type": "null" }] })
    }
}

impl<T: Described> Described for Vec<T> {
    fn schema(components: &mut Components) -> Value {
        json!({ "type": "array", "items": T::schema(components) })
    }
}

impl<T: Described> Described for BTreeMap<String, T> {
    fn schema(components: &mut Components) -> Value {
        json!({ "type": "object", "additionalProperties": T::schema(components) })
    }
}

/// A field of an object: its name, its description, whether it is always there, and its schema.
pub(super) type Field = (&'static str, &'static str, bool, Value);

/// The schema of an object with these fields and no others.
pub(super) fn object(about: &str, fields: Vec<Field>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, about, is_required, mut schema) in fields {
        let name = name.trim_start_matches("r#");
        let about = about.trim();
        if let Some(schema) = schema.as_object_mut().filter(|_| !about.is_empty()) {
            schema.insert("description".to_owned(), json!(about));
        }
        if is_required {
            required.push(name);
        }
        properties.insert(name.to_owned(), schema);
    }
    let mut object = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !about.trim().is_empty() {
        object["description"] = json!(about.trim());
    }
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

/// Defines an answer with its schema. All fields are always there.
macro_rules! answer {
    ($($(#[doc = $about:literal])* $name:ident { $($(#[doc = $doc:literal])* $field:ident: $kind:ty,)+ })+) => {$(
        $(#[doc = $about])*
        #[derive(Clone, Debug, serde::Serialize)]
        pub(in crate::api) struct $name {
            $($(#[doc = $doc])* pub(in crate::api) $field: $kind,)+
        }

        impl $crate::api::schema::Described for $name {
            fn schema(components: &mut $crate::api::schema::Components) -> serde_json::Value {
                components.named(stringify!($name), |components| {
                    $crate::api::schema::object(concat!($($about,)* ""), vec![$((
                        stringify!($field),
                        concat!($($doc,)* ""),
                        true,
                        <$kind as $crate::api::schema::Described>::schema(components),
                    ),)+])
                })
            }
        }
    )+};
}

/// Defines a body with its schema. Fields of the type `Option` may be left out or null; unknown fields are errors.
macro_rules! body {
    ($($(#[doc = $about:literal])* $name:ident { $($(#[doc = $doc:literal])* $field:ident: $kind:ty,)+ })+) => {$(
        $(#[doc = $about])*
        #[derive(Clone, Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(in crate::api) struct $name {
            $($(#[doc = $doc])* pub(in crate::api) $field: $kind,)+
        }

        impl $crate::api::schema::Described for $name {
            fn schema(components: &mut $crate::api::schema::Components) -> serde_json::Value {
                components.named(stringify!($name), |components| {
                    $crate::api::schema::object(concat!($($about,)* ""), vec![$((
                        stringify!($field),
                        concat!($($doc,)* ""),
                        !<$kind as $crate::api::schema::Described>::IS_OPTIONAL,
                        <$kind as $crate::api::schema::Described>::schema(components),
                    ),)+])
                })
            }
        }
    )+};
}

/// Defines a text that is one of some names.
macro_rules! names {
    ($($(#[doc = $about:literal])* $name:ident: $names:expr;)+) => {$(
        $(#[doc = $about])*
        #[derive(Clone, Debug, serde::Serialize)]
        #[serde(transparent)]
        pub(in crate::api) struct $name(pub(in crate::api) &'static str);

        impl $crate::api::schema::Described for $name {
            fn schema(components: &mut $crate::api::schema::Components) -> serde_json::Value {
                components.named(stringify!($name), |_| {
                    let names: Vec<&str> = $names.to_vec();
                    serde_json::json!({ "type": "string", "enum": names, "description": concat!($($about,)* "").trim() })
                })
            }
        }
    )+};
}

pub(super) use {answer, body, names};

#[cfg(test)]
mod tests {
    use super::*;

    body! {
        /// A test.
        Sample {
            /// A name.
            name: String,
            days: Option<u32>,
        }
    }

    #[test]
    fn a_body_and_its_schema_are_one_definition() {
        let mut components = Components::default();
        assert_eq!(Sample::schema(&mut components), json!({ "$ref": "#/components/schemas/Sample" }));
        let schema = &components.0["Sample"];
        assert_eq!((&schema["required"], &schema["description"]), (&json!(["name"]), &json!("A test.")));
        assert_eq!(schema["properties"]["name"]["description"], "A name.");
        let read: Sample = serde_json::from_value(json!({ "name": "x" })).unwrap();
        assert_eq!((read.name.as_str(), read.days), ("x", None));
        assert!(serde_json::from_value::<Sample>(json!({ "name": "x", "other": 1 })).is_err());
    }
}
