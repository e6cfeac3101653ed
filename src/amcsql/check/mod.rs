//! Finds what is wrong with a query, and what it means when nothing is.
//!
//! One walk over the statement resolves names, computes types, privacy levels and literal influence,
//! and makes the [`bound::Query`](super::bound::Query). It does not stop at the first mistake: an
//! expression that could not be resolved counts as NULL, which fits everywhere, so one mistake gives
//! one finding. Nothing here runs a query or reads data.

mod advice;
mod aggregates;
mod binder;
mod calls;
mod coercion;
mod commons;
mod conditional;
mod expr;
mod extension;
mod from;
mod grouping;
mod items;
mod keys;
mod literals;
mod meaning;
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
use super::catalogue::Catalogue;
use super::finding::{Finding, Level};
use super::parameters::ParameterDeclaration;
use super::parser;

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
}

impl<'a> Context<'a> {
    /// Reporting with controls on and unknown parameters.
    pub fn reporting(catalogue: &'a Catalogue) -> Self {
        Self { catalogue, input_schema: None, parameters: None, controls: true, purpose: Purpose::Reporting }
    }

    /// A rule-based audience.
    pub fn audience(catalogue: &'a Catalogue) -> Self {
        Self { purpose: Purpose::Audience, ..Self::reporting(catalogue) }
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
    /// The findings, in the order of the text.
    pub findings: Vec<Finding>,
    /// The resolved query; `None` when a finding is an error.
    pub query: Option<Query>,
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
    match parser::parse(text) {
        Ok(parsed) => match binder::Binder::new(text, *context).statement(&parsed) {
            (_, Some(parameters)) => binder::Binder::new(text, *context).knowing(parameters).statement(&parsed).0,
            (checked, None) => checked,
        },
        Err(finding) => Checked { findings: vec![*finding], query: None },
    }
}

/// Findings past this number are dropped: they would help nobody.
pub const MOST_FINDINGS: usize = 100;

#[cfg(test)]
mod tests;
