//! The state of one check: columns, scans and findings so far.

mod columns;
mod value;

use crate::amcsql::codes::{self, Code};
use std::collections::HashMap;

pub(super) use value::{Unit, Value, size};

use super::super::bound::{
    Column, ColumnId, Common, CommonId, Extension, Output, Query, Relation, Scan, UsedParameter,
};
use super::super::catalogue::{DataSource, DataType};
use super::super::finding::{self, Finding, Level};
use super::super::parser::Parsed;
use super::super::text::{LineIndex, Span};
use super::parameters;
use super::scope::Scope;
use super::select::State;
use super::{Checked, Context, FieldUse, MOST_FINDINGS, Purpose, consequences};

/// A scan of a source whose columns are still being collected.
pub(super) struct Reading<'a> {
    pub(super) source: &'a DataSource,
    pub(super) columns: Vec<(ColumnId, String)>,
    by_name: HashMap<String, ColumnId>,
    extension: Extension,
    /// The common table expression that contains the scan, if any.
    owner: Option<Owner>,
    pub(super) span: Span,
}

/// A common table expression being bound: it gets its id at the end, after nested ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner(pub(super) usize);

pub(super) struct Binder<'a> {
    pub(super) text: &'a str,
    pub(super) index: LineIndex<'a>,
    pub(super) context: Context<'a>,
    pub(super) findings: Vec<Finding>,
    pub(super) columns: Vec<Column>,
    units: Vec<Option<Unit>>,
    pub(super) readings: Vec<Reading<'a>>,
    pub(super) commons: Vec<Common>,
    /// Which common table expression (or the query itself) uses which.
    pub(super) uses: Vec<(Option<Owner>, CommonId)>,
    /// The current common table expression.
    pub(super) owner: Option<Owner>,
    /// The owners so far, and the resulting common table expressions.
    pub(super) owners: Vec<Option<CommonId>>,
    /// Names of visible common table expressions, the latest last.
    pub(super) visible: Vec<(String, Option<CommonId>)>,
    /// The scopes, from the outermost query to the current one.
    pub(super) scopes: Vec<Scope>,
    /// The current `SELECT`s, the innermost last.
    pub(super) selects: Vec<State>,
    pub(super) parameters: Vec<UsedParameter>,
    /// Parameters whose types an earlier pass determined.
    pub(super) known_parameters: Vec<UsedParameter>,
    /// Whether a parameter was used before its type was known.
    pub(super) untyped: bool,
    /// The size of expressions that were copied to the places that use them.
    copied: usize,
    /// The positions of source columns, if requested.
    pub(super) places: Option<Vec<(ColumnId, Span)>>,
    /// The ends of names that are alone in a SELECT without an alias, if requested.
    pub(super) bare: std::collections::HashSet<usize>,
    /// The `{{name}}` so far.
    pub(super) fields: Vec<FieldUse>,
    /// Undocumented columns of sources that have been observed in live tables.
    pub(super) seen_columns: Vec<ColumnId>,
    /// Whether the current query's names are irrelevant: a later part of a set operation, or a subquery in an
    /// expression.
    pub(super) is_nameless: bool,
    /// The number of conditional values around the current expression, whose divisions the author has guarded.
    pub(super) guards: usize,
    /// The error in `GROUP BY` that causes columns not to be grouped.
    pub(super) wrong_key: Option<finding::Cause>,
}

impl<'a> Binder<'a> {
    pub(super) fn new(text: &'a str, context: Context<'a>) -> Self {
        Self {
            text,
            index: LineIndex::new(text),
            context,
            findings: Vec::new(),
            columns: Vec::new(),
            units: Vec::new(),
            readings: Vec::new(),
            commons: Vec::new(),
            uses: Vec::new(),
            owner: None,
            owners: Vec::new(),
            visible: Vec::new(),
            scopes: Vec::new(),
            selects: Vec::new(),
            parameters: Vec::new(),
            known_parameters: Vec::new(),
            untyped: false,
            copied: 0,
            places: None,
            bare: std::collections::HashSet::new(),
            fields: Vec::new(),
            seen_columns: Vec::new(),
            is_nameless: false,
            guards: 0,
            wrong_key: None,
        }
    }

