//! Determines the stored type of a column from the forms of its values.
//!
//! The whole result is scanned before it is written, because one value that doesn't match its column's declared type
//! would otherwise be lost or fail everything. Such a column is stored with the narrowest numeric type that holds all
//! its values, or as text, and says so. Only canonical forms count as numbers: `007` stays text, or it would be read
//! back as `7`. A column without a declared type is a number or a time only if every value can be reproduced exactly:
//! `1E5` may be a name.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kind::{Kind, TimeForm, parse_date, parse_double, parse_timestamp, write_double};

/// The maximum number of digits that every 64-bit double preserves.
const DOUBLE_DIGITS: usize = 15;
/// The maximum number of digits of a decimal.
const DECIMAL_DIGITS: usize = 38;
/// The maximum number of digits of a decimal stored in 64 bits.
const SHORT_DECIMAL_DIGITS: usize = 18;
/// How much of a nonmatching value is shown, in characters.
const SAMPLE: usize = 60;

/// Why a column isn't stored with its declared type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misfit {
    /// The first row with a nonmatching value, counted from 1 over all parts; 0 if no single value is at fault but
    /// all together need too many digits.
    pub row: u64,
    /// That value, truncated to sixty characters.
    pub value: String,
}

/// What was seen in one column.
#[derive(Debug, Default)]
pub(super) struct Accumulator {
    declared: Option<Kind>,
    pub(super) nulls: u64,
    seen: [bool; Shape::COUNT],
    whole: usize,
    scale: usize,
    /// The minimum number of decimal places.
    least_scale: Option<usize>,
    /// Whether a double would print one of the numbers differently.
    is_rewritten: bool,
    has_exponent: bool,
    /// Whether a double would change one of the numbers.
    is_lossy: bool,
    times: Times,
    first: Option<Misfit>,
}

impl Accumulator {
    pub(super) fn new(declared: Option<Kind>) -> Self {
        Self { declared, ..Self::default() }
    }

    /// Adds the value of one row; `None` is NULL.
    pub(super) fn add(&mut self, row: u64, value: Option<&str>) {
        let Some(text) = value else {
            self.nulls += 1;
            return;
        };
        if self.declared == Some(Kind::Text) || (text.is_empty() && self.declared.is_some()) {
            // OK because empty text is NULL in a column declared as anything but text.
            self.nulls += u64::from(self.declared != Some(Kind::Text));
            return;
        }
        let shape = self.shape(text);
        self.seen[shape as usize] = true;
        let is_time = matches!(self.declared, Some(Kind::Timestamp { .. }));
        let is_odd_time = is_time && shape == Shape::Timestamp && self.times.form().is_none();
        let fits = self.declared.is_none_or(|kind| admits(kind).contains(&shape)) && !is_odd_time;
        if !fits && self.first.is_none() {
            self.first = Some(Misfit { row, value: text.chars().take(SAMPLE).collect() });
        }
    }

    fn shape(&mut self, text: &str) -> Shape {
        let number = number(text);
        if number.is_some() && self.declared.is_none() {
            let mut written = String::new();
            write_double(&mut written, parse_double(text).unwrap_or(f64::NAN));
            self.is_rewritten |= written != text;
            self.has_exponent |= text.contains(['e', 'E']);
        }
        match number {
            Some(Number::Exact { whole, scale }) => {
                self.whole = self.whole.max(whole);
                self.scale = self.scale.max(scale);
                self.least_scale = Some(self.least_scale.map_or(scale, |least| least.min(scale)));
                self.is_lossy |= whole + scale > DOUBLE_DIGITS && is_changed_by_double(text);
                let integer = scale == 0 && text.parse::<i64>().is_ok();
                if integer { Shape::Integer } else { Shape::Decimal }
            }
            Some(Number::Float) => Shape::Float,
            None if text == "true" || text == "false" => Shape::Boolean,
            None if parse_date(text).is_some() => Shape::Date,
            None => parse_timestamp(text).filter(|_| text.len() >= 19).map_or(Shape::Other, |(micros, zoned)| {
                self.times.add(text, micros, zoned);
                Shape::Timestamp
            }),
        }
    }

