//! Parses pasted lists: separators, quotes, duplicates.

use std::collections::HashSet;

/// A parsed list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::queries) struct PastedList {
    /// Distinct values in order.
    pub(in crate::queries) values: Vec<String>,
    /// The number of dropped duplicates.
    pub(in crate::queries) repeated: usize,
    /// Whether quotes around all values were removed.
    pub(in crate::queries) unquoted: bool,
}

impl PastedList {
    /// Parses a list. Values are separated by line ends; on a single line by tabs, semicolons or commas; by spaces if
    /// every part is an id (digits, or ten capitals and digits as in ASINs), since names contain spaces. Quotes
    /// around all values are removed. Duplicates are dropped: a value that occurs twice in `VALUES` would count its
    /// rows twice.
    pub(in crate::queries) fn read(text: &str) -> Self {
        let text = text.trim_matches(is_blank);
        let lines: Vec<&str> = text.split(['\n', '\r', '\t', ';']).map(trimmed).filter(|it| !it.is_empty()).collect();
        let pieces: Vec<&str> = if lines.len() > 1 && !lines.iter().all(|line| is_row(line)) {
            lines
        } else {
            lines.iter().flat_map(|line| commas(line)).map(trimmed).filter(|it| !it.is_empty()).collect()
        };
        let ids = || pieces.iter().flat_map(|piece| piece.split(is_blank)).filter(|it| !it.is_empty());
        let pieces: Vec<&str> = if ids().all(is_id) { ids().collect() } else { pieces };
        let quoted =
            |quote: char| move |piece: &&&str| piece.len() > 1 && piece.starts_with(quote) && piece.ends_with(quote);
        let quote = ['\'', '"']
            .into_iter()
            .find(|quote| !pieces.is_empty() && pieces.iter().filter(quoted(*quote)).count() == pieces.len());
        let value = |piece: &&str| match quote {
            Some(quote) => piece[1..piece.len() - 1].replace(&format!("{quote}{quote}"), &quote.to_string()),
            None => (*piece).to_owned(),
        };
        let (mut seen, mut list) = (HashSet::new(), Self { unquoted: quote.is_some(), ..Self::default() });
        for value in pieces.iter().map(value).filter(|value| !value.is_empty()) {
            if seen.insert(value.clone()) {
                list.values.push(value);
            } else {
                list.repeated += 1;
            }
        }
        list
    }

    /// A description of what was changed; empty for a short list that was only split.
    pub(in crate::queries) fn describe(&self) -> String {
        let count = i64::try_from(self.values.len()).unwrap_or(i64::MAX);
        if count < 2 && self.repeated == 0 && !self.unquoted {
            return String::new();
        }
        let mut words = crate::web::words::counted(count, "value", "values");
        if self.repeated > 0 {
            let repeated = i64::try_from(self.repeated).unwrap_or(i64::MAX);
            words = format!("{words}, {} removed", crate::web::words::counted(repeated, "duplicate", "duplicates"));
        }
        if self.unquoted {
            words.push_str(", quotes removed");
        }
        words + "."
    }
}

fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{200b}' | '\u{feff}')
}

/// A part without surrounding whitespace and trailing comma.
fn trimmed(piece: &str) -> &str {
    piece.trim_matches(is_blank).trim_end_matches(',').trim_end_matches(is_blank)
}

/// Whether a line is a row of quoted values, `'a', 'b'`, or of comma-separated ids.
fn is_row(line: &str) -> bool {
    let pieces = commas(line);
    let is_quoted = |piece: &&str| {
        let piece = trimmed(piece);
        ['\'', '"'].iter().any(|quote| piece.len() > 1 && piece.starts_with(*quote) && piece.ends_with(*quote))
    };
    pieces.iter().all(is_quoted)
        || pieces.iter().all(|piece| piece.split(is_blank).filter(|it| !it.is_empty()).all(is_id))
}

/// Splits a line at commas outside of quotes.
fn commas(line: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut quote) = (Vec::new(), 0, None);
    let mut is_start = true;
    for (at, letter) in line.char_indices() {
        match (quote, letter) {
            (None, '\'' | '"') if is_start => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            (None, ',') => {
                pieces.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        is_start = quote.is_none() && (letter == ',' || (is_start && is_blank(letter)));
    }
    // OK to split at all commas if a quote isn't closed: it was an apostrophe.
    if quote.is_some() {
        return line.split(',').collect();
    }
    pieces.push(&line[start..]);
    pieces
}

/// Whether a part is an id, which can't contain spaces: digits, or ten capitals and digits.
fn is_id(piece: &str) -> bool {
    let all = |fits: fn(&u8) -> bool| piece.bytes().all(|byte| fits(&byte));
    all(u8::is_ascii_digit)
        || (piece.len() == 10
            && all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && piece.bytes().any(|it| it.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<String> {
        PastedList::read(text).values
    }

    #[test]
    fn what_clearly_separates_splits() {
        assert_eq!(read("a, b\nc d\r\n\r\n e,\n"), ["a, b", "c d", "e"], "a line is a value");
        assert_eq!(read("Men's wear, Spring sale"), ["Men's wear", "Spring sale"]);
        assert_eq!(
            read("B012345678 B012345679\tB01234567A;B01234567B"),
            ["B012345678", "B012345679", "B01234567A", "B01234567B"]
        );
        assert_eq!(read("B012345678, B012345679\nB01234567A, B01234567B").len(), 4, "rows of ids");
        assert_eq!(read("1 2 3"), ["1", "2", "3"]);
        assert_eq!(read("Spring sale Summer sale"), ["Spring sale Summer sale"], "names have blanks in them");
        assert_eq!(read(" \u{a0}\n\u{200b}"), [""; 0]);
    }

    #[test]
    fn quotes_around_every_value_are_removed_and_said() {
        let list = PastedList::read("'B1', 'B2', 'O''Neill', 'B1'");
        assert_eq!(list.values, ["B1", "B2", "O'Neill"]);
        assert_eq!(list.describe(), "3 values, 1 duplicate removed, quotes removed.");
        assert_eq!(read("\"a, b\"\n\"c\""), ["a, b", "c"]);
        assert_eq!(read("'a', b"), ["'a'", "b"], "quotes around some are part of them");
        assert_eq!(read("it's, isn't"), ["it's", "isn't"]);
    }

    #[test]
    fn thousands_of_values_are_counted() {
        let text = (0..20_000).map(|n| format!("B0{n:08}")).collect::<Vec<_>>().join("\t");
        let list = PastedList::read(&format!("{text}\t{text}"));
        assert_eq!((list.values.len(), list.repeated), (20_000, 20_000));
        assert_eq!(list.describe(), "20,000 values, 20,000 duplicates removed.");
    }

    proptest! {
        #[test]
        fn any_text_gives_values_without_repetition(text in "(\\PC|\n|\t|,|;|'|\"| ){0,60}") {
            let list = PastedList::read(&text);
            let unique: HashSet<_> = list.values.iter().collect();
            prop_assert_eq!(unique.len(), list.values.len());
            prop_assert!(list.values.iter().all(|value| !value.is_empty()));
        }
    }
}
