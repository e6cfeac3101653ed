//! Checks the meaning of conditions about events: keys of different events, and products in the wrong table.
//!
//! Columns are followed through common table expressions and subqueries to their source. Only conditions of `WHERE`
//! and `ON` are checked, and only their mandatory parts: elsewhere a comparison may be intentional.

use std::collections::{HashMap, HashSet};

use super::super::bound::{BinaryOp, ColumnId, Computed, Expr, ExprKind, Literal, Node, Relation, Truth};
use super::super::codes;
use super::super::finding::Finding;
use super::binder::Binder;

/// What the ids of a column identify.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    Dsp,
    Sponsored,
    Purchase,
    Conversion,
}

impl Event {
    /// What the ids in a source's column identify, if they identify events.
    fn of(source: &str, column: &str) -> Option<Self> {
        let source = source.trim_end_matches("_for_audiences");
        match column {
            "request_tag" if !source.starts_with("adserver_") => Some(Self::Dsp),
            "impression_id" if source == "dsp_views" => Some(Self::Dsp),
            "event_id" if source == "sponsored_ads_traffic" => Some(Self::Sponsored),
            "traffic_event_id" => Some(Self::Sponsored),
            "event_id" if source == "amazon_retail_purchases" => Some(Self::Purchase),
            "conversion_id" if source.starts_with("conversions") => Some(Self::Conversion),
            _ => None,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Dsp => "an event of Amazon DSP",
            Self::Sponsored => "an event of sponsored ads",
            Self::Purchase => "a purchase",
            Self::Conversion => "a conversion",
        }
    }
}

/// The keys that match each other, for the message.
const KEYS: &str = "Sponsored ads join by sponsored_ads_traffic.event_id = traffic_event_id, Amazon DSP by request_tag, \
    where dsp_views calls it impression_id.";

/// Products attributed by the time of the ad (the others: by the time of the conversion).
const BY_TRAFFIC: [&str; 2] = ["sponsored_products", "sponsored_display"];
const BY_CONVERSION: [&str; 1] = ["sponsored_brands"];

/// Kinds of conversions other than purchases, whose product is only in `tracked_item`.
const NO_PURCHASES: [&str; 4] = ["detailPageView", "shoppingCart", "wishList", "snsSubscription"];

impl Binder<'_> {
    /// Warnings about the conditions of the whole query.
    pub(super) fn advise_on_meaning(&mut self, root: &Relation) {
        let columns = self.readings.iter().flat_map(|reading| {
            let source = reading.source.id.as_str();
            reading.columns.iter().map(move |(id, name)| (*id, (source, name.as_str())))
        });
        // OK because the remark on the columns of the source says it too.
        let is_said = self.findings.iter().any(|it| it.message.starts_with("tracked_asin "));
        let without_item = self.readings.iter().filter(|reading| {
            let reads = |wanted: &str| reading.columns.iter().any(|(_, name)| name == wanted);
            !is_said && reads("tracked_asin") && !reads("tracked_item")
        });
        let subtypes = without_item
            .flat_map(|reading| &reading.columns)
            .filter(|(_, name)| name == "event_subtype" || name == "conversion_event_subtype");
        let subtypes = subtypes.map(|(id, _)| *id).collect();
        let mut meaning = Meaning { columns: columns.collect(), subtypes, found: Vec::new() };
        for common in &self.commons {
            meaning.relation(&common.relation);
        }
        meaning.relation(root);
        meaning.found.into_iter().for_each(|it| self.report(it));
    }
}

/// Visits the relations, each use of a column after its origin.
struct Meaning<'b> {
    /// The source and the original name of each source column.
    columns: HashMap<ColumnId, (&'b str, &'b str)>,
    /// The kinds of conversions of the readings that read `tracked_asin` and not `tracked_item`.
    subtypes: HashSet<ColumnId>,
    found: Vec<Finding>,
}

impl<'b> Meaning<'b> {
    fn relation(&mut self, relation: &Relation) {
        for input in relation.inputs() {
            self.relation(input);
        }
        match &relation.node {
            Node::Common { columns, .. } => columns.iter().for_each(|(new, old)| self.same(*new, *old)),
            Node::Project { items, .. } => self.renamed(items),
            Node::Aggregate(aggregate) => self.renamed(&aggregate.groups),
            Node::Filter { predicate, .. } => self.condition(predicate),
            Node::Join(join) => join.on.iter().for_each(|on| self.condition(on)),
            _ => {}
        }
    }

    fn renamed(&mut self, items: &[Computed]) {
        for item in items {
            if let ExprKind::Column(id) = item.expr.kind {
                self.same(item.id, id);
            }
        }
    }

    fn same(&mut self, new: ColumnId, old: ColumnId) {
        if let Some(origin) = self.columns.get(&old).copied() {
            self.columns.insert(new, origin);
        }
    }

