//! Line charts over time.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::scale::{Ticks, amount, exact, times};
use super::svg::{LETTER, Svg, fitted};
use super::{Chart, color, legend};

const PLOT: f64 = 300.0;
/// Maximum number of points with a dot and a tooltip; more would hide the lines.
const DOTS: usize = 240;

pub(super) fn draw(chart: &Chart, instants: &[DateTime<Utc>]) -> String {
    let width = chart.size.width();
    let top = legend::height(&chart.series, width) + 22.0;
    let mut svg = Svg::new(chart, top + PLOT + 46.0);
    legend::draw(&mut svg, &chart.series, width, true);
    let values = || chart.series.iter().flat_map(|series| &series.values).flatten().copied();
    let (least, greatest) = values().fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let ticks = Ticks::new(least, greatest, 5);
    let labels: Vec<(f64, String)> = ticks.marks().map(|mark| (mark, amount(mark))).collect();
    let widest = labels.iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0);
    let left = widest as f64 * LETTER + 10.0;
    let y = |value: f64| top + PLOT * (1.0 - ticks.place(value));
    svg.text((0.0, top - 10.0), "start", &fitted(&chart.value_name, width));
    for (mark, label) in &labels {
        svg.line(if *mark == 0.0 { "axis" } else { "rule" }, (left, y(*mark)), (width, y(*mark)));
        svg.text((left - 6.0, y(*mark) + 4.0), "end", label);
    }
    let (Some(first), Some(last)) = (instants.first().copied(), instants.last().copied()) else { return svg.finish() };
    let span = (last - first).num_milliseconds().max(1) as f64;
    // OK because lines begin and end a little inside, so that no dot is clipped.
    let x = |at: DateTime<Utc>| left + 8.0 + (width - left - 20.0) * (at - first).num_milliseconds() as f64 / span;
    let mut behind = f64::NEG_INFINITY;
    for (at, label) in times(first, last) {
        let length = label.chars().count() as f64 * LETTER;
        // A narrow picture doesn't have space for the label of every tick.
        if x(at) - length / 2.0 < behind {
            continue;
        }
        behind = x(at) + length / 2.0 + 6.0;
        svg.line("axis", (x(at), top + PLOT), (x(at), top + PLOT + 5.0));
        let anchor = if x(at) > width - 24.0 { "end" } else { "middle" };
        svg.text((x(at), top + PLOT + 19.0), anchor, &label);
    }
    svg.text((width, top + PLOT + 38.0), "end", &chart.along_name);
    let dots = values().count() <= DOTS;
    for (place, series) in chart.series.iter().enumerate() {
        svg.path(&format!("line {}", color(place)), &path(instants, &series.values, &x, &y));
        for (at, value) in instants.iter().zip(&series.values) {
            let Some(value) = value.filter(|value| dots && value.is_finite()) else { continue };
            let name = if chart.series.len() > 1 { format!("{}, ", series.name) } else { String::new() };
            let hover = format!("{name}{}: {}", super::scale::instant(*at), exact(value));
            svg.dot(&format!("area {}", color(place)), (x(*at), y(value)), 3.0, &hover);
        }
    }
    svg.finish()
}

fn path(
    instants: &[DateTime<Utc>],
    values: &[Option<f64>],
    x: &impl Fn(DateTime<Utc>) -> f64,
    y: &impl Fn(f64) -> f64,
) -> String {
    let (mut path, mut is_on) = (String::new(), false);
    for (at, value) in instants.iter().zip(values) {
        let value = value.filter(|value| value.is_finite());
        if let Some(value) = value {
            // A line of zero length makes a single point between two gaps visible, by its round caps.
            let (step, stay) = if is_on { ('L', "") } else { ('M', "h0") };
            // OK because writing to a String cannot fail.
            let _ = write!(path, "{step}{:.1} {:.1}{stay}", x(*at), y(value));
        }
        is_on = value.is_some();
    }
    path
}
