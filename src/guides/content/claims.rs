//! Claims: the numbers in a guide's text that come from the result of one of its queries.
//!
//! They are in the front matter, so that the text stays plain Markdown: each quotes some words of the text and gives a
//! formula for each number in them. `recomamp guides check` computes the formulas on synthetic data; here the words are
//! found and their numbers read.

use super::formula::Formula;
use super::model::{Finding, Guide};
use crate::queries::{Entry, Fault, lines_of_entry};

/// Maximum number of claims in a guide.
const MOST: usize = 200;
/// Languages, besides English, that write a point before decimals.
const POINT: [&str; 6] = ["ja", "ko", "zh", "he", "hi", "th"];

/// Numbers in the text that come from one query.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::guides) struct Claim {
    /// The id of a query of the guide.
    pub(in crate::guides) query: String,
    /// The quoted words.
    text: String,
    formulas: Vec<(String, Formula)>,
    /// How far a number may be off; by default half a unit of its last digit.
    within: Option<f64>,
    /// Values of parameters instead of the defaults.
    pub(in crate::guides) parameters: Vec<(String, Vec<String>)>,
    /// Its line and column.
    pub(in crate::guides) place: (usize, usize),
    /// The numbers in the quoted words, each with its formula.
    pub(in crate::guides) numbers: Vec<Stated>,
}

/// A number in the text.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::guides) struct Stated {
    pub(in crate::guides) number: Numeral,
    pub(in crate::guides) within: f64,
    /// Its line and column.
    pub(in crate::guides) place: (usize, usize),
    pub(in crate::guides) source: String,
    pub(in crate::guides) formula: Formula,
}

/// A number as written.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::guides) struct Numeral {
    /// Its place in the text, in bytes.
    at: usize,
    pub(in crate::guides) shown: String,
    pub(in crate::guides) value: f64,
    /// Digits after the decimal separator.
    decimals: usize,
}

/// Parses the key `claims` of a guide.
pub(super) fn read(entry: Entry<'_>, faults: &mut Vec<Fault>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (place, entries) in entry.tables(faults) {
        if claims.len() == MOST {
            faults.push(Fault { message: format!("A guide has at most {MOST} claims."), ..place });
            break;
        }
        let mut claim = Claim { place: (place.line, place.column), ..Claim::default() };
        let before = faults.len();
        for part in entries {
            take(part, &mut claim, faults);
        }
        let lacking = [
            ("query", claim.query.is_empty()),
            ("text", claim.text.is_empty()),
            ("numbers", claim.formulas.is_empty()),
        ];
        let lacking = lacking.iter().find(|(_, lacks)| *lacks && faults.len() == before);
        match lacking {
            Some((key, _)) => faults.push(Fault { message: format!("The claim lacks `{key}`."), ..place }),
            None if faults.len() == before => claims.push(claim),
            None => {}
        }
    }
    claims
}

fn take(part: Entry<'_>, claim: &mut Claim, faults: &mut Vec<Fault>) {
    match part.key.as_str() {
        "query" => part.read::<String>(faults).trim_end_matches(".sql").clone_into(&mut claim.query),
        "text" => claim.text = Words::new(part.read::<String>(faults).trim()).text,
        "numbers" => {
            for source in lines_of_entry(&part, faults) {
                match Formula::parse(&source) {
                    Ok(formula) => claim.formulas.push((source, formula)),
                    Err(why) => faults.push(part.fault(format!("`{source}` isn't a formula. {why}"))),
                }
            }
        }
        "within" => claim.within = Some(part.read::<f64>(faults)),
        "parameters" => {
            let values = part.entries(faults).into_iter();
            claim.parameters = values.map(|entry| (entry.key.clone(), lines_of_entry(&entry, faults))).collect();
        }
        key => faults.push(part.fault(format!("`{key}` means nothing in a claim. Remove it."))),
    }
}