    fn condition(&mut self, expr: &Expr) {
        let attributed = match &expr.kind {
            ExprKind::And(parts) => return parts.iter().for_each(|part| self.condition(part)),
            ExprKind::Not(inner) => return inner.query().into_iter().for_each(|query| self.relation(query)),
            ExprKind::Binary { op: BinaryOp::Eq, left, right } => {
                if let Some(message) = self.other_events(left, right) {
                    self.found.push(Finding::warning(codes::JOIN_KEY, expr.span, message));
                }
                self.other_table(left, &[right]).or_else(|| self.other_table(right, &[left]))
            }
            ExprKind::InList { expr: column, list, negated: false } => {
                self.other_table(column, &list.iter().collect::<Vec<_>>())
            }
            ExprKind::Is { expr: column, truth: Truth::Null, negated: false } => self.other_table(column, &[]),
            _ => return expr.query().into_iter().for_each(|query| self.relation(query)),
        };
        self.dsp_by_name(expr);
        self.asin_of_no_purchase(expr);
        self.found.extend(attributed.map(|message| Finding::info(codes::ATTRIBUTED_TABLE, expr.span, message)));
    }

    /// Reports that Amazon DSP has no name among the products of the attributed tables.
    fn dsp_by_name(&mut self, expr: &Expr) {
        let (column, literal) = match &expr.kind {
            ExprKind::Binary { op: BinaryOp::Eq, left, right } => (left.as_ref(), right.as_ref()),
            ExprKind::InList { expr, list, negated: false } => match list.as_slice() {
                [only] => (expr.as_ref(), only),
                _ => return,
            },
            _ => return,
        };
        let (Some((source, "ad_product_type")), ExprKind::Literal(Literal::String(text))) =
            (self.origin(column), &literal.kind)
        else {
            return;
        };
        let is_dsp = ["dsp", "amazon_dsp", "amazon dsp"].iter().any(|name| text.eq_ignore_ascii_case(name));
        if is_dsp && source.starts_with("amazon_attributed_events") {
            let message =
                "Events of Amazon DSP have no ad_product_type, so no row has this name. Write ad_product_type IS NULL.";
            self.found.push(Finding::warning(codes::DSP_PRODUCT_TYPE, expr.span, message));
        }
    }

    /// Reports that rows without a purchase have no `tracked_asin`.
    fn asin_of_no_purchase(&mut self, expr: &Expr) {
        let (column, kinds) = match &expr.kind {
            ExprKind::Binary { op: BinaryOp::Eq, left, right } => (left.as_ref(), std::slice::from_ref(right.as_ref())),
            ExprKind::InList { expr, list, negated: false } => (expr.as_ref(), list.as_slice()),
            _ => return,
        };
        let ExprKind::Column(id) = column.kind else { return };
        let no_purchase = |kind: &Expr| match &kind.kind {
            ExprKind::Literal(Literal::String(text)) => NO_PURCHASES.iter().any(|it| text.eq_ignore_ascii_case(it)),
            _ => false,
        };
        if self.subtypes.contains(&id) && kinds.iter().all(no_purchase) {
            let message = "tracked_asin is filled for purchases only, so it is NULL in these rows. Use tracked_item.";
            self.found.push(Finding::info(codes::COLUMN_MEANING, expr.span, message));
        }
    }

    /// The source and the name of the column that an expression is.
    fn origin(&self, expr: &Expr) -> Option<(&'b str, &'b str)> {
        let (ExprKind::Column(id) | ExprKind::Outer(id)) = expr.kind else { return None };
        self.columns.get(&id).copied()
    }

    /// Reports that two columns identify different events.
    fn other_events(&self, left: &Expr, right: &Expr) -> Option<String> {
        let ((left_source, left), (right_source, right)) = (self.origin(left)?, self.origin(right)?);
        let (one, other) = (Event::of(left_source, left)?, Event::of(right_source, right)?);
        let says = format!(
            "`{left}` of {left_source} names {}, `{right}` of {right_source} {}: no row meets another. {KEYS}",
            one.label(),
            other.label()
        );
        (one != other).then_some(says)
    }

    /// Reports that the products in a condition (Amazon DSP's have no name) are in the other attributed table.
    fn other_table(&self, column: &Expr, products: &[&Expr]) -> Option<String> {
        let (source, "ad_product_type") = self.origin(column)? else { return None };
        let source = source.trim_end_matches("_for_audiences");
        let (wrong, other) = match source {
            "amazon_attributed_events_by_traffic_time" => (&BY_CONVERSION[..], "conversion"),
            "amazon_attributed_events_by_conversion_time" => (&BY_TRAFFIC[..], "traffic"),
            _ => return None,
        };
        let named = |product: &&Expr| match &product.kind {
            ExprKind::Literal(Literal::String(text)) => wrong.iter().any(|it| text.eq_ignore_ascii_case(it)),
            _ => false,
        };
        let all = if products.is_empty() { other == "conversion" } else { products.iter().all(named) };
        let says = format!(
            "Amazon's console counts these by {other} time: to agree with it, read amazon_attributed_events_by_{other}_time. Sponsored \
             Products and Display go by the time of the ad, Sponsored Brands and Amazon DSP by the time of the conversion."
        );
        all.then_some(says)
    }
}
