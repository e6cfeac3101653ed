//! Remarks on queries that AMC accepts and that likely give wrong numbers.

use super::super::bound::{BinaryOp, ColumnId, Expr, ExprKind, Literal};
use super::super::catalogue::DataSource;
use super::super::text::Span;
use super::binder::{Binder, Reading, Unit, Value};
use super::scope::{Provider, Scope};

impl Binder<'_> {
    /// Costs in microcents or millicents divided by what fits the other.
    pub(super) fn advise_on_arithmetic(&mut self, op: BinaryOp, a: &Value, b: &Value, span: Span) {
        if op != BinaryOp::Divide {
            return;
        }
        let (Some(unit), Some(divisor)) = (a.unit, round_number(&b.expr)) else { return };
        let (name, right) = match unit {
            Unit::Microcents => ("microcents", 100_000_000_i64),
            Unit::Millicents => ("millicents", 100_000),
        };
        // OK because only powers of ten that people take for the unit are remarked on.
        if divisor != right && [100_000, 1_000_000, 10_000_000, 100_000_000].contains(&divisor) {
            let message = format!("This cost is in {name}: divide by {right} for the currency.");
            self.warning("cost-unit", span, message);
        }
    }

    pub(super) fn advise_on_source(&mut self, source: &DataSource, span: Span) {
        let id = source.id.trim_end_matches("_for_audiences");
        if id.ends_with("_by_user_segments") || id.ends_with("_by_matched_segments") {
            let message = format!(
                "In `{id}` one event repeats for each segment: sums count it several times unless one segment is picked. Long windows time out."
            );
            self.info("repeated-rows", span, message);
        }
        if id == "conversions_with_relevance" {
            let message =
                "In this table one conversion repeats for each campaign and halo type: count DISTINCT conversion_id.";
            self.info("repeated-rows", span, message);
        }
        if id.starts_with("audience_segments_") && self.other_segments(&source.id) {
            let message = "Query one audience_segments table at a time, and one region.";
            self.warning("several-segment-tables", span, message);
        }
    }

    /// Columns of a source that mean something else than they seem to, given what else is read.
    pub(super) fn advise_on_columns(&mut self) {
        let found: Vec<_> = self.readings.iter().flat_map(|reading| self.advice_on(reading)).collect();
        for (id, message) in found {
            let span = self.columns.get(id.index()).map_or(Span::default(), |it| it.span);
            self.info("column-meaning", span, message);
        }
    }

    fn advice_on(&self, reading: &Reading<'_>) -> Vec<(ColumnId, &'static str)> {
        let id = reading.source.id.trim_end_matches("_for_audiences");
        let of = |wanted: &[&str]| {
            let found = reading.columns.iter().find(|(_, name)| wanted.contains(&name.as_str()));
            found.map(|(id, _)| *id)
        };
        let attributed = id.starts_with("amazon_attributed_events");
        let mut advice = Vec::new();
        if attributed && let Some(column) = of(&["impressions", "clicks"]) {
            advice.push((
                column,
                "In the attributed tables this says how a conversion was credited. Delivery is in the traffic tables.",
            ));
        }
        let events = ["detail_page_view", "total_detail_page_view", "add_to_cart", "total_add_to_cart"];
        if (attributed || id == "conversions_with_relevance")
            && of(&events).is_some()
            && of(&["tracked_item"]).is_none()
            && let Some(column) = of(&["tracked_asin"])
        {
            advice.push((
                column,
                "tracked_asin is filled for purchases only. For page views and carts take tracked_item.",
            ));
        }
        if of(&["purchase_year_utc", "purchase_date_utc", "purchase_dt_utc", "purchase_date", "purchase_dt"]).is_none()
            && let Some(column) = of(&["purchase_month_utc"])
        {
            advice.push((column, "A month without its year merges the same month of several years."));
        }
        let dsp = |it: &Reading<'_>| {
            it.source.id.starts_with("dsp_") && it.columns.iter().any(|(_, name)| name == "campaign_id")
        };
        if id == "sponsored_ads_traffic"
            && self.readings.iter().any(dsp)
            && let Some(column) = of(&["campaign_id"])
        {
            advice.push((
                column,
                "Across Amazon DSP and sponsored ads, campaign_id_string is the id that both have in one form.",
            ));
        }
        advice
    }

    fn other_segments(&self, id: &str) -> bool {
        self.readings.iter().any(|it| it.source.id.starts_with("audience_segments_") && it.source.id != id)
    }

    /// Event tables joined row by row on nothing but the user multiply each other's rows.
    pub(super) fn advise_on_join(&mut self, on: &Value, known: usize, scope: &Scope, span: Span) {
        let ExprKind::Binary { op: BinaryOp::Eq, left, right } = &on.expr.kind else { return };
        let (Some(left), Some(right)) = (self.user_of(left), self.user_of(right)) else { return };
        if left == right {
            return;
        }
        let raw =
            scope.tables.iter().skip(known.saturating_sub(1)).all(|it| matches!(it.provider, Provider::Source(_)));
        if raw && scope.tables.len() > 1 {
            let message = "This joins single events on the user: each event meets every event of the same user, so sums multiply. Aggregate both sides first.";
            self.warning("join-multiplies", span, message);
        }
    }

    /// The reading whose `user_id` this is.
    fn user_of(&self, expr: &Expr) -> Option<usize> {
        let ExprKind::Column(id) = expr.kind else { return None };
        self.readings.iter().position(|it| it.columns.iter().any(|(own, name)| *own == id && name == "user_id"))
    }
}

fn round_number(expr: &Expr) -> Option<i64> {
    match expr.kind {
        ExprKind::Literal(Literal::Integer(value)) => Some(value),
        ExprKind::Literal(Literal::Double(value)) if (1.0..1e15).contains(&value) => Some(value as i64),
        ExprKind::Literal(Literal::Decimal { unscaled, scale: 0 }) => i64::try_from(unscaled).ok(),
        _ => None,
    }
}
