//! The state of one check: columns, readings and findings so far.

use std::collections::HashMap;

use super::super::bound::{
    Column, ColumnId, Common, CommonId, Expr, ExprKind, Extension, Literal, Output, Query, Relation, Scan, ScanId,
    UsedParameter,
};
use super::super::catalogue::{ColumnType, DataSource, DataType, Threshold};
use super::super::finding::{self, Finding, Level};
use super::super::parser::Parsed;
use super::super::text::{LineIndex, Span};
use super::scope::Scope;
use super::select::State;
use super::{Checked, Context, MOST_FINDINGS, Purpose};

/// Most columns in all relations of a query; a query with more is refused. The largest published
/// query has some hundreds.
const MOST_COLUMNS: usize = 50_000;

/// Most parts of expressions that stand in several places by their names; a query with more is refused.
const MOST_COPIED: usize = 500_000;

/// A bound expression and what is known of its value.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) expr: Expr,
    /// The strictest level of the columns that it was computed from.
    pub(super) level: Threshold,
    /// Whether a literal or a parameter feeds it.
    pub(super) literal: bool,
    /// Whether it measures.
    pub(super) metric: bool,
    /// The unit of an amount of money, while it is still in one.
    pub(super) unit: Option<Unit>,
}

/// Units of money in which AMC keeps costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A hundred-millionth of the currency.
    Microcents,
    /// A hundred-thousandth of the currency.
    Millicents,
}

/// How many parts an expression has, itself included; subqueries aside.
pub(super) fn size(expr: &Expr) -> usize {
    1 + expr.parts().into_iter().map(size).sum::<usize>()
}

impl Value {
    pub(super) fn new(kind: ExprKind, data_type: DataType, span: Span) -> Self {
        let expr = Expr { kind, data_type, span };
        Self { expr, level: Threshold::None, literal: false, metric: false, unit: None }
    }

    pub(super) fn literal(literal: Literal, data_type: DataType, span: Span) -> Self {
        // OK because NULL picks no rows: it tells nothing of what it is compared with.
        Self { literal: literal != Literal::Null, ..Self::new(ExprKind::Literal(literal), data_type, span) }
    }

    /// What stands for something that could not be resolved: fits everywhere, offends nowhere.
    pub(super) fn unknown(span: Span) -> Self {
        Self::new(ExprKind::Literal(Literal::Null), DataType::Null, span)
    }

    /// The same value with the level and the literals of `others` besides its own.
    pub(super) fn fed_by<'a>(mut self, others: impl IntoIterator<Item = &'a Value>) -> Self {
        for other in others {
            self.level = self.level.max(other.level);
            self.literal |= other.literal;
            self.metric |= other.metric;
        }
        self
    }
}

/// A reading of a source whose columns are still being collected.
pub(super) struct Reading<'a> {
    pub(super) source: &'a DataSource,
    pub(super) columns: Vec<(ColumnId, String)>,
    by_name: HashMap<String, ColumnId>,
    extension: Extension,
    /// The common table that reads, if it is one.
    owner: Option<Owner>,
    span: Span,
}