    /// The same check, with known parameter types.
    pub(super) fn knowing(self, parameters: Vec<UsedParameter>) -> Self {
        Self { known_parameters: parameters, ..self }
    }

    /// Checks the statement. If parameters are declared by use, and one was used before the use that determines its
    /// type, the second value contains what is known at the end: the statement must then be checked again.
    pub(super) fn statement(mut self, parsed: &Parsed) -> (Checked, Option<Vec<UsedParameter>>) {
        for finding in &parsed.findings {
            self.report(finding.clone());
        }
        self.declarations();
        if let Some(span) = parsed.semicolon {
            self.semicolon(span);
        }
        let bound = self.query(&parsed.query, true);
        let outputs = self.outputs(&bound.names, parsed.query.span);
        self.final_rules(&parsed.query, &bound.relation, &outputs);
        self.advise_on_columns();
        self.advise_on_meaning(&bound.relation);
        self.advise_on_users(&bound.relation);
        self.unread_commons();
        self.unread_columns(&bound.relation, &outputs.iter().map(|it| it.column).collect::<Vec<_>>());
        if self.findings.iter().any(|it| it.code == "grouping-sets") {
            // OK because their keys were skipped, so what they group counts as not grouped.
            self.findings.retain(|it| it.code != "not-grouped");
        }
        self.similar_parameters();
        self.findings.sort_by_key(|it| (it.span.start, it.level));
        self.findings.dedup_by(|a, b| a.code == b.code && a.span == b.span);
        consequences::fold(self.text, &mut self.findings);
        let refused = self.findings.iter().any(|it| it.level == Level::Error);
        let findings = std::mem::take(&mut self.findings);
        let known = self.named_parameters();
        let again = self.untyped.then(|| known.clone());
        let (mut parameters, mut fields) = (Vec::new(), std::mem::take(&mut self.fields));
        for used in known {
            match fields.iter_mut().find(|it| parameters::is_of_field(&used.name, &it.name)) {
                Some(field) => field.data_type = used.data_type,
                None => parameters.push(used),
            }
        }
        let purpose = self.context.purpose;
        let query = (!refused).then(|| self.finish(bound.relation, outputs, parameters));
        (Checked { findings, query, purpose, fields }, again)
    }

    /// The parameters; those of unknown type are text.
    fn named_parameters(&self) -> Vec<UsedParameter> {
        let mut parameters = self.parameters.clone();
        for parameter in parameters.iter_mut().filter(|it| it.data_type == DataType::Null) {
            parameter.data_type = DataType::String;
        }
        parameters
    }

    fn semicolon(&mut self, span: Span) {
        let between = span.of(self.text);
        let only_signs = between.chars().all(|it| it == ';' || it.is_whitespace());
        let fix = only_signs.then(|| finding::Fix::sure(span, "", "Remove the semicolon"));
        let found = if self.context.is_authored {
            let message = "RecomAMP takes the semicolon off before it sends the query: at AMC it can turn a good query into an empty file.";
            Finding::info(codes::SEMICOLON, span, message)
        } else if self.context.purpose == Purpose::Audience {
            let place = self.index.place(span.start);
            let amc = format!("Encountered \";\" at line {}, column {}.", place.line, place.column);
            Finding::error(codes::SEMICOLON, span, "AMC wraps an audience query, so a semicolon breaks it.", amc)
        } else {
            let message = "A semicolon at the end can turn a good query into an empty file. It is not needed.";
            Finding::warning(codes::SEMICOLON, span, message)
        };
        self.report(found.with_fix(fix));
    }

    /// The names of the result: lower case, unique, numbered if missing or repeated.
    fn outputs(&mut self, names: &[(String, ColumnId)], span: Span) -> Vec<Output> {
        let mut taken = std::collections::HashSet::new();
        let mut next: HashMap<String, usize> = HashMap::new();
        let mut outputs = Vec::with_capacity(names.len());
        for (name, column) in names {
            let base = name.to_lowercase();
            let mut name = base.clone();
            while !taken.insert(name.clone()) {
                let number = next.entry(base.clone()).or_insert(0);
                name = format!("{base}{number}");
                *number += 1;
            }
            if name != base {
                let place = self.columns.get(column.index()).map_or(span, |it| it.span);
                let message =
                    format!("Two columns are called `{base}`; this one comes back as `{name}`. Name it with AS.");
                self.report(Finding::warning(codes::REPEATED_NAME, place, message));
            }
            outputs.push(Output { name, column: *column });
        }
        outputs
    }

