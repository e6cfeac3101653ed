//! A text that never prints: tokens, codes, the application's secret.

use std::fmt;

/// A secret text. It has no `Display` and no serialisation, and its `Debug` shows nothing of it, so
/// it cannot reach a log or a page by accident; [`Secret::expose`] is easy to search for.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: to send it or to seal it, never to show it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Some(Secret::new("Atza|1"))), "Some(Secret)");
    }
}