    /// The stored type, and the value because of which it isn't the declared one.
    pub(super) fn decide(self) -> (Kind, Option<Misfit>) {
        let none_seen = !self.seen.contains(&true);
        let kind = match self.declared {
            Some(kind) if none_seen => kind,
            Some(kind) if self.holds(kind) => self.sized(kind),
            Some(kind) if kind.is_number() => self.narrowest(&[Kind::Integer, DECIMAL, Kind::Double]),
            Some(_) => Kind::Text,
            None if none_seen => Kind::Text,
            None => self.undeclared(),
        };
        let changed =
            self.declared.is_some_and(|declared| std::mem::discriminant(&declared) != std::mem::discriminant(&kind));
        (kind, self.first.or_else(|| changed.then(Misfit::too_long)).filter(|_| changed))
    }

    fn narrowest(&self, kinds: &[Kind]) -> Kind {
        let exact = |kind: Kind| kind != Kind::Double || self.whole + self.scale <= DOUBLE_DIGITS;
        kinds.iter().find(|kind| self.holds(**kind) && exact(**kind)).map_or(Kind::Text, |kind| self.sized(*kind))
    }

    /// The stored type of an undeclared column: one that reproduces its values exactly.
    fn undeclared(&self) -> Kind {
        let is_even = !self.has_exponent && self.least_scale.is_none_or(|least| least == self.scale);
        let kinds = [Kind::Integer, DECIMAL, Kind::Double, Kind::Boolean, Kind::Date, TIMESTAMP];
        let comes_back = |kind: &Kind| match kind {
            Kind::Decimal { .. } => is_even,
            Kind::Double => !self.is_rewritten,
            _ => true,
        };
        self.narrowest(&kinds.into_iter().filter(comes_back).collect::<Vec<_>>())
    }

    fn holds(&self, kind: Kind) -> bool {
        let fits = Shape::ALL.iter().all(|shape| !self.seen[*shape as usize] || admits(kind).contains(shape));
        fits && match kind {
            Kind::Decimal { .. } => self.whole + self.scale <= DECIMAL_DIGITS,
            Kind::Double => !self.is_lossy,
            Kind::Timestamp { .. } => !self.seen[Shape::Timestamp as usize] || self.times.form().is_some(),
            _ => true,
        }
    }

    fn sized(&self, kind: Kind) -> Kind {
        match kind {
            Kind::Decimal { .. } => {
                let precision = if self.whole + self.scale <= SHORT_DECIMAL_DIGITS { 18 } else { 38 };
                Kind::Decimal { precision, scale: i8::try_from(self.scale).unwrap_or(i8::MAX) }
            }
            Kind::Timestamp { .. } => {
                Kind::Timestamp { zoned: self.times.zoned, form: self.times.form().unwrap_or_default() }
            }
            other => other,
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            0 => formatter.write_str("Not kept as its declared type: its values have too many digits for that."),
            row => write!(formatter, "Not kept as its declared type: row {row} holds `{}`.", self.value),
        }
    }
}

impl Misfit {
    /// No single value is too long, but together they need too many digits.
    fn too_long() -> Self {
        Self { row: 0, value: String::new() }
    }
}

const DECIMAL: Kind = Kind::Decimal { precision: 38, scale: 0 };
const TIMESTAMP: Kind = Kind::Timestamp { zoned: false, form: TimeForm::Amc };

/// How the times of a column are formatted.
#[derive(Debug, Default)]
struct Times {
    zoned: bool,
    bare: bool,
    /// Whether one isn't in AMC's format.
    is_other: bool,
    first: Option<TimeForm>,
    is_mixed: bool,
}

impl Times {
    fn add(&mut self, text: &str, micros: i64, zoned: bool) {
        self.zoned |= zoned;
        self.bare |= !zoned;
        let text = text.strip_suffix('Z').unwrap_or(text);
        let (blank, digits) = (text.as_bytes().get(10) == Some(&b' '), text.len().saturating_sub(20));
        self.is_other |= blank || !(digits == 3 || (digits == 6 && micros.rem_euclid(1_000) != 0));
        let form = TimeForm::Fixed { blank, digits: u8::try_from(digits).unwrap_or(u8::MAX) };
        self.is_mixed |= *self.first.get_or_insert(form) != form;
    }

