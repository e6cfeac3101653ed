//! Charts rendered on the server as SVG: lines over time, bars, stacked bars, small histograms.
//!
//! The picture has a title and a description for screen readers, and each mark a tooltip with its value; show the
//! numbers beside it as a table. Colors come from the stylesheet by class, so that one picture works in light and
//! dark mode and needs no exception in the content security policy. A chart library was rejected: server-side ones
//! write inline styles, and measure text with fonts that the reader may not have.

mod bars;
mod histogram;
mod labels;
mod legend;
mod lines;
mod scale;
mod svg;

use std::fmt;

use chrono::{DateTime, Utc};

pub use histogram::histogram;
pub use scale::{Ticks, amount, exact};

/// The number of series with their own color. Combine further ones into one series.
pub const SERIES: usize = 6;

/// The chart type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Lines over time.
    Lines,
    /// A bar for each name; for several series use [`Shape::Stacked`].
    Bars,
    /// A bar for each name, stacked from the series.
    Stacked,
    /// The same, as percentages.
    Shares,
}

/// The target width of a chart. Its text has a fixed size, so a picture for a wide screen can't be read when it is
/// scaled down to a narrow one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A panel on a desktop screen.
    Wide,
    /// A phone in portrait orientation.
    Narrow,
    /// Beside or below a small table, on any screen.
    Small,
}

impl Size {
    fn width(self) -> f64 {
        match self {
            Self::Wide => 1_040.0,
            Self::Narrow => 360.0,
            Self::Small => 440.0,
        }
    }
}

/// The X axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Along {
    /// Instants, ascending.
    Times(Vec<DateTime<Utc>>),
    /// Names, in display order.
    Names(Vec<String>),
}

impl Along {
    pub fn len(&self) -> usize {
        match self {
            Self::Times(times) => times.len(),
            Self::Names(names) => names.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The label of a position in the chart's table.
    pub fn label(&self, place: usize) -> String {
        match self {
            Self::Times(times) => times.get(place).map(|time| scale::instant(*time)).unwrap_or_default(),
            Self::Names(names) => names.get(place).cloned().unwrap_or_default(),
        }
    }
}

/// A series.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub name: String,
    /// A value for each position of the X axis; `None` for a gap.
    pub values: Vec<Option<f64>>,
}

/// A chart. Its `Display` is the SVG.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Distinguishes it from other charts of the page, in ids.
    pub id: String,
    /// The title, one line.
    pub title: String,
    /// A description for screen readers, one or two sentences.
    pub description: String,
    pub shape: Shape,
    pub size: Size,
    pub along: Along,
    /// The label of the X axis.
    pub along_name: String,
    /// The label of the values, with their unit.
    pub value_name: String,
    /// The series: at most [`SERIES`] and one for the rest.
    pub series: Vec<Series>,
}

/// The color class of a series by its index.
fn color(place: usize) -> String {
    if place < SERIES { format!("s{}", place + 1) } else { "s0".to_owned() }
}

impl fmt::Display for Chart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&match (&self.along, self.shape) {
            (Along::Times(times), Shape::Lines) => lines::draw(self, times),
            (Along::Times(_), _) => {
                bars::draw(self, &(0..self.along.len()).map(|at| self.along.label(at)).collect::<Vec<_>>())
            }
            (Along::Names(names), _) => bars::draw(self, names),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(shape: Shape, along: Along, series: Vec<Series>) -> String {
        Chart {
            id: "c".to_owned(),
            title: "Reach <b>".to_owned(),
            description: "What is seen.".to_owned(),
            shape,
            size: Size::Wide,
            along,
            along_name: "day".to_owned(),
            value_name: "reach & more".to_owned(),
            series,
        }
        .to_string()
    }

    fn series(name: &str, values: &[Option<f64>]) -> Series {
        Series { name: name.to_owned(), values: values.to_vec() }
    }

    fn days(count: i64) -> Along {
        Along::Times((0..count).map(|day| DateTime::UNIX_EPOCH + chrono::TimeDelta::days(day)).collect())
    }

    #[test]
    fn a_chart_is_well_formed_named_and_without_styles_or_scripts() {
        let names = Along::Names(vec!["<script>\"x\"".to_owned(), "é".repeat(200)]);
        for svg in [
            chart(Shape::Lines, days(3), vec![series("a", &[Some(1.0), None, Some(f64::MAX)])]),
            chart(Shape::Bars, names.clone(), vec![series("a", &[Some(-1.0), Some(2.0)])]),
            chart(Shape::Shares, names, vec![series("a&b", &[Some(1.0), None]), series("b", &[Some(2.0), None])]),
            chart(Shape::Lines, days(0), vec![]),
            chart(Shape::Bars, Along::Names(vec![]), vec![]),
        ] {
            assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
            assert!(svg.contains("role=\"img\"") && svg.contains("aria-labelledby=\"c-title c-desc\""), "{svg}");
            assert!(svg.contains("<title id=\"c-title\">Reach &lt;b&gt;</title>"), "{svg}");
            assert!(!svg.contains("style") && !svg.contains("<script") && !svg.contains("NaN"), "{svg}");
            let opened = svg.matches('<').count();
            let closed = svg.matches("</").count();
            assert_eq!(opened, 2 * closed + svg.matches("/>").count(), "{svg}");
        }
    }

    #[test]
    fn a_line_is_broken_where_a_value_is_missing() {
        let svg = chart(Shape::Lines, days(4), vec![series("a", &[Some(1.0), Some(2.0), None, Some(3.0)])]);
        let path = svg.split(" d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        assert_eq!(path.matches('M').count(), 2, "{path}");
    }

    #[test]
    fn shares_fill_the_whole_width() {
        let along = Along::Names(vec!["a".to_owned()]);
        let svg = chart(Shape::Shares, along, vec![series("x", &[Some(1.0)]), series("y", &[Some(3.0)])]);
        assert!(svg.contains("a, x: 1 (25 %)") && svg.contains("a, y: 3 (75 %)"), "{svg}");
        assert!(svg.contains("100 %"), "{svg}");
    }

    #[test]
    fn shares_of_one_series_are_of_all_names() {
        let along = Along::Names(["a", "b", "c"].map(str::to_owned).to_vec());
        let svg = chart(Shape::Shares, along, vec![series("x", &[Some(1.0), Some(3.0), None])]);
        assert!(svg.contains("a: 1 (25 %)") && svg.contains("b: 3 (75 %)") && !svg.contains("100 %"), "{svg}");
        let none = chart(Shape::Shares, Along::Names(vec!["a".to_owned()]), vec![series("x", &[Some(0.0)])]);
        assert!(none.contains("a: 0 (0 %)"), "{none}");
    }
}