/// A common table while it is bound: its id comes with its end, after those of the tables in it.
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
    /// Which common table (or the query itself) reads which.
    pub(super) uses: Vec<(Option<Owner>, CommonId)>,
    /// The common table in hand.
    pub(super) owner: Option<Owner>,
    /// The owners so far, and which table each became.
    pub(super) owners: Vec<Option<CommonId>>,
    /// Names of common tables that are in sight, the latest last.
    pub(super) visible: Vec<(String, Option<CommonId>)>,
    /// What names mean, from the outermost query to the one in hand.
    pub(super) scopes: Vec<Scope>,
    /// The `SELECT`s in hand, the innermost last.
    pub(super) selects: Vec<State>,
    pub(super) parameters: Vec<UsedParameter>,
    /// Parameters whose types an earlier walk found out.
    pub(super) known_parameters: Vec<UsedParameter>,
    /// Whether a parameter was met before its type was known.
    pub(super) untyped: bool,
    /// Parts of expressions that were written once and stand in several places.
    copied: usize,
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
        }
    }

    /// The same check, with the parameters' types known from the beginning.
    pub(super) fn knowing(self, parameters: Vec<UsedParameter>) -> Self {
        Self { known_parameters: parameters, ..self }
    }

    /// Checks the statement. Where parameters are declared by their use, and one was met before the use that tells its type,
    /// the second value has what is known of them by the end: the statement is then to be checked again.
    pub(super) fn statement(mut self, parsed: &Parsed) -> (Checked, Option<Vec<UsedParameter>>) {
        self.declarations();
        if let Some(span) = parsed.semicolon {
            self.semicolon(span);
        }
        let bound = self.query(&parsed.query, true);
        let outputs = self.outputs(&bound.names, parsed.query.span);
        self.final_rules(&parsed.query, &bound.relation, &outputs);
        self.advise_on_columns();
        self.advise_on_meaning(&bound.relation);
        self.unread_commons();
        if self.findings.iter().any(|it| it.code == "grouping-sets") {
            // OK because the keys in them were passed over, so what they group counts as not grouped.
            self.findings.retain(|it| it.code != "not-grouped");
        }
        self.findings.sort_by_key(|it| (it.span.start, it.level));
        self.findings.dedup_by(|a, b| a.code == b.code && a.span == b.span);
        let refused = self.findings.iter().any(|it| it.level == Level::Error);
        let findings = std::mem::take(&mut self.findings);
        let again = (self.untyped && self.context.parameters.is_none()).then(|| self.named_parameters());
        (Checked { findings, query: (!refused).then(|| self.finish(bound.relation, outputs)) }, again)
    }

    /// The parameters, those of which nothing tells the type being texts.
    fn named_parameters(&self) -> Vec<UsedParameter> {
        let mut parameters = self.parameters.clone();
        for parameter in parameters.iter_mut().filter(|it| it.data_type == DataType::Null) {
            parameter.data_type = DataType::String;
        }
        parameters
    }

    fn semicolon(&mut self, span: Span) {
        let fix = Some(finding::Fix { span, replacement: String::new(), label: "Remove the semicolon".to_owned() });
        let found = if self.context.purpose == Purpose::Audience {
            let place = self.index.place(span.start);
            let amc = format!("Encountered \";\" at line {}, column {}.", place.line, place.column);
            Finding::error("semicolon", span, "AMC wraps an audience query, so a semicolon breaks it.", amc)
        } else {
            let message = "A semicolon at the end can turn a good query into an empty file. It is not needed.";
            Finding::warning("semicolon", span, message)
        };
        self.report(found.with_fix(fix));
    }

    /// The names of the result: lower case, unique, numbered where nameless or repeated.
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
                self.report(Finding::warning("repeated-name", place, message));
            }
            outputs.push(Output { name, column: *column });
        }
        outputs
    }

    fn finish(self, root: Relation, outputs: Vec<Output>) -> Query {
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
        let parameters = self.named_parameters();
        Query { root, outputs, columns: self.columns, scans, commons: self.commons, parameters }
    }

    /// Which common tables the result depends on.
    fn reached(&self) -> Vec<bool> {
        let mut reached = vec![false; self.commons.len()];
        let reader = |owner: Option<Owner>| owner.and_then(|it| self.owners.get(it.0).copied().flatten());
        let mut uses: Vec<_> = self.uses.iter().map(|(owner, read)| (owner.is_some(), reader(*owner), *read)).collect();
        // OK because a table only reads earlier ones: readers from the last to the first, after the
        // query itself, are all judged before what they read.
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
            self.report(Finding::info("unused-common-table", span, message));
        }
    }

    /// Whether another error would be dropped, so that looking for what was meant is wasted.
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

    /// Reports an error that AMC words as `From line …: amc`.
    pub(super) fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>, amc: &str) {
        if self.has_said_enough() {
            return;
        }
        let amc = finding::located(&self.index, span, amc);
        self.report(Finding::error(code, span, message, amc));
    }

    pub(super) fn warning(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.report(Finding::warning(code, span, message));
    }

    pub(super) fn info(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.report(Finding::info(code, span, message));
    }

    /// Whether the query is so large that binding stops.
    pub(super) fn is_full(&mut self, span: Span) -> bool {
        let full = self.columns.len() >= MOST_COLUMNS;
        if full && !self.findings.iter().any(|it| it.code == "too-large") {
            let message = format!("The query has more than {MOST_COLUMNS} columns in all its parts. Select fewer.");
            self.error("too-large", span, message, "SQL query was invalid: too many columns");
        }
        full
    }

    /// Whether an expression may be taken over where its name stands, so that a long one that is named often stays in bounds.
    pub(super) fn may_copy(&mut self, parts: usize, span: Span) -> bool {
        self.copied = self.copied.saturating_add(parts);
        let fits = self.copied <= MOST_COPIED;
        if !fits && !self.findings.iter().any(|it| it.code == "too-large") {
            let message = "The query names a long expression too often. Compute it in a WITH first.";
            self.error("too-large", span, message, "SQL query was invalid: too many expressions");
        }
        fits
    }

    /// A new column of that value.
    pub(super) fn column_of(&mut self, name: &str, value: &Value) -> ColumnId {
        let column = Column {
            name: name.to_owned(),
            data_type: value.expr.data_type.clone(),
            column_type: if value.metric { ColumnType::Metric } else { ColumnType::Dimension },
            threshold: value.level,
            literal_fed: value.literal,
            span: value.expr.span,
        };
        self.push_column(column, value.unit)
    }

    fn push_column(&mut self, column: Column, unit: Option<Unit>) -> ColumnId {
        if self.is_full(column.span) {
            return ColumnId(0);
        }
        let id = ColumnId(u32::try_from(self.columns.len()).unwrap_or(u32::MAX));
        self.columns.push(column);
        self.units.push(unit);
        id
    }

    /// A new column that carries on an old one.
    pub(super) fn renewed(&mut self, old: ColumnId, name: &str, span: Span) -> ColumnId {
        let value = self.value_of(old, span);
        self.column_of(name, &value)
    }

    /// The value of a column, referred to at `span`.
    pub(super) fn value_of(&self, id: ColumnId, span: Span) -> Value {
        let Some(column) = self.columns.get(id.index()) else { return Value::unknown(span) };
        Value {
            expr: Expr { kind: ExprKind::Column(id), data_type: column.data_type.clone(), span },
            level: column.threshold,
            literal: column.literal_fed,
            metric: column.column_type == ColumnType::Metric,
            unit: self.units.get(id.index()).copied().flatten(),
        }
    }

    pub(super) fn new_reading(&mut self, source: &'a DataSource, extension: Extension, span: Span) -> ScanId {
        let id = ScanId(u32::try_from(self.readings.len()).unwrap_or(u32::MAX));
        let owner = self.owner;
        self.readings.push(Reading { source, columns: Vec::new(), by_name: HashMap::new(), extension, owner, span });
        id
    }

    /// The column of a reading; the first mention makes it.
    pub(super) fn source_column(&mut self, scan: ScanId, name: &str) -> Option<ColumnId> {
        let reading = self.readings.get(scan.index())?;
        let key = name.to_ascii_lowercase();
        if let Some(id) = reading.by_name.get(&key) {
            return Some(*id);
        }
        let source = reading.source;
        let defined = source.column(name)?;
        let unit = match defined.unit.as_deref() {
            Some("microcents") => Some(Unit::Microcents),
            Some("millicents") => Some(Unit::Millicents),
            _ => None,
        };
        let column = Column {
            name: defined.name.clone(),
            data_type: defined.data_type.clone(),
            column_type: defined.column_type,
            threshold: defined.threshold,
            literal_fed: false,
            span: reading.span,
        };
        let id = self.push_column(column, unit);
        let reading = self.readings.get_mut(scan.index())?;
        reading.by_name.insert(key, id);
        reading.columns.push((id, defined.name.clone()));
        Some(id)
    }
}
