//! Formulas by which a guide says where a number in its text comes from: arithmetic over the rows of a query's result.
//!
//! ```text
//! sum(reach[step = 'each']) - reach[step = 'together']
//! 100 * people[frequency >= 5] / sum(people)
//! ```
//!
//! A column alone means its value in the only row that fits. SQL was rejected for this: a claim such as the first one
//! would need a subquery for each term, and authors check a sentence, not another query.

mod parse;

use std::fmt;

/// Maximum depth of parentheses.
const DEEPEST: usize = 50;
/// Maximum length of a formula, in bytes.
const LONGEST: usize = 1_000;

/// A parsed formula.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::guides) enum Formula {
    Number(f64),
    /// Its first part, an operator (`+ - * /`), its second.
    Pair(Box<Self>, char, Box<Self>),
    Negative(Box<Self>),
    Cells(Fold, Cells),
}

/// How the values of several rows become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::guides) enum Fold {
    /// There is exactly one.
    Only,
    Sum,
    Average,
    Least,
    Greatest,
    Count,
}

const FOLDS: [(&str, Fold); 5] =
    [("sum", Fold::Sum), ("avg", Fold::Average), ("min", Fold::Least), ("max", Fold::Greatest), ("count", Fold::Count)];

/// The values of a column in some rows.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::guides) struct Cells {
    pub(in crate::guides) column: String,
    /// Conditions that a row must meet: column, operator, value.
    wheres: Vec<(String, Comparison, Operand)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Number(f64),
    Text(String),
    Null,
}

/// A result as texts, by which formulas are computed.
#[derive(Clone, Copy)]
pub(in crate::guides) struct Rows<'a> {
    pub(in crate::guides) columns: &'a [String],
    pub(in crate::guides) rows: &'a [Vec<Option<String>>],
}

impl Rows<'_> {
    fn cell(&self, row: usize, column: &str) -> Result<Option<&str>, String> {
        let at = self.columns.iter().position(|name| name.eq_ignore_ascii_case(column));
        let at = at.ok_or_else(|| format!("the result has no column {column}"))?;
        Ok(self.rows.get(row).and_then(|row| row.get(at)).and_then(|cell| cell.as_deref()))
    }
}

impl Formula {
    /// Parses a formula; the sentence says what is wrong.
    pub(in crate::guides) fn parse(text: &str) -> Result<Self, String> {
        parse::parse(text)
    }

    /// The columns that it reads.
    pub(in crate::guides) fn columns(&self) -> Vec<&str> {
        match self {
            Self::Number(_) => Vec::new(),
            Self::Negative(inner) => inner.columns(),
            Self::Pair(one, _, other) => one.columns().into_iter().chain(other.columns()).collect(),
            Self::Cells(_, cells) => {
                let wheres = cells.wheres.iter().map(|(column, ..)| column.as_str());
                std::iter::once(cells.column.as_str()).chain(wheres).collect()
            }
        }
    }

    /// Its value; the words say why it has none.
    pub(in crate::guides) fn value(&self, rows: Rows<'_>) -> Result<f64, String> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Negative(inner) => Ok(-inner.value(rows)?),
            Self::Pair(one, operator, other) => {
                let (one, other) = (one.value(rows)?, other.value(rows)?);
                match operator {
                    '+' => Ok(one + other),
                    '-' => Ok(one - other),
                    '*' => Ok(one * other),
                    _ if other == 0.0 => Err("it divides by 0".to_owned()),
                    _ => Ok(one / other),
                }
            }
            Self::Cells(fold, cells) => cells.value(*fold, rows),
        }
    }
}

impl Cells {
    fn value(&self, fold: Fold, rows: Rows<'_>) -> Result<f64, String> {
        let (mut numbers, mut fitting) = (Vec::new(), 0);
        for row in 0..rows.rows.len() {
            if !self.fits(row, rows)? {
                continue;
            }
            fitting += 1;
            let Some(text) = rows.cell(row, &self.column)? else { continue };
            if fold == Fold::Count {
                numbers.push(1.0);
                continue;
            }
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            numbers.push(number.ok_or_else(|| format!("“{text}” in {} isn't a number", self.column))?);
        }
        // OK because adding zero turns the −0 of no numbers into 0.
        let sum = numbers.iter().sum::<f64>() + 0.0;
        match fold {
            Fold::Only if fitting != 1 => Err(format!("{fitting} rows fit {self}, not one")),
            Fold::Count | Fold::Sum => Ok(sum),
            _ if numbers.is_empty() => Err(format!("{self} has no value")),
            Fold::Only => Ok(sum),
            Fold::Average => Ok(sum / numbers.len() as f64),
            Fold::Least => Ok(numbers.into_iter().fold(f64::INFINITY, f64::min)),
            Fold::Greatest => Ok(numbers.into_iter().fold(f64::NEG_INFINITY, f64::max)),
        }
    }

