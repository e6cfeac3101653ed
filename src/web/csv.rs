//! Fields of CSV files that people open in spreadsheets.
//!
//! A spreadsheet runs a text that begins like a formula, and what a list holds was often written by others: so an
//! apostrophe goes before such a text. It changes the text, which is why programs are offered JSON.

/// A byte order mark, by which spreadsheets know UTF-8; goes before everything else.
pub const MARK: &str = "\u{feff}";

/// Writes a text as a field (RFC 4180), guarded where a spreadsheet would take it for a formula.
pub fn write(out: &mut String, text: &str) {
    let guard = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quote = guard || text.is_empty() || text.contains([',', '"', '\n', '\r']);
    if !quote {
        out.push_str(text);
        return;
    }
    out.push('"');
    out.push_str(if guard { "'" } else { "" });
    for character in text.chars() {
        out.push_str(if character == '"' { "\"" } else { "" });
        out.push(character);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_begins_like_a_formula_is_guarded_and_others_stay() {
        let written = |text: &str| {
            let mut out = String::new();
            write(&mut out, text);
            out
        };
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(written(formula), format!("\"'{formula}\""));
        }
        assert_eq!(written("=\"a\""), "\"'=\"\"a\"\"\"");
        assert_eq!(written("a=1"), "a=1");
        assert_eq!(written("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"");
        assert_eq!(written(""), "\"\"");
    }
}
