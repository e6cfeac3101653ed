//! Warnings about queries that AMC accepts but that probably give wrong numbers.

use super::super::bound::{BinaryOp, ColumnId, Expr, ExprKind};
use super::super::catalogue::DataSource;
use super::super::text::Span;
use super::binder::{Binder, Reading, Value};
use super::scope::{Provider, Scope};
use crate::amcsql::codes;

impl Binder<'_> {
    pub(super) fn advise_on_source(&mut self, source: &DataSource, span: Span) {
        let id = source.id.trim_end_matches("_for_audiences");
        if id.ends_with("_by_user_segments") || id.ends_with("_by_matched_segments") {
            let message = format!(
                "In `{id}` one event repeats for each segment: sums count it several times unless one segment is picked. Long windows time out."
            );
            self.info(codes::REPEATED_ROWS, span, message);
        }
        if id == "conversions_with_relevance" {
            let message =
                "In this table one conversion repeats for each campaign and halo type: count DISTINCT conversion_id.";
            self.info(codes::REPEATED_ROWS, span, message);
        }
        if id.starts_with("audience_segments_") && self.other_segments(&source.id) {
            let message = "Query one audience_segments table at a time, and one region.";
            self.warning(codes::SEVERAL_SEGMENT_TABLES, span, message);
        }
    }

    /// Columns of a source that are misleading in combination with the other sources.
    pub(super) fn advise_on_columns(&mut self) {
        let found: Vec<_> = self.readings.iter().flat_map(|reading| self.advice_on(reading)).collect();
        for (id, message) in found {
            let span = self.columns.get(id.index()).map_or(Span::default(), |it| it.span);
            self.info(codes::COLUMN_MEANING, span, message);
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
        if let Some(column) = of(&["customer_search_term"]) {
            advice.push((
                column,
                "AMC's schema gives this column the threshold LOW, but live results hide its values in rows with fewer than 100 users.",
            ));
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

    /// Event tables joined only on columns that repeat on both sides, such as the user, which multiplies their rows.
    pub(super) fn advise_on_join(&mut self, on: &Value, known: usize, scope: &Scope, span: Span) {
        let raw =
            scope.tables.iter().skip(known.saturating_sub(1)).all(|it| matches!(it.provider, Provider::Source(_)));
        if !(raw && scope.tables.len() > 1) {
            return;
        }
        let single = std::slice::from_ref(&on.expr);
        let parts = if let ExprKind::And(parts) = &on.expr.kind { parts.as_slice() } else { single };
        let repeats = |part: &Expr| {
            let ExprKind::Binary { op: BinaryOp::Eq, left, right } = &part.kind else { return None };
            let ((left, name), (right, other)) = (self.repeating(left)?, self.repeating(right)?);
            (left != right && name == other).then_some(name)
        };
        let Some(names) = parts.iter().map(repeats).collect::<Option<Vec<&str>>>() else { return };
        let what = if names.contains(&"user_id") { "user" } else { "campaign" };
        let message = format!(
            "This joins single events on the {what}: each event meets every event of the same {what}, so sums multiply. Aggregate both sides first."
        );
        self.warning(codes::JOIN_MULTIPLIES, span, message);
    }

    /// The scan whose user or campaign this is, and which of the two.
    fn repeating(&self, expr: &Expr) -> Option<(usize, &'static str)> {
        let ExprKind::Column(id) = expr.kind else { return None };
        self.readings.iter().enumerate().find_map(|(at, reading)| {
            let (_, name) = reading.columns.iter().find(|(own, _)| *own == id)?;
            let kind = match name.as_str() {
                "user_id" => "user_id",
                "campaign" | "campaign_id" | "campaign_id_string" => "campaign",
                _ => return None,
            };
            reading.source.time_window_column.is_some().then_some((at, kind))
        })
    }
}
