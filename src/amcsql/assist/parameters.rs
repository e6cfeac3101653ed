//! Infers types of parameters from their surroundings.

use std::collections::HashMap;

use super::super::catalogue::{Catalogue, DataType};
use super::super::functions::{self, AggregateFunction as Aggregate, Kind as FunctionKind, Outcome};
use super::super::template;
use super::scope::Reading;
use super::tokens::{Kind, Token};

/// The type suggested by a parameter's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType {
    Text,
    Number,
    Boolean,
    Date,
    DateTime,
    List,
    /// A `LIKE` pattern.
    Pattern,
}

/// The suggested type of each parameter of a text, by name; the first conclusive place counts.
pub fn parameter_types(text: &str, catalogue: &Catalogue) -> HashMap<String, ParameterType> {
    let fields = template::fields(text);
    let mut types = HashMap::new();
    if fields.is_empty() {
        return types;
    }
    let reading = Reading::new(text, catalogue);
    let tokens: Vec<Token> = reading.tokens.iter().copied().filter(|token| !token.is_comment()).collect();
    for field in fields {
        if types.get(&field.name).is_some_and(|known| *known != ParameterType::Text) {
            continue;
        }
        let place = tokens.partition_point(|token| token.span.start < field.span.start);
        let proposed = if field.in_list || field.rows {
            ParameterType::List
        } else {
            Around { reading: &reading, tokens: &tokens }.proposed(place).unwrap_or(ParameterType::Text)
        };
        types.insert(field.name, proposed);
    }
    types
}

const COMPARISONS: [&str; 7] = ["=", "<>", "!=", "<", ">", "<=", ">="];

struct Around<'a, 'b> {
    reading: &'a Reading<'b>,
    tokens: &'a [Token],
}

impl Around<'_, '_> {
    fn is_word(&self, at: Option<usize>, words: &[&str]) -> bool {
        let token = at.and_then(|at| self.tokens.get(at));
        token.is_some_and(|token| words.iter().any(|word| token.is_word(self.reading.text, word)))
    }

    fn is_sign(&self, at: Option<usize>, signs: &[&str]) -> bool {
        let token = at.and_then(|at| self.tokens.get(at));
        token.is_some_and(|token| signs.iter().any(|sign| token.is_sign(self.reading.text, sign)))
    }

    /// The type suggested by the surroundings of the parameter at that token.
    fn proposed(&self, at: usize) -> Option<ParameterType> {
        let before = at.checked_sub(1);
        if self.is_word(before, &["LIKE"]) {
            return Some(ParameterType::Pattern);
        }
        if self.is_word(before, &["LIMIT"])
            || self.is_sign(before, &["*", "/", "+", "-", "%"])
            || self.is_sign(Some(at + 1), &["*", "/", "+", "-", "%"])
        {
            return Some(ParameterType::Number);
        }
        if self.is_sign(before, &["("])
            && self.is_word(at.checked_sub(2), &["CAST"])
            && self.is_word(Some(at + 1), &["AS"])
        {
            let target = self.tokens.get(at + 2)?.text(self.reading.text);
            return DataType::parse(target).map(|data_type| of_type(&data_type));
        }
        if self.is_sign(before, &COMPARISONS) || self.is_word(before, &["BETWEEN"]) {
            let not = usize::from(self.is_word(at.checked_sub(2), &["NOT"]));
            return self.value_ending(at.checked_sub(2 + not)?);
        }
        if self.is_word(before, &["AND"]) {
            let start = at.saturating_sub(12);
            let between = (start..at).rev().find(|at| self.is_word(Some(*at), &["BETWEEN"]))?;
            let not = usize::from(self.is_word(between.checked_sub(1), &["NOT"]));
            return self.value_ending(between.checked_sub(1 + not)?);
        }
        if self.is_sign(Some(at + 1), &COMPARISONS) {
            let is_qualified = self.is_sign(Some(at + 3), &["."]);
            return self.column(if is_qualified { at + 4 } else { at + 2 });
        }
        None
    }