/// Finds the quoted words of a guide's claims in its text, which begins at byte `start` of its file.
pub(super) fn place(guide: &mut Guide, file: &str, text: &str, start: usize, findings: &mut Vec<Finding>) {
    let mut claims = std::mem::take(&mut guide.claims);
    if claims.is_empty() {
        return;
    }
    let body = Words::new(text.get(start..).unwrap_or_default());
    let lines = crate::amcsql::text::LineIndex::new(text);
    for claim in &mut claims {
        match stated(claim, guide, &body) {
            Ok(mut numbers) => {
                for stated in &mut numbers {
                    let place = lines.place(start + stated.number.at);
                    stated.place = (place.line, place.column);
                }
                claim.numbers = numbers;
            }
            Err(why) => findings.push(Finding::error(file, claim.place, "claim", why)),
        }
    }
    guide.claims = claims;
}

fn stated(claim: &Claim, guide: &Guide, body: &Words) -> Result<Vec<Stated>, String> {
    let query = guide.query(&claim.query).ok_or_else(|| {
        let known: Vec<&str> = guide.queries().map(|query| query.id.as_str()).collect();
        format!("The guide has no query {}. It has {}.", claim.query, known.join(", "))
    })?;
    let fields = &query.authored.input.fields;
    if let Some((name, _)) = claim.parameters.iter().find(|(name, _)| !fields.iter().any(|field| field.name == *name)) {
        return Err(format!("The query {} has no parameter {name}.", claim.query));
    }
    let columns: Vec<&str> = query.columns.iter().map(|(name, _)| name.as_str()).collect();
    let is_lost = |name: &&str| !columns.is_empty() && !columns.iter().any(|known| known.eq_ignore_ascii_case(name));
    if let Some(name) = claim.formulas.iter().flat_map(|(_, formula)| formula.columns()).find(is_lost) {
        return Err(format!("The result of {} has no column {name}. It has {}.", claim.query, columns.join(", ")));
    }
    let numerals = body.numerals(&claim.text, &guide.language)?;
    if numerals.len() != claim.formulas.len() {
        let shown: Vec<&str> = numerals.iter().map(|numeral| numeral.shown.as_str()).collect();
        return Err(format!(
            "The words of the claim hold {} numbers ({}), and it has {} formulas. Write one for each number, in their order.",
            numerals.len(),
            shown.join("; "),
            claim.formulas.len()
        ));
    }
    let stated = |(number, (source, formula)): (Numeral, &(String, Formula))| Stated {
        // A little more than half a unit, since 0.125 isn't exactly the half of two neighbors.
        within: claim.within.unwrap_or_else(|| 0.500_001 / 10_f64.powi(i32::try_from(number.decimals).unwrap_or(9))),
        number,
        place: claim.place,
        source: source.clone(),
        formula: formula.clone(),
    };
    Ok(numerals.into_iter().zip(&claim.formulas).map(stated).collect())
}

/// A text with single spaces, and the place of each of its bytes in the file.
struct Words {
    text: String,
    places: Vec<usize>,
}

impl Words {
    fn new(text: &str) -> Self {
        let mut words = Self { text: String::with_capacity(text.len()), places: Vec::with_capacity(text.len()) };
        for (at, letter) in text.char_indices() {
            let letter = if letter.is_whitespace() && !is_separator(letter) { ' ' } else { letter };
            if letter == ' ' && words.text.ends_with(' ') {
                continue;
            }
            words.text.push(letter);
            words.places.extend((0..letter.len_utf8()).map(|byte| at + byte));
        }
        words
    }

    /// The numbers in words that occur exactly once.
    fn numerals(&self, words: &str, language: &str) -> Result<Vec<Numeral>, String> {
        let mut found = self.text.match_indices(words);
        let Some((at, _)) = found.next() else {
            return Err(format!("The text of the guide doesn't hold “{words}”. Quote its current words."));
        };
        if found.next().is_some() {
            return Err(format!("The text holds “{words}” several times. Quote more words."));
        }
        let mut numerals = numerals(words, language)?;
        for numeral in &mut numerals {
            numeral.at = self.places.get(at + numeral.at).copied().unwrap_or_default();
        }
        Ok(numerals)
    }
}

