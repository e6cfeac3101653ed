//! Lenient parsing of request bodies: whatever published AMC clients send must be accepted.
//!
//! The service reads the first JSON value of a body and ignores the rest, regardless of the content type (the
//! official request collection relies on it). Numbers and booleans may be texts (`"86400"`, `"True"`), unknown fields
//! are ignored, and `null` is the same as an omitted field.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use serde_json::{Map, Value};

use super::errors::Refusal;

/// The maximum size of a request body, in bytes; a larger one gets 413.
const BODY_LIMIT: usize = 2 * 1024 * 1024;

/// The maximum nesting of a request body; a deeper one gets 400. In the journal it is nested a few levels deeper, and
/// must remain readable.
const DEEPEST: usize = 64;

/// The maximum length of names, in characters; longer ones get 400.
const LONGEST_NAME: usize = 255;

/// A leniently parsed JSON object from a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        Self::parse(&read_body(request).await?)
    }
}

/// The complete body, unless it exceeds [`BODY_LIMIT`] or is truncated.
pub(crate) async fn read_body(request: Request) -> Result<Bytes, Refusal> {
    let limited = http_body_util::Limited::new(request.into_body(), BODY_LIMIT);
    match http_body_util::BodyExt::collect(limited).await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(Refusal::too_large(BODY_LIMIT)),
        Err(_) => Err(Refusal::bad("The request body could not be read to its end.")),
    }
}

impl Fields {
    /// The first JSON value of `body`, which must be an object.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        match serde_json::Deserializer::from_slice(body).into_iter::<Value>().next() {
            Some(Ok(value)) if depth(&value) > DEEPEST => {
                Err(Refusal::bad(format!("The request body is nested more than {DEEPEST} levels deep.")))
            }
            Some(Ok(Value::Object(fields))) => Ok(Self(fields)),
            Some(Ok(_)) => Err(Refusal::bad("The request body must be a JSON object.")),
            Some(Err(error)) => Err(Refusal::bad(format!("The request body is not valid JSON: {error}."))),
            None => Err(Refusal::bad("The request body is missing.")),
        }
    }

    /// The same for a call with an optional body: without one all fields are absent.
    pub(crate) fn parse_any(body: &[u8]) -> Result<Self, Refusal> {
        if body.trim_ascii().is_empty() { Ok(Self::default()) } else { Self::parse(body) }
    }

    /// The object in `value`, if it is one.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        value.as_object().cloned().map(Self)
    }

    /// The field as it was sent; `null` counts as absent.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text; a number or boolean is taken as its text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(plain @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(plain.to_string())),
            Some(_) => Err(Refusal::bad(format!("{name} must be a string."))),
        }
    }

    /// A name, which has a maximum length.
    pub(crate) fn name(&self, name: &str) -> Result<Option<String>, Refusal> {
        let text = self.text(name)?;
        if text.as_ref().is_some_and(|text| text.chars().count() > LONGEST_NAME) {
            return Err(Refusal::bad(format!("{name} can have at most {LONGEST_NAME} characters.")));
        }
        Ok(text)
    }

    /// A required, nonempty text.
    pub(crate) fn required(&self, name: &str) -> Result<String, Refusal> {
        self.text(name)?
            .filter(|text| !text.trim().is_empty())
            .ok_or_else(|| Refusal::bad(format!("{name} is required.")))
    }

    /// A boolean, also as text (case-insensitive); an empty text counts as absent.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => flag_from(text).map(Some).ok_or_else(|| not_a_flag(name)),
            Some(_) => Err(not_a_flag(name)),
        }
    }

    /// An integer, also as text; an empty text counts as absent.
    pub(crate) fn whole(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let refusal = || Refusal::bad(format!("{name} must be an integer."));
        match self.value(name) {
            None => Ok(None),
            Some(Value::Number(number)) => whole_number(number).map(Some).ok_or_else(refusal),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => text.trim().parse().map(Some).map_err(|_| refusal()),
            Some(_) => Err(refusal()),
        }
    }

    /// The items of an array; absent is empty.
    pub(crate) fn list(&self, name: &str) -> Result<&[Value], Refusal> {
        match self.value(name) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(Refusal::bad(format!("{name} must be an array."))),
        }
    }

    /// The objects of an array; absent is empty.
    pub(crate) fn objects(&self, name: &str) -> Result<Vec<Self>, Refusal> {
        let object = |item| Self::of(item).ok_or_else(|| Refusal::bad(format!("{name} must hold objects.")));
        self.list(name)?.iter().map(object).collect()
    }
}

/// `true` or `false`, case-insensitively.
pub(crate) fn flag_from(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// The nesting depth of `value`.
fn depth(value: &Value) -> usize {
    match value {
        // OK to recurse because the parser limits nesting to 128 levels.
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn not_a_flag(name: &str) -> Refusal {
    Refusal::bad(format!("{name} must be true or false."))
}

fn whole_number(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        // OK because a float beyond 2^53 is refused before the cast could round it.
        number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9.0e15).map(|float| float as i64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_after_the_first_value_is_ignored() {
        let fields = Fields::parse(br#"{"workflowId":"a"}, "and more": ]"#).unwrap();
        assert_eq!(fields.text("workflowId").unwrap().as_deref(), Some("a"));
    }

    #[test]
    fn numbers_and_booleans_may_come_as_text() {
        let fields = Fields::parse(br#"{"n":"86400","b":"True","f":86400.0,"e":"","z":null}"#).unwrap();
        assert_eq!(fields.whole("n").unwrap(), Some(86_400));
        assert_eq!(fields.whole("f").unwrap(), Some(86_400));
        assert_eq!(fields.flag("b").unwrap(), Some(true));
        assert_eq!(fields.flag("e").unwrap(), None);
        assert_eq!(fields.text("z").unwrap(), None);
        assert!(fields.flag("n").is_err());
        assert!(fields.whole("b").is_err());
    }

    #[test]
    fn a_body_may_be_nested_so_deep_and_no_deeper() {
        let nested = |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
        assert!(Fields::parse(nested(DEEPEST - 1).as_bytes()).is_ok());
        assert!(Fields::parse(nested(DEEPEST).as_bytes()).is_err());
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in ["", "[]", "7", "{", "\u{0}", &"[".repeat(100_000)] {
            assert!(Fields::parse(body.as_bytes()).is_err(), "{}", &body[..body.len().min(9)]);
        }
    }
}