    /// The type of a column or a call that ends at a token.
    fn value_ending(&self, at: usize) -> Option<ParameterType> {
        if !self.is_sign(Some(at), &[")"]) {
            return self.column(at);
        }
        let (mut depth, mut open) = (0_usize, at);
        for back in (0..=at).rev() {
            if self.is_sign(Some(back), &[")"]) {
                depth += 1;
            } else if self.is_sign(Some(back), &["("]) {
                depth -= 1;
                if depth == 0 {
                    open = back;
                    break;
                }
            }
        }
        let name = self.tokens.get(open.checked_sub(1)?)?;
        let function = functions::signature(name.text(self.reading.text))?;
        match function.kind {
            // These return the type of their argument.
            FunctionKind::Aggregate(Aggregate::Min | Aggregate::Max | Aggregate::Collect) => None,
            FunctionKind::Aggregate(_)
            | FunctionKind::Scalar { outcome: Outcome::Long | Outcome::Double | Outcome::Rounded, .. } => {
                Some(ParameterType::Number)
            }
            FunctionKind::Scalar { outcome: Outcome::Date, .. } => Some(ParameterType::Date),
            FunctionKind::Scalar { outcome: Outcome::Timestamp, .. } => Some(ParameterType::DateTime),
            _ => None,
        }
    }

    /// The type of the column that a token names.
    fn column(&self, at: usize) -> Option<ParameterType> {
        let token = self.tokens.get(at).filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted))?;
        let name = token.name(self.reading.text);
        let levels = self.reading.in_scope(token.span.start);
        let mut columns = levels.iter().flatten().flat_map(|given| &given.columns);
        let column = columns.find(|column| column.name.eq_ignore_ascii_case(&name))?;
        column.data_type.as_ref().map(of_type)
    }
}

fn of_type(data_type: &DataType) -> ParameterType {
    match data_type {
        DataType::Boolean => ParameterType::Boolean,
        DataType::Date => ParameterType::Date,
        DataType::Timestamp => ParameterType::DateTime,
        numeric if numeric.is_numeric() => ParameterType::Number,
        _ => ParameterType::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposed(condition: &str) -> ParameterType {
        let text = format!(
            "WITH a AS (SELECT campaign, impression_date AS d, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1, 2) \
             SELECT a.campaign FROM a JOIN dsp_impressions i ON i.campaign = a.campaign WHERE {condition}"
        );
        parameter_types(&text, Catalogue::standard()).remove("x").unwrap()
    }

    #[test]
    fn the_place_proposes_the_type() {
        for (condition, expected) in [
            ("a.campaign = {{x}}", ParameterType::Text),
            ("a.campaign IN ({{x}})", ParameterType::List),
            ("a.campaign LIKE {{x}}", ParameterType::Pattern),
            ("i.impressions > {{x}}", ParameterType::Number),
            ("{{x}} <= i.impressions", ParameterType::Number),
            ("d >= {{x}}", ParameterType::Date),
            ("d BETWEEN {{x}} AND {{y}}", ParameterType::Date),
            ("d NOT BETWEEN {{y}} AND {{x}}", ParameterType::Date),
            ("n = {{x}}", ParameterType::Number),
            ("i.impression_dt < {{x}}", ParameterType::DateTime),
            ("i.impression_dt < CAST({{x}} AS DATE)", ParameterType::Date),
            ("COUNT(DISTINCT (i.user_id)) > {{x}}", ParameterType::Number),
            ("i.impressions * {{x}} > 1", ParameterType::Number),
            ("nothing = {{x}}", ParameterType::Text),
            ("{{x}}", ParameterType::Text),
        ] {
            assert_eq!(proposed(condition), expected, "{condition}");
        }
    }

    #[test]
    fn odd_texts_propose_something() {
        for text in ["{{x}}", ") = {{x}}", "BETWEEN {{x}}", "CAST({{x}}", "{{x}} =", "AND {{x}} AND", "VALUES {{x}}"] {
            assert!(parameter_types(text, Catalogue::standard()).contains_key("x"), "{text}");
        }
    }
}
