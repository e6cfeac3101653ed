//! Writes CSV fields: by RFC 4180, or safe for spreadsheets.
//!
//! A spreadsheet runs a text that begins like a formula, and texts in a list were often written by others: so such a
//! text gets a leading apostrophe. If a machine's regional settings use another separator than the file, a
//! spreadsheet splits texts at that character, so the beginning of a formula after any usual separator is guarded
//! too. The apostrophe changes the text, which is why the plain form and JSON are offered to programs.

/// A byte order mark, which makes spreadsheets recognize UTF-8; goes before everything else.
pub const MARK: &str = "\u{feff}";

/// Separators used by spreadsheets, and line ends.
const SEPARATORS: [char; 6] = [',', ';', '\t', '|', '\n', '\r'];

/// Writes a text as a field (RFC 4180), guarded if a spreadsheet would run it, or a part of it, as a formula.
pub fn write(out: &mut String, text: &str) {
    let mut guarded = String::with_capacity(text.len() + 1);
    // The start of a field counts as after a separator.
    let mut is_start = true;
    for (at, character) in text.char_indices() {
        if is_start && begins_formula(&text[at..]) {
            guarded.push('\'');
            is_start = false;
        }
        is_start = SEPARATORS.contains(&character) || (is_start && matches!(character, ' ' | '"'));
        guarded.push(character);
    }
    let needs_marks = text.is_empty() || guarded.len() > text.len() || text.contains([',', ';', '\t', '"', '\n', '\r']);
    if !needs_marks {
        return out.push_str(text);
    }
    out.push('"');
    out.push_str(&guarded.replace('"', "\"\""));
    out.push('"');
}

/// Writes a text as a field by RFC 4180 only, for the given `separator`. Empty text is `""`, to distinguish it from
/// NULL.
pub fn write_plain(out: &mut String, text: &str, separator: char) {
    if !text.is_empty() && !text.contains(['"', '\n', '\r', separator]) {
        return out.push_str(text);
    }
    out.push('"');
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

/// Spreadsheets for East Asian languages also take full-width signs.
fn begins_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = String::new();
        write(&mut out, text);
        out
    }

    #[test]
    fn a_text_that_begins_like_a_formula_is_guarded_and_others_stay() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠SUM(A1)"] {
            assert_eq!(written(formula), format!("\"'{formula}\""));
        }
        assert_eq!(written("=\"a\""), "\"'=\"\"a\"\"\"");
        assert_eq!(written("a=1"), "a=1");
        assert_eq!(written("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"");
        assert_eq!(written(""), "\"\"");
    }

    #[test]
    fn a_formula_behind_any_separator_is_guarded() {
        for separator in [',', ';', '\t', '|', '\n'] {
            for blank in ["", " ", "\""] {
                let text = format!("x{separator}{blank}=1+1");
                assert!(written(&text).contains("'=1+1"), "{text:?}: {}", written(&text));
            }
        }
        for start in ["\t=1", "\r=1", " =1;x"] {
            assert!(written(start).contains("'="), "{start:?}: {}", written(start));
        }
        assert_eq!(written("a - b; c"), "\"a - b; c\"");
    }

    #[test]
    fn the_plain_form_changes_no_text() {
        let plain = |text: &str, separator| {
            let mut out = String::new();
            write_plain(&mut out, text, separator);
            out
        };
        assert_eq!(plain("=1+1", ','), "=1+1");
        assert_eq!(plain("15\"", ','), "\"15\"\"\"");
        assert_eq!((plain("a;b", ','), plain("a;b", ';')), ("a;b".to_owned(), "\"a;b\"".to_owned()));
        assert_eq!(plain("a\\b", ','), "a\\b");
        assert_eq!(plain("", ','), "\"\"");
    }
}
