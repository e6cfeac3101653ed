//! axe-core: automated accessibility checks.

use std::fmt;

use serde::Deserialize;

/// The rules, as published (MPL-2.0, license beside it).
pub(super) const SOURCE: &str = include_str!("../../vendor/axe-core-4.14.1.min.js");

/// Runs when [`SOURCE`] has run in the page; its argument says whether only the rules of color are checked. Includes
/// best practices, not only the rules of WCAG.
pub(super) const RUN: &str = r"
const [onlyColors, done] = arguments;
const options = { resultTypes: ['violations'], preload: false };
if (onlyColors) options.runOnly = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };
axe.run(document, options).then(
  (results) => done({ violations: results.violations.map((rule) => ({
    rule: rule.id, help: rule.help,
    nodes: rule.nodes.map((node) => node.target.join(' ') + ': ' + node.failureSummary),
  })) }),
  (error) => done({ error: String(error) }),
);";

/// A violated rule.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Violation {
    /// axe's id of the rule, such as `color-contrast`.
    pub(super) rule: String,
    /// The rule in a sentence.
    pub(super) help: String,
    /// Where, and how to fix it.
    pub(super) nodes: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.rule, self.help)?;
        self.nodes.iter().try_for_each(|node| write!(formatter, "\n  {}", node.replace('\n', "\n    ")))
    }
}

/// All violations as one text, for an assertion message.
pub(super) fn report(violations: &[Violation]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
