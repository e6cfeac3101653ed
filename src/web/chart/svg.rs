//! Writes SVG: elements, attributes, escaped text.

use std::fmt::{self, Write as _};

use super::{Chart, Size};

/// A picture being written.
pub(super) struct Svg(String);

/// The approximate width of a character of the charts' text, in the picture's units.
pub(super) const LETTER: f64 = 6.4;

impl Svg {
    /// The picture of a chart, with a title and a description for screen readers.
    pub(super) fn new(chart: &Chart, height: f64) -> Self {
        let (kind, end) = match chart.size {
            Size::Wide => ("", ""),
            Size::Narrow => (" narrow", "-narrow"),
            Size::Small => (" small", ""),
        };
        let (id, title) = (format!("{}{end}", chart.id), &chart.title);
        Self::plain(&format!("plot{kind}"), chart.size.width(), height, &id, title, &chart.description)
    }

    /// A picture with this class and size.
    pub(super) fn plain(class: &str, width: f64, height: f64, id: &str, title: &str, description: &str) -> Self {
        let mut svg = Self(String::new());
        svg.write(format_args!(
            r#"<svg class="{class}" role="img" aria-labelledby="{id}-title {id}-desc" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}"><title id="{id}-title">"#
        ));
        svg.escaped(title);
        svg.write(format_args!(r#"</title><desc id="{id}-desc">"#));
        svg.escaped(description);
        svg.0.push_str("</desc>");
        svg
    }

    pub(super) fn finish(mut self) -> String {
        self.0.push_str("</svg>");
        self.0
    }

    fn write(&mut self, text: fmt::Arguments<'_>) {
        // OK because writing to a String cannot fail.
        let _ = self.0.write_fmt(text);
    }

    fn escaped(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                letter if letter.is_control() => self.0.push(' '),
                letter => self.0.push(letter),
            }
        }
    }

    /// A straight line.
    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.write(format_args!(r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#));
    }

    /// A text; `anchor` is `start`, `middle` or `end`.
    pub(super) fn text(&mut self, at: (f64, f64), anchor: &str, text: &str) {
        self.write(format_args!(r#"<text x="{:.1}" y="{:.1}" text-anchor="{anchor}">"#, at.0, at.1));
        self.escaped(text);
        self.0.push_str("</text>");
    }

    /// A path.
    pub(super) fn path(&mut self, class: &str, path: &str) {
        self.write(format_args!(r#"<path class="{class}" d="{path}"/>"#));
    }

    /// A rectangle with a tooltip.
    pub(super) fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), hover: &str) {
        self.write(format_args!(
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{:.1}" height="{:.1}""#,
            width.max(0.0),
            height.max(0.0)
        ));
        self.hover("rect", hover);
    }

    /// A dot with a tooltip.
    pub(super) fn dot(&mut self, class: &str, (x, y): (f64, f64), radius: f64, hover: &str) {
        self.write(format_args!(r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="{radius}""#));
        self.hover("circle", hover);
    }

    fn hover(&mut self, name: &str, hover: &str) {
        if hover.is_empty() {
            return self.0.push_str("/>");
        }
        self.0.push_str("><title>");
        self.escaped(hover);
        self.write(format_args!("</title></{name}>"));
    }
}

/// The width of a text in a font with wide letters, for text that would otherwise be clipped: an ASIN of capitals and
/// digits is much wider than as many letters of a word.
pub(super) fn wide(text: &str) -> f64 {
    let letter = |letter: char| match letter {
        'W' | 'm' | '%' | '@' => 11.9,
        'M' | 'w' => 10.5,
        'i' | 'j' | 'l' | 'I' | ' ' | '.' | ',' | ':' | ';' | '|' | '\'' => 4.1,
        'f' | 'r' | 't' | '-' | '(' | ')' | '/' => 5.1,
        letter if letter.is_uppercase() => 9.1,
        letter if letter.is_ascii() || letter.is_lowercase() => 7.7,
        _ => 12.0,
    };
    text.chars().map(letter).sum()
}

/// A text truncated to a width.
pub(super) fn fitted(text: &str, width: f64) -> String {
    let room = (width / LETTER).max(1.0) as usize;
    if text.chars().count() <= room { text.to_owned() } else { text.chars().take(room - 1).chain(['…']).collect() }
}