    /// The format that reproduces all of them, if there is one.
    fn form(&self) -> Option<TimeForm> {
        match self.first {
            _ if self.zoned && self.bare => None,
            _ if !self.is_other => Some(TimeForm::Amc),
            first => first.filter(|_| !self.is_mixed),
        }
    }
}

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Integer,
    Decimal,
    Float,
    Boolean,
    Date,
    Timestamp,
    Other,
}

impl Shape {
    const ALL: [Self; 7] =
        [Self::Integer, Self::Decimal, Self::Float, Self::Boolean, Self::Date, Self::Timestamp, Self::Other];
    const COUNT: usize = Self::ALL.len();
}

fn admits(kind: Kind) -> &'static [Shape] {
    match kind {
        Kind::Text => &Shape::ALL,
        Kind::Integer => &[Shape::Integer],
        Kind::Decimal { .. } => &[Shape::Integer, Shape::Decimal],
        Kind::Double => &[Shape::Integer, Shape::Decimal, Shape::Float],
        Kind::Boolean => &[Shape::Boolean],
        Kind::Date => &[Shape::Date],
        Kind::Timestamp { .. } => &[Shape::Timestamp],
    }
}

enum Number {
    Exact { whole: usize, scale: usize },
    Float,
}

/// `-?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?`, or a floating point word such as `NaN`.
fn number(text: &str) -> Option<Number> {
    if matches!(text, "NaN" | "Infinity" | "-Infinity") {
        return Some(Number::Float);
    }
    let bytes = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let whole = run_of_digits(bytes);
    if whole == 0 || (whole > 1 && bytes[0] == b'0') {
        return None;
    }
    let mut rest = &bytes[whole..];
    let mut scale = 0;
    if let [b'.', tail @ ..] = rest {
        scale = run_of_digits(tail);
        rest = &tail[scale..];
        if scale == 0 {
            return None;
        }
    }
    match rest {
        // OK because `-0` isn't an integer that is reproduced exactly.
        [] if text.starts_with('-') && bytes.iter().all(|byte| matches!(byte, b'0' | b'.')) => Some(Number::Float),
        [] => Some(Number::Exact { whole, scale }),
        [b'e' | b'E', tail @ ..] => {
            let exponent = tail.strip_prefix(b"-").or_else(|| tail.strip_prefix(b"+")).unwrap_or(tail);
            let ends = !exponent.is_empty() && run_of_digits(exponent) == exponent.len();
            // OK because Java writes a decimal zero as `0E-18`.
            let zero = whole + scale == 1 && bytes[0] == b'0' && text.len() == bytes.len();
            ends.then_some(if zero { Number::Exact { whole: 1, scale: 1 } } else { Number::Float })
        }
        _ => None,
    }
}

/// Whether the nearest double differs from the exact number.
fn is_changed_by_double(text: &str) -> bool {
    let Some(double) = parse_double(text) else { return true };
    if let Ok(whole) = text.parse::<i128>() {
        return double as i128 != whole;
    }
    let mut written = String::new();
    write_double(&mut written, double);
    let plain = |text: &str| text.trim_end_matches('0').trim_end_matches('.').to_owned();
    !text.contains('.') || plain(&written) != plain(text)
}

