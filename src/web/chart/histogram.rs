//! Histograms small enough for a table row.

use std::fmt::Write as _;

use super::svg::Svg;
use crate::web::components::count;

const WIDTH: f64 = 144.0;
const HEIGHT: f64 = 36.0;

/// The SVG of a small histogram: how many values are in each of equal steps. `title` describes it.
pub fn histogram(id: &str, title: &str, bars: &[u64]) -> String {
    let most = bars.iter().copied().max().unwrap_or(0).max(1);
    let all: u64 = bars.iter().sum();
    let description = format!(
        "{} values in {} equal steps; {} in the fullest.",
        count(all),
        bars.len(),
        count(bars.iter().copied().max().unwrap_or(0))
    );
    let mut svg = Svg::plain("plot", WIDTH, HEIGHT, id, title, &description);
    let step = WIDTH / bars.len().max(1) as f64;
    // One path instead of an element for each bar: a page may have a hundred of these.
    let mut path = String::new();
    for (place, bar) in bars.iter().enumerate().filter(|(_, bar)| **bar > 0) {
        // OK because any value must be visible, however small.
        let height = ((HEIGHT - 1.0) * *bar as f64 / most as f64).max(1.5);
        // OK because writing to a String cannot fail.
        let _ = write!(path, "M{:.0} {HEIGHT:.0}v-{height:.1}h{:.0}v{height:.1}z", place as f64 * step, step - 1.0);
    }
    svg.path("area s1", &path);
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_step_reaches_the_top_and_empty_ones_have_no_bar() {
        let svg = histogram("h", "Spread of clicks", &[0, 10, 1_000, 5]);
        assert_eq!(svg.matches('z').count(), 3, "{svg}");
        assert!(svg.contains("v-35.0h"), "{svg}");
        assert!(svg.contains("1,015 values in 4 equal steps; 1,000 in the fullest."));
        assert!(histogram("h", "Nothing", &[]).ends_with("</svg>"));
    }
}
