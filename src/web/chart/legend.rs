//! The legend above the picture.

use super::svg::{LETTER, Svg, wide};
use super::{Series, color, labels};

/// Height of a row of the legend.
const LINE: f64 = 20.0;
/// Maximum width of a name.
const NAME: f64 = 200.0;

/// The position of each entry, and the total height; empty for a single series.
fn places(series: &[Series], width: f64) -> (Vec<(f64, f64, String)>, f64) {
    if series.len() < 2 {
        return (Vec::new(), 0.0);
    }
    let (mut x, mut y, mut places) = (0.0, 0.0, Vec::new());
    let names: Vec<String> = series.iter().map(|one| one.name.clone()).collect();
    for name in labels::distinct(&names, (NAME / LETTER) as usize) {
        let length = wide(&name) + 44.0;
        if x > 0.0 && x + length > width {
            (x, y) = (0.0, y + LINE);
        }
        places.push((x, y, name));
        x += length;
    }
    (places, y + LINE + 6.0)
}

/// The height of the legend.
pub(super) fn height(series: &[Series], width: f64) -> f64 {
    places(series, width).1
}

/// Draws it at the top of the picture, with a sample of each line.
pub(super) fn draw(svg: &mut Svg, series: &[Series], width: f64, are_lines: bool) {
    for (place, (x, y, name)) in places(series, width).0.into_iter().enumerate() {
        if are_lines {
            let path = format!("M{x:.1} {:.1}h22", y + 9.0);
            svg.path(&format!("line {}", color(place)), &path);
        } else {
            svg.rect(&format!("area {}", color(place)), (x + 8.0, y + 3.0), (12.0, 12.0), "");
        }
        svg.text((x + 28.0, y + 13.0), "start", &name);
    }
}