fn run_of_digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(declared: Option<&str>, values: &[&str]) -> (Kind, Option<Misfit>) {
        let mut tally = Accumulator::new(declared.map(Kind::declared));
        for (row, value) in (1..).zip(values) {
            tally.add(row, Some(value));
        }
        tally.decide()
    }

    #[test]
    fn a_declared_type_is_kept_where_all_values_have_its_form() {
        assert_eq!(kind_of(Some("LONG"), &["1", "-9223372036854775808"]), (Kind::Integer, None));
        let decimal = |precision, scale| (Kind::Decimal { precision, scale }, None);
        assert_eq!(kind_of(Some("DECIMAL(38,4)"), &["1.5000", "2", "0E-18"]), decimal(18, 4));
        assert_eq!(kind_of(Some("DECIMAL"), &["1234567890123456789.5"]), decimal(38, 1));
        assert_eq!(kind_of(Some("DOUBLE"), &["1", "1.5E-7", "NaN"]), (Kind::Double, None));
        assert_eq!(
            kind_of(Some("TIMESTAMP"), &["2024-01-20T05:00:00.000Z"]),
            (Kind::Timestamp { zoned: true, form: TimeForm::Amc }, None)
        );
        assert_eq!(kind_of(Some("STRING"), &["1", "2"]), (Kind::Text, None));
        assert_eq!(kind_of(Some("DATE"), &[]), (Kind::Date, None));
    }

    #[test]
    fn a_value_of_another_form_makes_the_column_text_and_is_named() {
        let misfit = Some(Misfit { row: 2, value: "n/a".to_owned() });
        assert_eq!(kind_of(Some("LONG"), &["1", "n/a", "x"]), (Kind::Text, misfit));
        let (kind, misfit) = kind_of(Some("LONG"), &["1", "2.5"]);
        assert_eq!(kind, Kind::Decimal { precision: 18, scale: 1 });
        assert_eq!(misfit, Some(Misfit { row: 2, value: "2.5".to_owned() }));
        assert_eq!(kind_of(Some("LONG"), &["007"]).0, Kind::Text);
        assert_eq!(kind_of(Some("BOOLEAN"), &["TRUE"]).0, Kind::Text);
    }

    #[test]
    fn an_undeclared_column_becomes_what_all_its_values_are() {
        assert_eq!(kind_of(None, &["1", "2"]).0, Kind::Integer);
        assert_eq!(kind_of(None, &["1.50", "2.25"]).0, Kind::Decimal { precision: 18, scale: 2 });
        assert_eq!(kind_of(None, &["1", "2.25"]).0, Kind::Double);
        assert_eq!(kind_of(None, &["1", "2.5", "2.50"]).0, Kind::Text);
        assert_eq!(kind_of(None, &["true", "false"]).0, Kind::Boolean);
        assert_eq!(kind_of(None, &["2024-01-20"]).0, Kind::Date);
        assert_eq!(kind_of(None, &["2024-01-20", "1"]).0, Kind::Text);
        assert_eq!(kind_of(None, &["00123"]).0, Kind::Text);
        assert_eq!(kind_of(None, &["1234567890123456789", "1E3"]).0, Kind::Text);
        assert_eq!(kind_of(None, &[""]).0, Kind::Text);
        for text in ["1E5", "0012", "TRUE", "1e3", "-0.0", "+1", "1.", "12345678901234567890123456789012345678901"] {
            assert_eq!(kind_of(None, &["1", text]).0, Kind::Text, "{text}");
        }
    }

    #[test]
    fn times_stay_as_they_are_written_or_text() {
        let time = |values: &[&str]| kind_of(Some("TIMESTAMP"), values);
        let fixed = |blank, digits| TimeForm::Fixed { blank, digits };
        let plain = |form| (Kind::Timestamp { zoned: false, form }, None);
        assert_eq!(time(&["2024-01-20T05:00:00.000", "2024-01-20T05:00:00.000001"]), plain(TimeForm::Amc));
        assert_eq!(time(&["2024-01-20 05:00:00", "2024-01-20 06:00:00"]), plain(fixed(true, 0)));
        assert_eq!(time(&["2024-01-20T05:00:00.100000", "2024-01-20T05:00:00.000000"]), plain(fixed(false, 6)));
        let (kind, misfit) = time(&["2024-01-20T05:00:00.000", "2024-01-20T05:00:00.000Z"]);
        assert_eq!((kind, misfit.map(|misfit| misfit.row)), (Kind::Text, Some(2)), "one has a zone");
        assert_eq!(time(&["2024-01-20T05:00:00", "2024-01-20T05:00:00.0"]).0, Kind::Text);
    }

    #[test]
    fn a_double_that_would_change_a_number_is_not_used() {
        let double = |values: &[&str]| kind_of(Some("DOUBLE"), values).0;
        assert_eq!(double(&["9007199254740992", "0.30000000000000004", "3267250.7400000000"]), Kind::Double);
        assert_eq!(double(&["9007199254740993"]), Kind::Integer);
        assert_eq!(double(&["18446744073709551617"]), Kind::Decimal { precision: 38, scale: 0 });
        assert_eq!(double(&["0.1234567890123456789"]), Kind::Decimal { precision: 38, scale: 19 });
    }
}
