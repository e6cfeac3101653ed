//! A small chart of a query's sample, drawn once per version of its file.
//!
//! The author names the columns of numbers; the other columns say what a bar or a point stands for. The table stays
//! beside it, with every number.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::queries::{Sample, sample_number};
use crate::web::chart::{Along, Chart, SERIES, Series, Shape, Size};

/// Maximum number of rows of a chart.
const MOST_ROWS: usize = 25;

/// Why these columns can't be drawn; `None` if they can.
pub(super) fn why_not(sample: Option<&Sample>, columns: &[String]) -> Option<String> {
    if columns.is_empty() {
        return None;
    }
    let Some(sample) = sample else { return Some("A chart needs a `sample`.".to_owned()) };
    for name in columns {
        match sample.columns.iter().position(|column| column == name) {
            None => return Some(format!("The sample has no column {name} to draw.")),
            Some(at) if !sample.is_number(at) => return Some(format!("The column {name} isn't a column of numbers.")),
            Some(_) => {}
        }
    }
    let most = MOST_ROWS;
    (columns.len() > SERIES)
        .then(|| format!("A chart has at most {SERIES} columns."))
        .or_else(|| (sample.rows.len() > most).then(|| format!("A chart has at most {most} rows.")))
        .or_else(|| along(sample, columns).is_empty().then(|| "No column says what a bar stands for.".to_owned()))
}

/// The chart as SVG; empty if there is none.
pub(super) fn drawn(id: &str, sample: &Sample, columns: &[String]) -> String {
    if columns.is_empty() || why_not(Some(sample), columns).is_some() {
        return String::new();
    }
    let names = along(sample, columns);
    let heads: Vec<&str> = names.iter().filter_map(|at| sample.columns.get(*at)).map(String::as_str).collect();
    let times = days(sample, &names);
    let order = order(times.as_deref(), sample.rows.len());
    let cell = |row: usize, column: usize| sample.rows.get(row).and_then(|row| row.get(column)).map(String::as_str);
    let series = columns.iter().filter_map(|name| {
        let at = sample.columns.iter().position(|column| column == name)?;
        let values = order.iter().map(|row| cell(*row, at).and_then(sample_number)).collect();
        Some(Series { name: name.clone(), values })
    });
    let label = |row: &usize| {
        let parts: Vec<&str> = names.iter().filter_map(|at| cell(*row, *at)).filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { "(no value)".to_owned() } else { parts.join(" · ") }
    };
    let shape = match (&times, columns.len()) {
        (Some(_), _) => Shape::Lines,
        (None, 1) => Shape::Bars,
        (None, _) => Shape::Stacked,
    };
    let along = match times {
        Some(mut times) => {
            times.sort_unstable();
            Along::Times(times)
        }
        None => Along::Names(order.iter().map(label).collect()),
    };
    let (numbers, by) = (columns.join(", "), heads.join(" and "));
    let places = along.len();
    Chart {
        id: format!("chart-{id}"),
        title: format!("{numbers} by {by}"),
        description: format!("{places} rows of the sample, drawn by {numbers}. The table beside it has all numbers."),
        shape,
        size: Size::Small,
        along,
        along_name: by,
        value_name: numbers,
        series: series.collect(),
    }
    .to_string()
}

/// The columns that say what a bar stands for: those of texts, or else the first that isn't drawn.
fn along(sample: &Sample, columns: &[String]) -> Vec<usize> {
    let is_drawn = |at: usize| sample.columns.get(at).is_some_and(|name| columns.contains(name));
    let others = || (0..sample.columns.len()).filter(|at| !is_drawn(*at));
    let first_number = (0..sample.columns.len()).find(|at| sample.is_number(*at)).unwrap_or(sample.columns.len());
    let value = |row: usize, at: usize| sample.rows.get(row).and_then(|row| row.get(at));
    // A column with one value, such as a currency, tells no bars apart.
    let varies = |at: &usize| (1..sample.rows.len()).any(|row| value(row, *at) != value(0, *at));
    let mut texts: Vec<usize> = others().filter(|at| *at < first_number).collect();
    if texts.iter().any(varies) {
        texts.retain(varies);
    }
    if texts.is_empty() { others().take(1).collect() } else { texts }
}

/// The days of the only column along, if it holds days.
fn days(sample: &Sample, names: &[usize]) -> Option<Vec<DateTime<Utc>>> {
    let [only] = names else { return None };
    let day = |row: &Vec<String>| {
        let day = row.get(*only)?.parse::<NaiveDate>().ok()?;
        Some(day.and_time(NaiveTime::MIN).and_utc())
    };
    let days: Option<Vec<_>> = sample.rows.iter().map(day).collect();
    days.filter(|days| days.len() > 2)
}

/// The rows in the order of the chart: by day, or as in the sample.
fn order(times: Option<&[DateTime<Utc>]>, rows: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    if let Some(times) = times {
        order.sort_by_key(|row| times.get(*row));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(columns: &[&str], rows: &[&[&str]]) -> Sample {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Sample { columns: owned(columns), rows: rows.iter().map(|row| owned(row)).collect(), line: 1 }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn texts_name_the_bars_and_days_make_lines() {
        let by_campaign =
            sample(&["campaign", "device", "reach", "n"], &[&["A", "TV", "1,200", "3"], &["B", "", "", "4"]]);
        let bars = drawn("q", &by_campaign, &names(&["reach"]));
        assert!(bars.contains("<title id=\"chart-q-title\">reach by campaign and device</title>"), "{bars}");
        assert!(bars.contains("A · TV") && bars.contains(">B<") && bars.contains("1.2K"), "{bars}");
        assert!(drawn("q", &by_campaign, &names(&["reach", "n"])).contains("class=\"area s2\""));
        let steps = sample(&["at_least", "users"], &[&["1", "90"], &["2", "40"]]);
        assert!(drawn("q", &steps, &names(&["users"])).contains("users by at_least"));
        let days = [&["2026-03-02", "5"][..], &["2026-03-01", "4"], &["2026-03-03", "6"]];
        assert!(drawn("q", &sample(&["day", "n"], &days), &names(&["n"])).contains("class=\"line s1\""));
        assert_eq!(drawn("q", &by_campaign, &[]), "");
    }

    #[test]
    fn what_cannot_be_drawn_says_why() {
        let one = sample(&["campaign", "reach"], &[&["A", "1"]]);
        let why = |columns: &[&str]| why_not(Some(&one), &names(columns)).unwrap_or_default();
        assert!(why(&["users"]).contains("no column users"));
        assert!(why(&["campaign"]).contains("isn't a column of numbers"));
        assert!(why_not(Some(&sample(&["n"], &[&["1"]])), &names(&["n"])).unwrap().contains("No column says"));
        assert!(why_not(None, &names(&["n"])).unwrap().contains("needs a `sample`"));
        assert_eq!(why(&["reach"]), "");
    }
}
