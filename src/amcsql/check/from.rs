//! Binds `FROM`: sources, common table expressions, subqueries, joins.

use super::super::ast::{Condition, From, Ident, Join, Table, TableKind};
use super::super::bound::{BinaryOp, ColumnId, ExprKind, Extension, Join as BoundJoin, JoinKind, Node, Relation};
use super::super::catalogue::{Catalogue, DataSource, DataType};
use super::super::finding::{self, Finding, Fix};
use super::super::functions::Function;
use super::super::spelling;
use super::super::text::Span;
use super::Purpose;
use super::binder::{Binder, Value};
use super::scope::{Provider, Scope, TableScope};
use super::select::Clause;
use crate::amcsql::codes;

/// Maximum number of tables in one `FROM`. Published queries join fewer than ten.
const MOST_TABLES: usize = 64;

impl Binder<'_> {
    /// The rows of a `FROM`, and its scope. Without one: one row, an empty scope.
    pub(super) fn from(&mut self, list: &[From], place: Span) -> (Relation, Scope) {
        let mut scope = Scope::default();
        let tables: usize = list.iter().map(|it| 1 + it.joins.len()).sum();
        if tables > MOST_TABLES {
            let message =
                format!("One FROM can join {MOST_TABLES} tables; this one has {tables}. Join some in a WITH first.");
            self.error(codes::TOO_MANY_TABLES, place, message, "SQL query was invalid: too many tables in FROM");
            scope.tables.push(TableScope { name: None, provider: Provider::Unknown });
            return (Relation { node: Node::One, span: place }, scope);
        }
        let mut whole: Option<Relation> = None;
        for from in list {
            let before = scope.tables.len();
            let right = self.joined(from, &mut scope);
            if whole.is_some() {
                self.advise_on_product(&scope, before, from.first.span);
            }
            whole = Some(match whole {
                None => right,
                Some(left) => cross(left, right),
            });
        }
        (whole.unwrap_or(Relation { node: Node::One, span: place }), scope)
    }

    fn joined(&mut self, from: &From, scope: &mut Scope) -> Relation {
        let mut left = self.table(&from.first, scope);
        for join in &from.joins {
            left = self.join(left, join, scope);
        }
        left
    }

    fn join(&mut self, left: Relation, join: &Join, scope: &mut Scope) -> Relation {
        let mut right_scope = Scope::default();
        let right = self.table(&join.right, &mut right_scope);
        let kind = join.kind.unwrap_or_else(|| {
            let message = "AMC has no RIGHT JOIN. Swap the tables and write LEFT JOIN.";
            self.error(codes::RIGHT_JOIN, join.keyword, message, "RIGHT JOIN is not supported");
            JoinKind::Left
        });
        if join.natural {
            let message =
                "NATURAL JOIN joins on every column of the same name. Write ON or USING with the ones you mean.";
            self.warning(codes::NATURAL_JOIN, join.keyword, message);
        }
        let span = left.span.to(right.span);
        let using = match &join.condition {
            Condition::Using(names) => names.clone(),
            Condition::None if join.natural => self.shared_names(scope, &right_scope, join.keyword),
            _ => Vec::new(),
        };
        let mut on = self.using(&using, kind, scope, &mut right_scope);
        let known = scope.tables.len();
        for table in right_scope.tables {
            self.no_duplicate(scope, &table, join.right.span);
            scope.tables.push(table);
        }
        scope.merged.extend(right_scope.merged);
        let written = if let Condition::On(condition) = &join.condition { Some(condition) } else { None };
        self.advise_on_kind(kind, written, join.keyword);
        if kind == JoinKind::Cross {
            self.advise_on_product(scope, known, join.keyword);
        }
        if let Condition::On(condition) = &join.condition {
            let value = self.in_scope(scope, |binder| binder.condition(condition, Clause::On));
            self.advise_on_join(&value, known, scope, condition.span);
            on = Some(value);
        }
        self.check_condition(join, kind);
        let on = on.map(|it| it.expr);
        let kind = if on.is_none() { JoinKind::Cross } else { kind };
        Relation { node: Node::Join(BoundJoin { kind, left: Box::new(left), right: Box::new(right), on }), span }
    }

    fn check_condition(&mut self, join: &Join, kind: JoinKind) {
        match (kind, &join.condition) {
            (JoinKind::Cross, Condition::On(_) | Condition::Using(_)) => {
                let message = "CROSS JOIN takes no condition. Write INNER JOIN, or leave ON away.";
                self.error(
                    codes::JOIN_CONDITION,
                    join.keyword,
                    message,
                    "Cannot specify condition (NATURAL keyword, or ON or USING clause) following CROSS JOIN",
                );
            }
            (JoinKind::Inner | JoinKind::Left | JoinKind::Full, Condition::None) if !join.natural => {
                let message = "This join needs a condition: ON a.x = b.x, or USING (x).";
                self.error(
                    codes::JOIN_CONDITION,
                    join.keyword,
                    message,
                    "INNER, LEFT, RIGHT or FULL join requires a condition (NATURAL keyword or ON or USING clause)",
                );
            }
            _ => {}
        }
    }

    /// Runs `bind` in the given scope.
    fn in_scope<T>(&mut self, scope: &mut Scope, bind: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.push(std::mem::take(scope));
        let result = bind(self);
        *scope = self.scopes.pop().unwrap_or_default();
        result
    }

    fn using(&mut self, names: &[Ident], kind: JoinKind, left: &mut Scope, right: &mut Scope) -> Option<Value> {
        let mut conditions = Vec::new();
        for name in names {
            let one = std::slice::from_ref(name);
            let a = self.in_scope(left, |binder| binder.column(one, name.span));
            let b = self.in_scope(right, |binder| binder.column(one, name.span));
            conditions.push(self.comparison(BinaryOp::Eq, a.clone(), b.clone(), name.span));
            let merged = if kind == JoinKind::Full {
                let data_type = a.expr.data_type.clone();
                let b = self.coerced(b, &data_type);
                let args = vec![a.expr.clone(), b.expr.clone()];
                Value::new(ExprKind::Call { function: Function::Coalesce, args }, data_type, name.span).fed_by([&a, &b])
            } else {
                a
            };
            left.merged.insert(name.name.to_lowercase(), merged);
        }
        if conditions.len() < 2 {
            return conditions.pop();
        }
        let span = conditions.first().map(|it| it.expr.span).unwrap_or_default();
        let all = Value::unknown(span).fed_by(&conditions);
        let kind = ExprKind::And(conditions.into_iter().map(|it| it.expr).collect());
        Some(Value { level: all.level, literal: all.literal, ..Value::new(kind, DataType::Boolean, span) })
    }

    fn shared_names(&self, left: &Scope, right: &Scope, span: Span) -> Vec<Ident> {
        let names = |scope: &Scope| -> Vec<String> {
            let mut names = Vec::new();
            for table in &scope.tables {
                match &table.provider {
                    Provider::Source(scan) => {
                        if let Some(reading) = self.readings.get(scan.index()) {
                            names.extend(reading.source.columns.iter().map(|it| it.name.to_lowercase()));
                        }
                    }
                    Provider::Columns { names: own, .. } => names.extend(own.iter().map(|(it, _)| it.to_lowercase())),
                    Provider::Unknown => {}
                }
            }
            names
        };
        let left: std::collections::HashSet<String> = names(left).into_iter().collect();
        names(right).into_iter().filter(|it| left.contains(it)).map(|name| Ident { name, span }).collect()
    }

    fn table(&mut self, table: &Table, scope: &mut Scope) -> Relation {
        let (relation, name, provider) = match &table.kind {
            TableKind::Nested(inner) => return self.joined(inner, scope),
            TableKind::Unknown => (Relation { node: Node::One, span: table.span }, None, Provider::Unknown),
            TableKind::Named(names) => self.named(names, table.span),
            TableKind::Derived(query) => {
                let bound = self.query(query, false);
                let provider = if bound.open { Provider::Unknown } else { Provider::columns(bound.names) };
                (bound.relation, None, provider)
            }
            TableKind::Function { name, args } => self.widened(name, args, table.span),
        };
        let provider = self.renamed_columns(provider, &table.columns);
        let name = table.alias.as_ref().map(|it| it.name.to_lowercase()).or(name);
        let table_scope = TableScope { name, provider };
        self.no_duplicate(scope, &table_scope, table.span);
        scope.tables.push(table_scope);
        relation
    }

    fn no_duplicate(&mut self, scope: &Scope, table: &TableScope, span: Span) {
        if let Some(name) = &table.name
            && scope.tables.iter().any(|it| it.name.as_ref() == Some(name))
        {
            let message = format!("Two tables of this FROM are called `{name}`. Give one of them another alias.");
            self.error(
                codes::DUPLICATE_ALIAS,
                span,
                message,
                &format!("Duplicate relation name '{name}' in FROM clause"),
            );
        }
    }

    fn renamed_columns(&mut self, provider: Provider, columns: &[Ident]) -> Provider {
        let (Some(first), Some(last)) = (columns.first(), columns.last()) else { return provider };
        let span = first.span.to(last.span);
        let names = match provider {
            Provider::Columns { names, .. } => names,
            Provider::Unknown => return Provider::Unknown,
            Provider::Source(_) => {
                let message = "The columns of a data source cannot be renamed here. Name them in a subquery.";
                self.error(codes::COLUMN_COUNT, span, message, "Number of columns must match number of query columns");
                return Provider::Unknown;
            }
        };
        if names.len() != columns.len() {
            let message = format!("Here are {} names for {} columns.", columns.len(), names.len());
            self.error(codes::COLUMN_COUNT, span, message, "Number of columns must match number of query columns");
            return Provider::Unknown;
        }
        Provider::columns(names.into_iter().zip(columns).map(|((_, id), name)| (name.name.clone(), id)).collect())
    }

    /// A common table expression or a data source.
    fn named(&mut self, names: &[Ident], span: Span) -> (Relation, Option<String>, Provider) {
        let nothing = |name: Option<String>| (Relation { node: Node::One, span }, name, Provider::Unknown);
        let Some(last) = names.last() else { return nothing(None) };
        let key = last.name.to_lowercase();
        if names.len() == 1
            && let Some((_, id)) = self.visible.iter().rev().find(|(name, _)| *name == key)
        {
            let Some(id) = *id else { return nothing(Some(key)) };
            if self.is_full(span) {
                return nothing(Some(key));
            }
            return self.common_reading(id, key, span);
        }
        let Some(source) = self.context.catalogue.source(&last.name) else {
            self.source_not_found(&last.name, span, last.span);
            // OK because a source that this instance lacks is still documented: its columns can be checked.
            let standard: Option<&'static DataSource> = Catalogue::standard().source(&last.name);
            let Some(source) = standard.filter(|_| self.context.is_authored) else { return nothing(Some(key)) };
            let scan = self.new_reading(source, Extension::default(), span);
            return (Relation { node: Node::Scan(scan), span }, Some(key), Provider::Source(scan));
        };
        self.remark_on_source(source, names, span);
        let scan = self.new_reading(source, Extension::default(), span);
        (Relation { node: Node::Scan(scan), span }, Some(key), Provider::Source(scan))
    }

    fn common_reading(
        &mut self,
        common: super::super::bound::CommonId,
        name: String,
        span: Span,
    ) -> (Relation, Option<String>, Provider) {
        self.uses.push((self.owner, common));
        let olds: Vec<ColumnId> = self.commons.get(common.index()).map(|it| it.columns.clone()).unwrap_or_default();
        let mut columns = Vec::with_capacity(olds.len());
        let mut names = Vec::with_capacity(olds.len());
        for old in olds {
            let own = self.columns.get(old.index()).map(|it| it.name.clone()).unwrap_or_default();
            let id = self.renewed(old, &own, span);
            columns.push((id, old));
            names.push((own, id));
        }
        (Relation { node: Node::Common { common, columns }, span }, Some(name), Provider::columns(names))
    }

    pub(super) fn source_not_found(&mut self, name: &str, span: Span, word: Span) {
        if self.has_said_enough() {
            return;
        }
        let catalogue = self.context.catalogue;
        if let Some(source) = Catalogue::standard().source(name) {
            return self.missing_source(source, span);
        }
        let common = self.visible.iter().map(|(it, _)| it.as_str());
        let meant = catalogue
            .renamed(name)
            .map(|it| it.id.clone())
            .or_else(|| spelling::closest(name, catalogue.names().chain(common)).map(ToOwned::to_owned));
        let mut message = format!("This instance has no data source `{name}`.");
        match (&meant, catalogue.renamed(name)) {
            (Some(meant), Some(_)) => message = format!("{message} It is called `{meant}` today."),
            (Some(meant), None) => message = format!("{message} Did you mean `{meant}`?"),
            (None, _) => message.push_str(
                " Paid sources need a subscription, uploaded tables an upload. If it was added within the last day, \
                 choose “Refresh from Amazon” on the Instances page, which reads the list of data sources anew.",
            ),
        }
        let amc = finding::located(&self.index, span, &format!("Object '{name}' not found"));
        let fix = meant.map(|it| Fix::spelling(word, &it));
        self.report(Finding::error(codes::UNKNOWN_SOURCE, span, message, amc).with_fix(fix));
    }

    /// A documented data source that this instance doesn't have.
    fn missing_source(&mut self, source: &DataSource, span: Span) {
        let availability = source.availability.trim_end_matches('.');
        let message = if availability.starts_with("Paid") {
            format!(
                "`{}` is a paid data source, which this instance does not have. It comes with: {availability}.{}",
                source.id,
                self.subscriptions(source)
            )
        } else {
            format!(
                "`{}` is a data source of AMC's, but this instance does not have it. Who has it: {availability}.",
                source.id
            )
        };
        let amc = finding::located(&self.index, span, &format!("Object '{}' not found", source.id));
        self.report(Finding::error(codes::MISSING_SOURCE, span, message, amc));
    }

    /// What Amazon says about the instance's subscriptions, in a sentence; empty if that is unknown.
    fn subscriptions(&self, source: &DataSource) -> String {
        let Some(held) = &self.context.catalogue.datasets else { return String::new() };
        match source.dataset_label.as_ref().filter(|label| held.contains(label)) {
            Some(label) => format!(
                " Amazon lists this subscription for the instance ({label}), so the data source should appear soon: choose \
                 “Refresh from Amazon” on the Instances page."
            ),
            None if held.is_empty() => " Amazon lists no paid data set for this instance.".to_owned(),
            None => format!(" Amazon lists only these paid data sets for this instance: {}.", held.join(", ")),
        }
    }

    pub(super) fn remark_on_source(&mut self, source: &DataSource, names: &[Ident], span: Span) {
        if let (Some(schema), [prefix, _]) = (self.context.input_schema, names)
            && !prefix.name.eq_ignore_ascii_case(schema)
        {
            let message = format!("The query names the schema `{}`, the workflow uses `{schema}`.", prefix.name);
            self.warning(codes::OTHER_SCHEMA, prefix.span, message);
        }
        if source.deprecated {
            self.warning(
                codes::DEPRECATED_SOURCE,
                span,
                format!("`{}` is going away or gone: {}", source.id, source.description),
            );
        }
        match self.context.purpose {
            Purpose::Audience if !source.is_audience_twin() && source.audience_table.is_some() => {
                let twin = source.audience_table.clone().unwrap_or_default();
                let message = format!("Audience queries read the tables for audiences: write `{twin}`.");
                let amc = "Invalid tables in the SQL query: Use audience-specific tables in the query.";
                let word = names.last().map_or(span, |it| it.span);
                let fix = Some(Fix::spelling(word, &twin));
                self.report(Finding::error(codes::REPORTING_SOURCE, span, message, amc).with_fix(fix));
            }
            Purpose::Reporting if source.is_audience_twin() => {
                let twin = source.id.trim_end_matches("_for_audiences").to_owned();
                let message = format!("`{}` is for audience queries. Reports read `{twin}`.", source.id);
                let word = names.last().map_or(span, |it| it.span);
                let fix = Some(Fix::spelling(word, &twin));
                self.report(Finding::warning(codes::AUDIENCE_SOURCE, span, message).with_fix(fix));
            }
            _ => {}
        }
        self.advise_on_source(source, span);
    }
}

fn cross(left: Relation, right: Relation) -> Relation {
    let span = left.span.to(right.span);
    let join = BoundJoin { kind: JoinKind::Cross, left: Box::new(left), right: Box::new(right), on: None };
    Relation { node: Node::Join(join), span }
}
