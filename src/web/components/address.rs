//! Addresses that preserve their query string.

use std::fmt;

use url::form_urlencoded;

/// A path with its query, for deriving related addresses.
///
/// ```text
/// Address::new("/executions", "state=failed&page=3").with("page", "4") == "/executions?state=failed&page=4"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    path: String,
    pairs: Vec<(String, String)>,
}

impl Address {
    /// Parses the raw query of a request; invalid encoding is replaced, never an error.
    pub fn new(path: impl Into<String>, raw_query: &str) -> Self {
        let pairs = form_urlencoded::parse(raw_query.as_bytes()).into_owned().collect();
        Self { path: path.into(), pairs }
    }

    /// The same address with `name` set to `value`, or without it if `value` is empty.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut pairs: Vec<_> = self.pairs.iter().filter(|(known, _)| known != name).cloned().collect();
        if !value.is_empty() {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Self { path: self.path.clone(), pairs }
    }

    /// The same address with an additional `name`, keeping existing ones.
    #[must_use]
    pub fn and(&self, name: &str, value: &str) -> Self {
        let mut more = self.clone();
        more.pairs.push((name.to_owned(), value.to_owned()));
        more
    }

    /// The same parameters at another path.
    #[must_use]
    pub fn at(&self, path: impl Into<String>) -> Self {
        Self { path: path.into(), pairs: self.pairs.clone() }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its parameters, for hidden form fields: a form that is sent by `GET` replaces the whole query.
    pub fn fields(&self) -> &[(String, String)] {
        &self.pairs
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.path)?;
        if self.pairs.is_empty() {
            return Ok(());
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.pairs).finish();
        write!(formatter, "?{query}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_what_is_not_changed() {
        let here = Address::new("/executions", "state=failed&page=3&q=a%26b");
        assert_eq!(here.with("page", "4").to_string(), "/executions?state=failed&q=a%26b&page=4");
        assert_eq!(here.with("page", "").to_string(), "/executions?state=failed&q=a%26b");
        assert_eq!(Address::new("/q", "").to_string(), "/q");
    }

    #[test]
    fn a_hostile_query_stays_a_value() {
        let here = Address::new("/q", "q=%22%3E%3Cscript%3E&%ff=%00");
        let text = here.with("page", "2").to_string();
        assert!(!text.contains(['"', '<', '>', '\0']), "{text}");
    }
}