/// Whether a character may separate groups of digits, besides point and comma.
fn is_separator(letter: char) -> bool {
    matches!(letter, '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// The numbers in a text: digits that aren't part of a word.
fn numerals(text: &str, language: &str) -> Result<Vec<Numeral>, String> {
    let (mut numerals, mut rest, mut at) = (Vec::new(), text, 0);
    while let Some(first) = rest.find(|c: char| c.is_ascii_digit()) {
        let begin = at + first;
        let (before, tail) = (text.get(..begin).unwrap_or_default(), text.get(begin..).unwrap_or_default());
        let length = length(tail);
        let shown = tail.get(..length).unwrap_or_default();
        at = begin + length;
        rest = text.get(at..).unwrap_or_default();
        let is_word = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        if is_word(before.chars().next_back()) || is_word(rest.chars().next()) {
            continue;
        }
        let (value, decimals) = parsed(shown, language)
            .ok_or_else(|| format!("“{shown}” isn't a number as {} writes it.", language_name(language)))?;
        let head = before.strip_suffix(['-', '−']);
        let is_negative = head.is_some_and(|head| head.is_empty() || head.ends_with([' ', '(', '|']));
        let value = if is_negative { -value } else { value };
        numerals.push(Numeral { at: begin, shown: shown.to_owned(), value, decimals });
    }
    Ok(numerals)
}

fn language_name(language: &str) -> &str {
    if language.is_empty() { "an English text" } else { "the language of the text" }
}

/// The length of the number at the start of a text: digits, and separators between digits.
fn length(text: &str) -> usize {
    let mut length = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let is_between = (matches!(letter, ',' | '.') || is_separator(letter))
            && letters.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if !letter.is_ascii_digit() && !is_between {
            break;
        }
        length = at + letter.len_utf8();
    }
    length
}

/// A number and its decimal places; `None` if its digits aren't grouped in threes.
fn parsed(shown: &str, language: &str) -> Option<(f64, usize)> {
    let main = language.split('-').next().unwrap_or_default();
    let has_point = matches!(main, "" | "en") || POINT.contains(&main);
    let (mark, group) = if has_point { ('.', ',') } else { (',', '.') };
    let (whole, fraction) = shown.split_once(mark).unwrap_or((shown, ""));
    let mut groups = whole.split(|letter: char| letter == group || is_separator(letter));
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let is_grouped = rest.is_empty() || (first.len() <= 3 && rest.iter().all(|group| group.len() == 3));
    let is_plain = fraction.bytes().all(|byte| byte.is_ascii_digit());
    let number = format!("{first}{}.{fraction}0", rest.concat());
    number.parse().ok().filter(|_| is_grouped && is_plain).map(|number| (number, fraction.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str, language: &str) -> Vec<f64> {
        numerals(text, language).unwrap().into_iter().map(|numeral| numeral.value).collect()
    }

    #[test]
    fn numbers_are_read_as_the_language_writes_them() {
        assert_eq!(values("add up to **6,501**, but only 5,858 (17.5%)", ""), [6501.0, 5858.0, 17.5]);
        assert_eq!(values("zusammen 6.501, also 17,5 Prozent", "de"), [6501.0, 17.5]);
        assert_eq!(values("soit 6\u{202f}501 et 1", "fr"), [6501.0, 1.0]);
        assert_eq!(values("| 1st | B012345678 | 2026 H2 | -3 | 8-14 |", ""), [2026.0, -3.0, 8.0, 14.0]);
        assert_eq!(values("none, and x_1", ""), Vec::<f64>::new());
        assert!(numerals("17,5 percent", "").unwrap_err().contains("17,5"));
        assert!(numerals("1.2.3", "").is_err());
        assert_eq!(numerals("0.50", "").unwrap()[0].decimals, 2);
    }

    #[test]
    fn words_are_found_across_lines_and_only_once() {
        let words = Words::new("A\n  b 12\n\nc 13 b");
        let found = words.numerals("b 12 c", "").unwrap();
        assert_eq!((found[0].at, found[0].shown.as_str()), (6, "12"));
        assert!(words.numerals("b 14", "").unwrap_err().contains("doesn't hold"));
        assert!(words.numerals("b", "").unwrap_err().contains("several times"));
    }
}
