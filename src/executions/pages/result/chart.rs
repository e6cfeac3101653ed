//! A chart of a result, with columns chosen automatically or by the reader, and its numbers as a table.

mod choose;
mod compose;

use choose::Choices;

use super::params::ResultParams;
use super::rows::{align, unit_text};
use super::{Table, choices};
use crate::executions::submit::Executions;
use crate::results::{self, GroupRequest};
use crate::web::chart::{Shape, Size, exact};
use crate::web::components::Choice;
use crate::web::{self, Fields};

/// The note on percentages of numbers that don't add up.
const NO_WHOLE: &str = "These values don't add up to a whole: reach double-counts people, and averages, min/max and \
                        ratios don't add up. Use the percentages only to compare rows with each other.";

/// A chart, or why there is none.
pub(in crate::executions::pages) struct Picture {
    /// The SVG; empty if there is none.
    pub(in crate::executions::pages) wide: String,
    /// The same for narrow screens.
    pub(in crate::executions::pages) narrow: String,
    pub(in crate::executions::pages) title: String,
    /// Notes on the numbers.
    pub(in crate::executions::pages) remarks: Vec<String>,
    /// Why there is no chart; empty if there is one.
    pub(in crate::executions::pages) reason: String,
    pub(in crate::executions::pages) heads: Vec<String>,
    pub(in crate::executions::pages) lines: Vec<(String, Vec<String>)>,
    pub(in crate::executions::pages) form: Option<ChartForm>,
}

/// The form for choosing columns.
pub(in crate::executions::pages) struct ChartForm {
    pub(in crate::executions::pages) kept: Vec<(String, String)>,
    pub(in crate::executions::pages) columns: Vec<Choice>,
    pub(in crate::executions::pages) along: String,
    pub(in crate::executions::pages) numbers: Vec<Choice>,
    pub(in crate::executions::pages) of: String,
    pub(in crate::executions::pages) series: Vec<Choice>,
    pub(in crate::executions::pages) split: String,
    pub(in crate::executions::pages) folds: Vec<Choice>,
    pub(in crate::executions::pages) fold: String,
    pub(in crate::executions::pages) shapes: Vec<Choice>,
    pub(in crate::executions::pages) shape: String,
}

impl Picture {
    fn none(reason: impl Into<String>, form: Option<ChartForm>) -> Self {
        Self {
            wide: String::new(),
            narrow: String::new(),
            title: String::new(),
            remarks: Vec::new(),
            reason: reason.into(),
            heads: Vec::new(),
            lines: Vec::new(),
            form,
        }
    }

    pub(super) async fn load(
        room: &Executions,
        table: &Table<'_>,
        params: &ResultParams,
        fields: &Fields,
        total: u64,
    ) -> web::Result<Self> {
        if total == 0 {
            return Ok(Self::none("The result has no rows, so there is nothing to draw.", None));
        }
        let choice = match Choices::of(table.columns, fields) {
            Ok(choice) => choice,
            Err(reason) => return Ok(Self::none(reason, None)),
        };
        let form = Some(ChartForm::new(table, params, &choice));
        let request = GroupRequest {
            along: choice.along,
            split: choice.split,
            of: choice.of,
            fold: choice.fold(),
            filters: params.filters.clone(),
        };
        let groups = match room.result_store.groups(&table.key, request).await {
            Ok(groups) => groups,
            Err(error @ results::Error::TooManyGroups { .. }) => return Ok(Self::none(error.to_string(), form)),
            Err(error) => return Err(super::failed(error)),
        };
        let unit = table.unit(choice.of);
        let words = unit.map(|unit| unit_text(unit, params.is_converted)).unwrap_or_default();
        let scale = unit.filter(|_| params.is_converted).map_or(1.0, |unit| 10_f64.powi(unit.digits() as i32));
        Ok(match compose::compose(table.columns, &choice, &groups, &words, scale) {
            Ok(mut composed) => {
                if choice.shape == Shape::Shares && table.adds_up(choice.of) == Some(false) {
                    composed.remarks.push(NO_WHOLE.to_owned());
                }
                Self::of(composed, form)
            }
            Err(reason) => Self::none(reason, form),
        })
    }

    fn of(composed: compose::Composed, form: Option<ChartForm>) -> Self {
        let narrow = web::chart::Chart { size: Size::Narrow, ..composed.chart.clone() };
        let mut columns: Vec<Vec<String>> = Vec::new();
        for series in &composed.chart.series {
            let mut column: Vec<String> =
                series.values.iter().map(|value| value.map(exact).unwrap_or_default()).collect();
            align(&mut column.iter_mut().collect::<Vec<_>>());
            columns.push(column);
        }
        Self {
            wide: composed.chart.to_string(),
            narrow: narrow.to_string(),
            title: composed.chart.title.clone(),
            remarks: composed.remarks,
            reason: String::new(),
            heads: std::iter::once(composed.chart.along_name.clone())
                .chain(composed.chart.series.iter().map(|series| series.name.clone()))
                .collect(),
            lines: (0..composed.chart.along.len())
                .map(|place| {
                    let values = columns.iter().map(|column| column.get(place).cloned().unwrap_or_default());
                    (composed.chart.along.label(place), values.collect())
                })
                .collect(),
            form,
        }
    }
}

impl ChartForm {
    fn new(table: &Table<'_>, params: &ResultParams, choice: &Choices) -> Self {
        let of_chart = ["along", "numbers", "series", "fold", "shape"];
        let columns = table.columns;
        let mut series = vec![Choice::new("none", "One series")];
        series.extend(choices(columns.iter().enumerate().filter(|(_, column)| choose::names_things(column))));
        let kept =
            params.here().fields().iter().filter(|(name, _)| !of_chart.contains(&name.as_str())).cloned().collect();
        Self {
            kept,
            columns: choices(columns.iter().enumerate()),
            along: choice.along.to_string(),
            numbers: choices(columns.iter().enumerate().filter(|(_, column)| column.kind.is_number())),
            of: choice.of.to_string(),
            series,
            split: choice.split.map_or_else(|| "none".to_owned(), |split| split.to_string()),
            folds: choose::FOLDS.map(|(_, name, words)| Choice::new(name, words)).to_vec(),
            fold: choose::fold_name(choice.fold()).to_owned(),
            shapes: choose::SHAPES.map(|(_, name, words)| Choice::new(name, words)).to_vec(),
            shape: choose::shape_name(choice.shape).to_owned(),
        }
    }
}