    fn fits(&self, row: usize, rows: Rows<'_>) -> Result<bool, String> {
        for (column, comparison, operand) in &self.wheres {
            let order = match (rows.cell(row, column)?, operand) {
                (None, Operand::Null) => Some(std::cmp::Ordering::Equal),
                (Some(_), Operand::Null) => Some(std::cmp::Ordering::Greater),
                (None, _) => None,
                (Some(cell), Operand::Text(text)) => Some(cell.cmp(text)),
                (Some(cell), Operand::Number(number)) => {
                    cell.parse::<f64>().ok().and_then(|cell| cell.partial_cmp(number))
                }
            };
            if !order.is_some_and(|order| comparison.holds(order)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl fmt::Display for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.column)?;
        let mut before = "[";
        for (column, comparison, operand) in &self.wheres {
            write!(f, "{before}{column} {} {operand}", comparison.sign())?;
            before = " and ";
        }
        if self.wheres.is_empty() { Ok(()) } else { f.write_str("]") }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Null => f.write_str("null"),
        }
    }
}

impl Comparison {
    /// Longer signs first, so that `<=` is not read as `<`.
    const SIGNS: [(&'static str, Self); 7] = [
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("<>", Self::Unequal),
        ("!=", Self::Unequal),
        ("=", Self::Equal),
        ("<", Self::Less),
        (">", Self::Greater),
    ];

    fn sign(self) -> &'static str {
        Self::SIGNS.iter().find(|(_, known)| *known == self).map_or("=", |(sign, _)| sign)
    }

    fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(formula: &str) -> Result<f64, String> {
        let columns = ["step", "n", "share"].map(str::to_owned);
        let row = |cells: [Option<&str>; 3]| cells.map(|cell| cell.map(str::to_owned)).to_vec();
        let rows = [
            row([Some("a"), Some("1"), Some("0.5")]),
            row([Some("it's"), Some("20"), None]),
            row([None, Some("300"), Some("-2")]),
        ];
        Formula::parse(formula)?.value(Rows { columns: &columns, rows: &rows })
    }

    #[test]
    fn a_formula_is_arithmetic_over_chosen_rows() {
        for (formula, expected) in [
            ("1 + 2 * 3 - -4 / 2", 9.0),
            ("(1 + 2) * 3", 9.0),
            ("n[step = 'a']", 1.0),
            ("n[step = 'it''s'] * 2", 40.0),
            ("n[step = null]", 300.0),
            ("sum(n)", 321.0),
            ("SUM(n[n >= 20 and step <> null])", 20.0),
            ("avg(n[n != 20])", 150.5),
            ("min(share) + max(n)", 298.0),
            ("count(share)", 2.0),
            ("count(n[n > 1000])", 0.0),
            ("100 * n[n<=1]/sum(N)", 100.0 / 321.0),
        ] {
            let found = value(formula).unwrap();
            assert!((found - expected).abs() < 1e-9, "{formula}: {found}");
        }
    }

    #[test]
    fn what_cannot_be_computed_says_why() {
        for (formula, why) in [
            ("n", "3 rows fit n"),
            ("n[step = 'b']", "0 rows fit n[step = 'b']"),
            ("m", "no column m"),
            ("share[n = 20]", "has no value"),
            ("step[n = 1]", "“a” in step isn't a number"),
            ("1 / count(n[n > 1000])", "divides by 0"),
            ("", "missing before the end"),
            ("1 +", "missing before the end"),
            ("n[step 'a']", "Compare step"),
            ("n[step = a]", "in single quotes"),
            ("n[step = 'a", "no quote at its end"),
            ("n[step = 'a'", "A “]” is missing"),
            ("median(n)", "no function median"),
            ("1 2", "“2” is not understood"),
            ("1..2", "isn't a number"),
        ] {
            let found = value(formula).unwrap_err();
            assert!(found.contains(why), "{formula}: {found}");
        }
        assert!(value(&"(".repeat(400)).unwrap_err().contains("too deeply"));
        assert!(value(&"-".repeat(2_000)).unwrap_err().contains("at most"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "([a-z(){}' \\[\\]=<>+*/.0-9-]|and |sum\\(|ü){0,60}") {
            let _ = value(&text);
        }
    }
}
