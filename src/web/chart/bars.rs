//! Horizontal bars, so that long names can be read: one for each name, whole or stacked.
//!
//! A percentage is relative to the name's own total; with a single series, to the total of all names.

use super::scale::{Ticks, amount, exact};
use super::svg::{Svg, fitted, wide};
use super::{Chart, Shape, color, labels, legend};

/// The distance between bars, and a bar's own height.
const ROW: f64 = 26.0;
const BAR: f64 = 18.0;
/// The maximum width of the names, as a fraction of the picture.
const NAMES: f64 = 0.42;

pub(super) fn draw(chart: &Chart, names: &[String]) -> String {
    let width = chart.size.width();
    let top = legend::height(&chart.series, width) + 8.0;
    let plot = names.len() as f64 * ROW;
    let mut svg = Svg::new(chart, top + plot + 46.0);
    legend::draw(&mut svg, &chart.series, width, false);
    let frame = Frame::new(chart, names, top);
    for mark in frame.ticks.marks() {
        let x = frame.x(mark);
        svg.line(if mark == 0.0 { "axis" } else { "rule" }, (x, top), (x, top + plot));
        svg.text((x, top + plot + 17.0), "middle", &frame.mark(mark));
    }
    // The names of both axes in one line: that of the values ends below the last of their marks.
    let (line, end) = (top + plot + 38.0, width - frame.right);
    let value_name = fitted(&chart.value_name, end - frame.left);
    let taken = wide(&value_name) + 16.0;
    svg.text((end, line), "end", &value_name);
    svg.text((0.0, line), "start", &fitted(&chart.along_name, end - taken));
    let labels = fitting(names, frame.left - 8.0);
    for (place, (name, label)) in names.iter().zip(&labels).enumerate() {
        frame.bar(&mut svg, chart, place, name, label);
    }
    svg.finish()
}

/// The names, truncated to a width so that they stay distinct.
fn fitting(names: &[String], width: f64) -> Vec<String> {
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    // OK to start there: no letter is narrower than four units.
    let mut room = longest.min((width / 4.0) as usize);
    loop {
        let labels = labels::distinct(names, room);
        if room <= 8 || labels.iter().all(|label| wide(label) <= width) {
            return labels;
        }
        room -= 1;
    }
}

struct Frame {
    width: f64,
    top: f64,
    left: f64,
    right: f64,
    ticks: Ticks,
    is_share: bool,
    /// The total of all names, if percentages are relative to that.
    whole: Option<f64>,
    /// Whether each name has one bar, with its number after it.
    is_single: bool,
}

impl Frame {
    fn new(chart: &Chart, names: &[String], top: f64) -> Self {
        let is_share = chart.shape == Shape::Shares;
        let width = chart.size.width();
        let widest = names.iter().map(|name| wide(name)).fold(0.0, f64::max);
        let left = (widest + 12.0).clamp(40.0, width * NAMES);
        let ends = (0..names.len()).map(|place| {
            let values = || values(chart, place).map(|(_, value)| value);
            if chart.shape == Shape::Bars {
                values().fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)))
            } else {
                (values().filter(|value| *value < 0.0).sum(), values().filter(|value| *value > 0.0).sum())
            }
        });
        let (least, greatest) = ends.fold((0.0_f64, 0.0_f64), |(a, b), (low, high)| (a.min(low), b.max(high)));
        let sum = || (0..names.len()).flat_map(|place| values(chart, place)).map(|(_, value)| value.max(0.0)).sum();
        let whole: Option<f64> = (is_share && chart.series.len() == 1).then(sum);
        let ticks = match whole {
            Some(whole) if whole > 0.0 => Ticks::new(0.0, greatest / whole, 5),
            _ if is_share => Ticks { start: 0.0, end: 1.0, step: 0.25 },
            _ => Ticks::new(least, greatest, 5),
        };
        let is_single = chart.shape == Shape::Bars || whole.is_some();
        // Space for the number after a single bar.
        let right = if is_single { 64.0 } else { 24.0 };
        Self { width, top, left, right, ticks, is_share, whole, is_single }
    }

    fn x(&self, value: f64) -> f64 {
        self.left + (self.width - self.left - self.right) * self.ticks.place(value)
    }

    fn mark(&self, mark: f64) -> String {
        if self.is_share { percent(mark) } else { amount(mark) }
    }

    fn bar(&self, svg: &mut Svg, chart: &Chart, place: usize, name: &str, label: &str) {
        let y = self.top + place as f64 * ROW + (ROW - BAR) / 2.0;
        svg.text((self.left - 8.0, y + BAR * 0.72), "end", label);
        let whole = self.whole.unwrap_or_else(|| values(chart, place).map(|(_, value)| value.max(0.0)).sum());
        let (mut behind, mut before) = (0.0_f64, 0.0_f64);
        for (series, value) in values(chart, place) {
            let drawn = if self.is_share { if whole > 0.0 { value.max(0.0) / whole } else { 0.0 } } else { value };
            let start = match chart.shape {
                Shape::Bars => 0.0,
                _ if drawn < 0.0 => before,
                _ => behind,
            };
            let (from, to) = (self.x(start.min(start + drawn)), self.x(start.max(start + drawn)));
            let share = if self.is_share { format!(" ({})", percent(drawn)) } else { String::new() };
            let of =
                if chart.series.len() > 1 { format!("{name}, {}", chart.series[series].name) } else { name.to_owned() };
            let hover = format!("{of}: {}{share}", exact(value));
            // A small gap between parts, so that they differ not only by color.
            let gap = if self.is_single { 0.0 } else { (to - from).min(1.0) / 2.0 };
            svg.rect(&format!("area {}", color(series)), (from, y), (to - from - gap, BAR), &hover);
            if self.is_single {
                let said = if self.is_share { percent(drawn) } else { amount(value) };
                svg.text((self.x(drawn.max(0.0)) + 6.0, y + BAR * 0.72), "start", &said);
            }
            if drawn < 0.0 { before += drawn } else { behind += drawn }
        }
    }
}

/// A percentage with one decimal place.
fn percent(share: f64) -> String {
    format!("{} %", amount((share * 1_000.0).round() / 10.0))
}

/// The values of a name, each with the index of its series.
fn values(chart: &Chart, place: usize) -> impl Iterator<Item = (usize, f64)> {
    let value = move |series: &super::Series| series.values.get(place).copied().flatten();
    chart.series.iter().map(value).enumerate().filter_map(|(series, value)| {
        let value = value.filter(|value| value.is_finite())?;
        Some((series, value))
    })
}
