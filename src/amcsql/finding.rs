//! Findings of a check, for people, for programs and in AMC's own words.

use serde::Serialize;

use super::codes::Code;
use super::text::{LineIndex, Span};

/// One finding at one position of a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    pub level: Level,
    /// The name of its [`Code`].
    pub code: &'static str,
    /// The problem and the solution, for the author.
    pub message: String,
    /// AMC's message; only for errors. Positions are those of the given text.
    pub amc: Option<String>,
    pub span: Span,
    /// A change that resolves it.
    pub fix: Option<Fix>,
    /// Whether AMC may not report this error: the author may send the query after acknowledging it.
    pub may_be_wrong: bool,
    /// The finding that causes this one, if any: it probably disappears when that one is fixed, so it is shown below
    /// it.
    pub because: Option<Cause>,
}

/// The cause of another finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    pub code: &'static str,
    pub span: Span,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// AMC rejects the query.
    Error,
    /// AMC may reject it, or the result is probably not what was intended.
    Warning,
    Info,
}

impl Level {
    /// The word for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Error => "Error",
            Self::Warning => "Warning",
            Self::Info => "Note",
        }
    }
}

/// Maximum length of a finding's text, in bytes. It quotes the author's text, which may be a name of a megabyte: the
/// middle of a longer text is omitted, since positions are at its beginning.
const LONGEST: usize = 1_500;

fn shortened(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let (start, end) = (text.floor_char_boundary(LONGEST / 2), text.ceil_char_boundary(text.len() - LONGEST / 3));
    format!("{} … {}", &text[..start], &text[end..])
}

/// A replacement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What to replace; an empty range inserts.
    pub span: Span,
    pub replacement: String,
    /// The label of a button.
    pub label: String,
    /// Whether the intent is certain, so that a program may apply it automatically.
    pub sure: bool,
}

impl Fix {
    /// Replaces a misspelled word by `replacement`: a guess.
    pub fn spelling(span: Span, replacement: &str) -> Self {
        let label = format!("Change to `{replacement}`");
        Self { span, replacement: replacement.to_owned(), label, sure: false }
    }

    /// A change that certainly preserves the intent.
    pub fn sure(span: Span, replacement: impl Into<String>, label: impl Into<String>) -> Self {
        Self { span, replacement: replacement.into(), label: label.into(), sure: true }
    }
}

impl Finding {
    /// An error with AMC's message `amc`.
    pub fn error(code: Code, span: Span, message: impl Into<String>, amc: impl Into<String>) -> Self {
        Self {
            amc: Some(shortened(amc.into())),
            may_be_wrong: code.definition.may_be_wrong,
            ..Self::new(Level::Error, code, span, message)
        }
    }

    /// A warning.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Level::Warning, code, span, message)
    }

    /// A hint.
    pub fn info(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Level::Info, code, span, message)
    }

    fn new(level: Level, code: Code, span: Span, message: impl Into<String>) -> Self {
        let message = shortened(message.into());
        Self {
            level,
            code: code.definition.name,
            message,
            amc: None,
            span,
            fix: None,
            may_be_wrong: false,
            because: None,
        }
    }

    /// The same finding with a fix.
    #[must_use]
    pub fn with_fix(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }
}

/// `text` after a position in Calcite's format: `From line L, column C to line L2, column C2: text`.
pub fn located(index: &LineIndex<'_>, span: Span, text: &str) -> String {
    let (start, end) = index.range(span);
    format!("From line {}, column {} to line {}, column {}: {text}", start.line, start.column, end.line, end.column)
}

#[cfg(test)]
mod tests {
    use super::super::codes;
    use super::*;

    #[test]
    fn a_name_of_a_megabyte_is_named_by_its_ends() {
        let finding =
            Finding::warning(codes::SYNTAX, Span::default(), format!("From here: {}. Try again.", "ü".repeat(1 << 20)));
        assert!(finding.message.len() <= LONGEST && finding.message.starts_with("From here: ü"), "{}", finding.message);
        assert!(finding.message.ends_with("ü. Try again."));
    }
}