    fn finish(self, root: Relation, outputs: Vec<Output>, parameters: Vec<UsedParameter>) -> Query {
        let reached = self.reached();
        let mut paths: HashMap<&str, usize> = HashMap::new();
        let mut scans = Vec::with_capacity(self.readings.len());
        for reading in &self.readings {
            let source = reading.source;
            let read = self.is_reached(&reached, reading.owner);
            let path = paths.entry(source.id.as_str()).or_insert(0);
            *path += usize::from(read);
            scans.push(Scan {
                source: source.id.to_ascii_lowercase(),
                columns: reading.columns.clone(),
                time_window_column: source.time_window_column.clone(),
                extension: reading.extension,
                user_level: source.is_user_level(),
                path: if read { *path } else { 0 },
                paths: 0,
                span: reading.span,
            });
        }
        for (scan, reading) in scans.iter_mut().zip(&self.readings) {
            scan.paths = paths.get(reading.source.id.as_str()).copied().unwrap_or(0);
        }
        Query { root, outputs, columns: self.columns, scans, commons: self.commons, parameters }
    }

    /// Which common table expressions the result depends on.
    pub(super) fn reached(&self) -> Vec<bool> {
        let mut reached = vec![false; self.commons.len()];
        let reader = |owner: Option<Owner>| owner.and_then(|it| self.owners.get(it.0).copied().flatten());
        let mut uses: Vec<_> = self.uses.iter().map(|(owner, read)| (owner.is_some(), reader(*owner), *read)).collect();
        // OK because a table only uses earlier ones: going from the last to the first, after the query itself, all
        // uses are known before what they use.
        uses.sort_by_key(|(inner, reader, _)| (*inner, std::cmp::Reverse(*reader)));
        for (inner, reader, read) in uses {
            let alive = !inner || reader.is_some_and(|it| reached.get(it.index()).copied().unwrap_or(false));
            if alive && let Some(mark) = reached.get_mut(read.index()) {
                *mark = true;
            }
        }
        reached
    }

    fn is_reached(&self, reached: &[bool], owner: Option<Owner>) -> bool {
        let Some(owner) = owner else { return true };
        let common = self.owners.get(owner.0).copied().flatten();
        common.is_some_and(|it| reached.get(it.index()).copied().unwrap_or(false))
    }

    fn unread_commons(&mut self) {
        let reached = self.reached();
        let unread: Vec<(String, Span)> = self
            .commons
            .iter()
            .zip(reached)
            .filter(|(_, reached)| !reached)
            .map(|(common, _)| (common.name.clone(), common.relation.span))
            .collect();
        for (name, span) in unread {
            let message = format!("Nothing reads the common table `{name}`. Remove it to save time.");
            self.report(Finding::info(codes::UNUSED_COMMON_TABLE, span, message));
        }
    }

    /// Whether another error would be dropped, so that searching for suggestions is useless.
    pub(super) fn has_said_enough(&self) -> bool {
        self.findings.len() >= MOST_FINDINGS && self.findings.iter().any(|it| it.level == Level::Error)
    }

    pub(super) fn report(&mut self, finding: Finding) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        } else if finding.level == Level::Error && !self.findings.iter().any(|it| it.level == Level::Error) {
            // OK because an error must never be lost behind a hundred hints.
            self.findings.pop();
            self.findings.push(finding);
        }
    }

    /// Reports an error with AMC's message `From line …: amc`.
    pub(super) fn error(&mut self, code: Code, span: Span, message: impl Into<String>, amc: &str) {
        if self.has_said_enough() {
            return;
        }
        let amc = finding::located(&self.index, span, amc);
        self.report(Finding::error(code, span, message, amc));
    }

    pub(super) fn warning(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.report(Finding::warning(code, span, message));
    }

    pub(super) fn info(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.report(Finding::info(code, span, message));
    }
}
