//! Checks a query and resolves it.
//!
//! One pass over the statement resolves names, computes types, privacy levels and literal influence, and builds the
//! [`bound::Query`](super::bound::Query). It doesn't stop at the first error: an expression that couldn't be resolved
//! counts as NULL, which is compatible with everything, so one error gives one finding. Nothing here runs a query or
//! reads data.

mod advice;
mod advice_on_conditions;
mod advice_on_values;
mod aggregates;
mod binder;
mod calls;
mod coercion;
mod commons;
mod conditional;
mod consequences;
mod expr;
mod extension;
mod from;
mod grouping;
mod items;
mod keys;
mod liveness;
mod literals;
mod meaning;
mod moments;
mod operators;
mod parameters;
mod privacy;
mod query;
mod refused;
mod scope;
mod select;
mod uses;

pub use uses::{Use, uses};

pub use commons::{CommonColumn, CommonTable, common_tables};

use super::bound::Query;
use super::catalogue::{Catalogue, DataType};
use super::finding::{Finding, Level};
use super::parameters::ParameterDeclaration;
use super::parser;
use super::text::Span;

/// What a query is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The instance's sources.
    pub catalogue: &'a Catalogue,
    /// The schema of names without one; another schema before a name is reported.
    pub input_schema: Option<&'a str>,
    /// The declared custom parameters. `None`: unknown, so every use is a declaration, and its type is inferred.
    pub parameters: Option<&'a [ParameterDeclaration]>,
    /// Whether aggregation controls are on. They can only be off for synthetic data.
    pub controls: bool,
    pub purpose: Purpose,
    /// Whether the text is an author's: `{{name}}` are parameters whose types are inferred, typos are all reported at
    /// once, and what RecomAMP fixes before sending isn't an error. Otherwise it is read as AMC reads it.
    pub is_authored: bool,
}

impl<'a> Context<'a> {
    /// Reporting with controls on and unknown parameters.
    pub fn reporting(catalogue: &'a Catalogue) -> Self {
        let purpose = Purpose::Reporting;
        Self { catalogue, input_schema: None, parameters: None, controls: true, purpose, is_authored: false }
    }

    /// A rule-based audience.
    pub fn audience(catalogue: &'a Catalogue) -> Self {
        Self { purpose: Purpose::Audience, ..Self::reporting(catalogue) }
    }

    /// The same for an author's text.
    #[must_use]
    pub fn authored(self) -> Self {
        Self { is_authored: true, ..self }
    }
}

/// The minimum number of users of a rule-based audience.
pub const AUDIENCE_USERS: usize = 2_000;

/// The purpose of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A report.
    Reporting,
    /// A rule-based audience: returns only `user_id`, from audience tables.
    Audience,
}

/// The outcome of a check.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The findings in text order, each after the one that causes it.
    pub findings: Vec<Finding>,
    /// The resolved query; `None` if there are errors. An author's text with `{{name}}` can't run until they are
    /// filled.
    pub query: Option<Query>,
    pub purpose: Purpose,
    /// The `{{name}}` of an author's text that could be read, each once, in text order.
    pub fields: Vec<FieldUse>,
}

/// A `{{name}}` of an author's text, and the type that its place requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldUse {
    pub name: String,
    /// The inferred type; for a list, that of its items. Text if unknown.
    pub data_type: DataType,
    /// Whether several values are allowed: alone in `IN (…)`, in `ARRAY[…]`, after `VALUES`.
    pub is_list: bool,
    /// Its first use.
    pub span: Span,
}

impl Checked {
    /// Whether AMC would reject the query.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|it| it.level == Level::Error)
    }

    /// The first error's AMC message: AMC's answer.
    pub fn amc(&self) -> Option<&str> {
        self.findings.iter().find(|it| it.level == Level::Error).and_then(|it| it.amc.as_deref())
    }
}

/// Checks `text`. Takes time proportional to its size, never panics, and reports at most [`MOST_FINDINGS`] findings.
pub fn check(text: &str, context: &Context<'_>) -> Checked {
    let parsed = if context.is_authored {
        parser::parse_authored(text)
    } else {
        parser::parse(text).map_err(|finding| vec![*finding])
    };
    match parsed {
        Ok(parsed) => match binder::Binder::new(text, *context).statement(&parsed) {
            (_, Some(parameters)) => binder::Binder::new(text, *context).knowing(parameters).statement(&parsed).0,
            (checked, None) => checked,
        },
        Err(mut findings) => {
            let deciding = findings.pop();
            findings.truncate(MOST_FINDINGS - 1);
            findings.extend(deciding);
            Checked { findings, query: None, purpose: context.purpose, fields: Vec::new() }
        }
    }
}

/// Checks a text of unknown purpose: as a report, or as an audience if that fits better.
pub fn check_either(text: &str, context: &Context<'_>) -> Checked {
    let report = check(text, &Context { purpose: Purpose::Reporting, ..*context });
    if !report.has_errors() {
        return report;
    }
    let audience = check(text, &Context { purpose: Purpose::Audience, ..*context });
    let errors = |checked: &Checked| checked.findings.iter().filter(|it| it.level == Level::Error).count();
    let only = |checked: &Checked, codes: &[&str]| {
        checked.findings.iter().filter(|it| it.level == Level::Error).all(|it| codes.contains(&it.code))
    };
    // OK because a text that returns only `user_id`, from reporting tables, was meant for an audience and names the
    // wrong tables.
    let is_meant =
        only(&report, &["hidden-column", "hidden-key", "not-aggregated"]) && only(&audience, &["reporting-source"]);
    if errors(&audience) < errors(&report) || is_meant { audience } else { report }
}

/// Further findings are dropped: they wouldn't help anybody.
pub const MOST_FINDINGS: usize = 100;

#[cfg(test)]
mod tests;
