//! Makes text searches ignore the case of all letters, not just of the ASCII ones.
//!
//! Statements search with `lower(…) like lower($n) escape '\'`. SQLite, and PostgreSQL with the locale `C`, only know
//! the cases of ASCII letters, so that “über” would not find “ÜBER”. If the searched text has other letters, the
//! condition gets a pattern with a set for each of them, `[Üü]`, in the syntax of the database. On its left side,
//! `lower` still turns ASCII letters into small ones.
//!
//! A function of our own was rejected: SQLite gets one only through unsafe code. So was a second, lower-case column:
//! each table would store its texts twice.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::value::Value;

/// The beginning of the condition's right side.
const BEFORE: &str = "like lower($";
/// What follows the number of the value.
const AFTER: &str = ") escape '\\'";

/// A syntax of patterns with sets of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// SQLite's `glob`.
    Glob,
    /// PostgreSQL's `~`.
    Regex,
}

/// The text of a statement with such conditions for all values that need them; their values become patterns.
pub(super) fn matched(text: &'static str, values: &mut [Value], syntax: Syntax) -> SqlStr {
    if !text.contains(BEFORE) || !values.iter().any(is_wide) {
        return text.into_sql_str();
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    let mut changed = BTreeSet::new();
    while let Some((before, after)) = rest.split_once(BEFORE) {
        out.push_str(before);
        if let Some((place, end)) = condition(after).filter(|(place, _)| values.get(*place).is_some_and(is_wide)) {
            // OK because writing to a String cannot fail.
            let _ = write!(out, "{} ${}", syntax.operator(), place + 1);
            changed.insert(place);
            rest = end;
        } else {
            out.push_str(BEFORE);
            rest = after;
        }
    }
    out.push_str(rest);
    for place in changed {
        if let Some(Value::Text(pattern)) = values.get_mut(place) {
            *pattern = syntax.pattern(pattern);
        }
    }
    // OK because it consists of the constant text, an operator and numbers.
    AssertSqlSafe(out).into_sql_str()
}

/// The index of a condition's value, and the text after the condition.
fn condition(after: &str) -> Option<(usize, &str)> {
    let (number, end) = after.split_once(AFTER)?;
    Some((number.parse::<usize>().ok()?.checked_sub(1)?, end))
}

/// Whether a value is a text with letters whose case the databases may not know.
fn is_wide(value: &Value) -> bool {
    matches!(value, Value::Text(text) if !text.is_ascii())
}

impl Syntax {
    const fn operator(self) -> &'static str {
        match self {
            Self::Glob => "glob",
            Self::Regex => "~",
        }
    }

    /// The pattern that finds what a pattern of `like` finds, in texts whose ASCII letters are small.
    fn pattern(self, like: &str) -> String {
        let mut out = String::from(if self == Self::Regex { "^" } else { "" });
        let mut letters = like.chars();
        while let Some(letter) = letters.next() {
            match (letter, self) {
                ('%', Self::Glob) => out.push('*'),
                ('%', Self::Regex) => out.push_str(".*"),
                ('_', Self::Glob) => out.push('?'),
                ('_', Self::Regex) => out.push('.'),
                ('\\', _) => out.extend(letters.next().map(|escaped| self.one(escaped))),
                _ => out.push_str(&self.one(letter)),
            }
        }
        out.push_str(if self == Self::Regex { "$" } else { "" });
        out
    }

    /// The pattern of one character.
    fn one(self, letter: char) -> String {
        if !letter.is_ascii() {
            let cases = cases(letter);
            return if cases.len() == 1 { letter.to_string() } else { format!("[{}]", String::from_iter(cases)) };
        }
        let small = letter.to_ascii_lowercase();
        match self {
            Self::Glob if matches!(letter, '*' | '?' | '[') => format!("[{letter}]"),
            Self::Regex if !letter.is_ascii_alphanumeric() => format!("\\{letter}"),
            Self::Glob | Self::Regex => small.to_string(),
        }
    }
}

/// A letter in all its cases.
fn cases(letter: char) -> BTreeSet<char> {
    let upper = single(letter.to_uppercase()).unwrap_or(letter);
    let mut cases = BTreeSet::from([letter, upper]);
    cases.extend(single(letter.to_lowercase()));
    cases.extend(single(upper.to_lowercase()));
    if upper == 'Σ' {
        // The small letter at the end of a word.
        cases.insert('ς');
    }
    cases
}

/// The only character of an iterator: some letters become two in the other case, such as `ß`.
fn single(mut letters: impl Iterator<Item = char>) -> Option<char> {
    let first = letters.next()?;
    letters.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "select id from t where ($1 = '' or lower(a) like lower($1) escape '\\') \
                        and (lower(b) like lower($2) escape '\\' or lower(c) = lower($1)) and d like $3 escape '\\'";

    fn matched_with(values: [&str; 3], syntax: Syntax) -> (String, Vec<Value>) {
        let mut values = values.map(|value| Value::Text(value.to_owned()));
        let text = matched(TEXT, &mut values, syntax);
        (text.as_str().to_owned(), values.to_vec())
    }

    #[test]
    fn a_search_for_ascii_letters_stays_as_it_is() {
        let (text, values) = matched_with(["%a\\%%", "", "%ü%"], Syntax::Glob);
        assert_eq!(text, TEXT);
        assert_eq!(values, ["%a\\%%", "", "%ü%"].map(|value| Value::Text(value.to_owned())));
    }

    #[test]
    fn a_search_for_other_letters_becomes_a_pattern_with_sets() {
        let (text, values) = matched_with(["%Über%", "%x%", "%ü%"], Syntax::Glob);
        assert_eq!(text, TEXT.replacen("like lower($1) escape '\\'", "glob $1", 1));
        assert_eq!(values, ["*[Üü]ber*", "%x%", "%ü%"].map(|value| Value::Text(value.to_owned())));
        let (text, values) = matched_with(["", "%Über%", ""], Syntax::Regex);
        assert_eq!(text, TEXT.replacen("like lower($2) escape '\\'", "~ $2", 1));
        assert_eq!(values[1], Value::Text("^.*[Üü]ber.*$".to_owned()));
    }

    #[test]
    fn what_means_something_in_a_pattern_is_searched_as_it_is() {
        assert_eq!(Syntax::Glob.pattern("%é*?[]\\%\\_\\\\-^%"), "*[Éé][*][?][[]]%_\\-^*");
        assert_eq!(Syntax::Regex.pattern("%é.*[A]\\%\\_\\\\ %"), "^.*[Éé]\\.\\*\\[a\\]\\%\\_\\\\\\ .*$");
    }

    #[test]
    fn letters_have_all_their_cases() {
        let all = |letter| String::from_iter(cases(letter));
        assert_eq!(all('п'), "Пп");
        assert_eq!((all('σ'), all('ς'), all('Σ')), ("Σςσ".to_owned(), "Σςσ".to_owned(), "Σςσ".to_owned()));
        assert_eq!((all('ß'), all('日'), all('😀')), ("ß".to_owned(), "日".to_owned(), "😀".to_owned()));
    }
}
