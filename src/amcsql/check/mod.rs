//! Finds what is wrong with a query, and what it means when nothing is.
//!
//! One walk over the statement resolves names, computes types, privacy levels and literal influence,
//! and makes the [`bound::Query`](super::bound::Query). It does not stop at the first mistake: an
//! expression that could not be resolved counts as NULL, which fits everywhere, so one mistake gives
//! one finding. Nothing here runs a query or reads data.

mod advice;
mod advice_on_conditions;
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
    /// The sources that the instance has.
    pub catalogue: &'a Catalogue,
    /// The schema of names without one; another schema before a name is remarked on.
    pub input_schema: Option<&'a str>,
    /// The declared custom parameters. `None`: not known, so every use declares, and its surroundings
    /// give the type.
    pub parameters: Option<&'a [ParameterDeclaration]>,
    /// Whether aggregation controls are on. Off is possible on synthetic data only.
    pub controls: bool,
    /// What the query is for.
    pub purpose: Purpose,
    /// Whether the text is an author's: `{{name}}` are parameters whose types are found out, slips of writing are told all at once, and
    /// what RecomAMP changes before sending is no mistake. Otherwise it is read as AMC reads it.
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

    /// The same for the text of an author.
    #[must_use]
    pub fn authored(self) -> Self {
        Self { is_authored: true, ..self }
    }
}

/// What a query is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A result file.
    Reporting,
    /// A rule-based audience: gives `user_id` only, from tables for audiences.
    Audience,
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The findings in the order of the text, each after the one that it follows from.
    pub findings: Vec<Finding>,
    /// The resolved query; `None` when a finding is an error. That of an author's text with `{{name}}` cannot run before they
    /// are filled.
    pub query: Option<Query>,
    /// What it was checked for.
    pub purpose: Purpose,
    /// The `{{name}}` of an author's text that could be read, each once, in the order of the text.
    pub fields: Vec<FieldUse>,
}

/// A `{{name}}` of an author's text, and what its place asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldUse {
    pub name: String,
    /// The type that the place suggests; of a list, that of its items. Text where nothing tells.
    pub data_type: DataType,
    /// Whether it stands where several values can stand: alone in `IN (…)`, in `ARRAY[…]`, after `VALUES`.
    pub is_list: bool,
    /// Where it is first used.
    pub span: Span,
}

impl Checked {
    /// Whether AMC would refuse the query.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|it| it.level == Level::Error)
    }

    /// The first error in AMC's words: what AMC answers.
    pub fn amc(&self) -> Option<&str> {
        self.findings.iter().find(|it| it.level == Level::Error).and_then(|it| it.amc.as_deref())
    }
}

/// Checks `text`. Takes time in proportion to its size, never panics, and says at most
/// [`MOST_FINDINGS`] things.
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

/// Checks a text whose purpose is not told: as a report, or as an audience where the text fits that better.
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
    // OK because a text that gives `user_id` only, from tables for reports, was meant for an audience and names the wrong tables.
    let is_meant =
        only(&report, &["hidden-column", "hidden-key", "not-aggregated"]) && only(&audience, &["reporting-source"]);
    if errors(&audience) < errors(&report) || is_meant { audience } else { report }
}

/// Findings past this number are dropped: they would help nobody.
pub const MOST_FINDINGS: usize = 100;

#[cfg(test)]
mod tests;
