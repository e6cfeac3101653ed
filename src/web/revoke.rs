//! The page that asks before access is revoked: what it is, what happens, and the way back.
//!
//! One page for public links, invitations and roles. Its form is sent to the page's own address, so that a handler is
//! registered for both.

use askama::Template;
use chrono::{DateTime, Utc};

use super::shell::Shell;

/// A line about what is revoked: a text, or a time.
#[derive(Clone, Debug)]
struct Fact {
    label: &'static str,
    text: String,
    at: Option<DateTime<Utc>>,
}

/// The question, or why there is nothing to revoke.
#[derive(Template)]
#[template(path = "revoke.html")]
pub struct RevokePage {
    shell: Shell,
    /// Where the form is sent.
    action: String,
    /// The address and the name of the page to which *Cancel* leads.
    back: (String, String),
    facts: Vec<Fact>,
    consequences: Vec<String>,
    /// What the form contains besides its button.
    fields: Vec<(&'static str, String)>,
    /// Why nothing can be revoked; empty if something can.
    nothing: &'static str,
}

impl RevokePage {
    /// A page with the title of `shell`.
    pub fn new(shell: Shell, action: impl Into<String>, back: impl Into<String>, parent: impl Into<String>) -> Self {
        Self {
            shell,
            action: action.into(),
            back: (back.into(), parent.into()),
            facts: Vec::new(),
            consequences: Vec::new(),
            fields: Vec::new(),
            nothing: "",
        }
    }

    #[must_use]
    pub fn fact(mut self, label: &'static str, text: impl Into<String>) -> Self {
        self.facts.push(Fact { label, text: text.into(), at: None });
        self
    }

    /// A fact that is a time; left out if there is none.
    #[must_use]
    pub fn time(mut self, label: &'static str, at: Option<DateTime<Utc>>) -> Self {
        self.facts.extend(at.map(|at| Fact { label, text: String::new(), at: Some(at) }));
        self
    }

    /// Says in a sentence what happens.
    #[must_use]
    pub fn then(mut self, sentence: impl Into<String>) -> Self {
        self.consequences.push(sentence.into());
        self
    }

    /// Sends this field with the form.
    #[must_use]
    pub fn field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// Shows this sentence instead of the question.
    #[must_use]
    pub const fn nothing(mut self, why: &'static str) -> Self {
        self.nothing = why;
        self
    }
}
