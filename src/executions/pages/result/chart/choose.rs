//! Chooses suitable columns for a chart, unless the address names them.

use super::super::columns::is_id;
use crate::results::{Fold, Kind, StoredColumn};
use crate::web::Fields;
use crate::web::chart::Shape;

/// The aggregates with their names in addresses and for people.
pub(super) const FOLDS: [(Fold, &str, &str); 4] = [
    (Fold::Sum, "sum", "Sum"),
    (Fold::Mean, "mean", "Average"),
    (Fold::Least, "least", "Min"),
    (Fold::Greatest, "greatest", "Max"),
];

/// The chart types.
pub(super) const SHAPES: [(Shape, &str, &str); 4] = [
    (Shape::Lines, "lines", "Lines over time"),
    (Shape::Bars, "bars", "Bars"),
    (Shape::Stacked, "stacked", "Stacked bars"),
    (Shape::Shares, "shares", "100% bars"),
];

pub(super) fn fold_name(fold: Fold) -> &'static str {
    FOLDS.iter().find(|(known, ..)| *known == fold).map_or("sum", |(_, name, _)| name)
}

pub(super) fn shape_name(shape: Shape) -> &'static str {
    SHAPES.iter().find(|(known, ..)| *known == shape).map_or("bars", |(_, name, _)| name)
}

/// The columns and the type of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choices {
    pub(super) along: usize,
    pub(super) of: usize,
    pub(super) split: Option<usize>,
    pub(super) shape: Shape,
    asked_fold: Fold,
}

fn is_time(column: &StoredColumn) -> bool {
    matches!(column.kind, Kind::Date | Kind::Timestamp { .. })
}

/// Whether a column's values are names or categories.
pub(super) fn names_things(column: &StoredColumn) -> bool {
    matches!(column.kind, Kind::Text | Kind::Boolean) || (column.kind == Kind::Integer && !column.is_metric())
}

impl Choices {
    /// The columns in the address, completed with suitable defaults: a time or otherwise a name as X axis, a metric
    /// rather than another number, a second name column as series. The sentence says why no chart is possible.
    pub(super) fn of(columns: &[StoredColumn], fields: &Fields) -> Result<Self, String> {
        let params = |name: &str| fields.trimmed(name).parse::<usize>().ok().filter(|place| *place < columns.len());
        let first = |fits: &dyn Fn(usize, &StoredColumn) -> bool| {
            columns.iter().enumerate().find(|(place, column)| fits(*place, column)).map(|(place, _)| place)
        };
        if !columns.iter().any(|column| column.kind.is_number()) {
            return Err("The result has no column of numbers, so there is nothing to draw.".to_owned());
        }
        let is_plain = |column: &StoredColumn| matches!(column.kind, Kind::Text | Kind::Boolean);
        let along = params("along")
            .or_else(|| first(&|_, column| is_time(column)))
            .or_else(|| first(&|_, column| is_plain(column) && !is_id(column)))
            .or_else(|| first(&|_, column| is_plain(column)))
            .or_else(|| first(&|_, column| names_things(column)))
            .ok_or("The result has numbers only: no day, time or name to set them along. The summary shows how each is spread.")?;
        let number = |place: usize, column: &StoredColumn| column.kind.is_number() && place != along;
        let of = params("numbers")
            .filter(|place| columns[*place].kind.is_number())
            .or_else(|| first(&|place, column| number(place, column) && column.is_metric()))
            .or_else(|| first(&|place, column| number(place, column) && !is_id(column)))
            .or_else(|| first(&number))
            .ok_or("The result has one column of numbers and nothing else to set it along.")?;
        let second = || first(&|place, column| place != along && is_plain(column) && !is_id(column));
        let split = match fields.trimmed("series") {
            "" => second(),
            "none" => None,
            _ => params("series").filter(|place| *place != along),
        };
        let named = |name: &str| SHAPES.iter().find(|(_, known, _)| *known == name).map(|(shape, ..)| *shape);
        let shape = match named(fields.trimmed("shape")) {
            Some(Shape::Lines) | None if is_time(&columns[along]) => Shape::Lines,
            Some(Shape::Lines | Shape::Bars) | None if split.is_some() => Shape::Stacked,
            Some(Shape::Lines) | None => Shape::Bars,
            Some(shape) => shape,
        };
        let fold = FOLDS.iter().find(|(_, known, _)| *known == fields.trimmed("fold")).map_or(Fold::Sum, |it| it.0);
        Ok(Self { along, of, split, shape, asked_fold: fold })
    }

    /// The aggregate: parts of a whole can only be added up.
    pub(super) fn fold(&self) -> Fold {
        if matches!(self.shape, Shape::Stacked | Shape::Shares) { Fold::Sum } else { self.asked_fold }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::executions::pages::result::chart) fn columns(columns: &[(&str, Kind, bool)]) -> Vec<StoredColumn> {
        let column = |(name, kind, metric): &(&str, Kind, bool)| StoredColumn {
            name: (*name).to_owned(),
            declared: None,
            column_type: Some(if *metric { "METRIC" } else { "DIMENSION" }.to_owned()),
            kind: *kind,
            nulls: 0,
            total: None,
            misfit: None,
        };
        columns.iter().map(column).collect()
    }

    fn chosen(shape: &[(&str, Kind, bool)], query: &str) -> Result<Choices, String> {
        Choices::of(&columns(shape), &Fields::parse(query.as_bytes()))
    }

    #[test]
    fn time_makes_lines_names_make_bars_and_a_second_name_stacks_them() {
        let (text, whole, day) = (Kind::Text, Kind::Integer, Kind::Date);
        let lines = chosen(&[("campaign_id", whole, false), ("day", day, false), ("clicks", whole, true)], "").unwrap();
        assert_eq!((lines.along, lines.of, lines.split, lines.shape), (1, 2, None, Shape::Lines));
        let bars = chosen(&[("campaign", text, false), ("clicks", whole, true)], "").unwrap();
        assert_eq!((bars.along, bars.of, bars.split, bars.shape), (0, 1, None, Shape::Bars));
        let stacked =
            chosen(&[("campaign", text, false), ("product", text, false), ("clicks", whole, true)], "").unwrap();
        assert_eq!((stacked.split, stacked.shape), (Some(1), Shape::Stacked));
    }

    #[test]
    fn the_address_chooses_and_what_does_not_fit_is_not_used() {
        let table = [("campaign", Kind::Text, false), ("n", Kind::Integer, true), ("m", Kind::Double, true)];
        let params = chosen(&table, "numbers=2&fold=mean&shape=bars").unwrap();
        assert_eq!((params.of, params.fold()), (2, Fold::Mean));
        let odd = chosen(&table, "numbers=0&along=99&series=0&shape=lines").unwrap();
        assert_eq!((odd.of, odd.along, odd.split, odd.shape), (1, 0, None, Shape::Bars));
        let parts = chosen(&table, "fold=mean&shape=shares").unwrap();
        assert_eq!(parts.fold(), Fold::Sum);
    }

    #[test]
    fn where_nothing_sensible_can_be_drawn_the_reason_is_said() {
        assert!(chosen(&[("a", Kind::Text, false)], "").unwrap_err().contains("no column of numbers"));
        assert!(chosen(&[("a", Kind::Double, true)], "").unwrap_err().contains("numbers only"));
        assert!(chosen(&[("a", Kind::Integer, false)], "").unwrap_err().contains("nothing else"));
        assert!(chosen(&[], "").is_err());
    }
}
