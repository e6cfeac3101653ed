//! Validates names that people give to things: visible, and displayed as typed.
//!
//! A name is the link to a thing, in lists and elsewhere. A name of invisible characters can't be clicked or
//! distinguished from another; one that changes the text direction garbles the line around it. Joining characters are
//! legitimate in several scripts and in emoji, so they are allowed in a visible name.

/// Why a text isn't a valid name, as a sentence; `most` is its maximum length in characters.
pub fn fault(name: &str, most: usize) -> Option<String> {
    if name.chars().count() > most || name.chars().any(char::is_control) {
        return Some(format!("Use at most {most} characters on one line."));
    }
    if let Some(turns) = name.chars().find(|letter| is_turning(*letter)) {
        return Some(format!(
            "The name contains an invisible control character (U+{:04X}). Type the name again.",
            u32::from(turns)
        ));
    }
    let seen = name.is_empty() || is_seen(name);
    (!seen).then(|| "The name has no visible characters. Enter another name.".to_owned())
}

/// The text without invisible and direction-changing characters.
pub fn plain(text: &str) -> String {
    text.chars().filter(|letter| *letter != '\u{200B}' && !is_turning(*letter)).collect()
}

/// Whether the text has any visible character.
pub fn is_seen(text: &str) -> bool {
    text.chars().any(|letter| !letter.is_whitespace() && !letter.is_control() && !is_shapeless(letter))
}

/// Direction overrides, embeddings and isolates, and line and paragraph separators.
fn is_turning(letter: char) -> bool {
    matches!(letter, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters that are displayed as nothing, or as a space (Unicode, default ignorable code points, and the fillers).
fn is_shapeless(letter: char) -> bool {
    matches!(
        letter,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_nobody_sees_are_refused() {
        for name in ["\u{200B}", "\u{FEFF}\u{AD}", "\u{3164}", "\u{2800} \u{2800}", "\u{E0041}", "\u{200D}\u{FE0F}"] {
            assert!(
                fault(name, 100).is_some_and(|message| message.contains("no visible characters")),
                "{}",
                name.escape_unicode()
            );
        }
    }

    #[test]
    fn names_that_turn_the_text_around_them_are_refused_by_their_character() {
        for (name, message) in [("\u{202E}hcaer", "U+202E"), ("reach\u{2066}", "U+2066"), ("a\u{2028}b", "U+2028")] {
            assert!(fault(name, 100).is_some_and(|words| words.contains(message)), "{}", name.escape_unicode());
        }
        assert!(fault("two\nlines", 100).is_some() && fault("long", 3).is_some());
    }

    #[test]
    fn names_of_all_scripts_and_emoji_are_taken() {
        for name in
            ["Reach", "ریچ\u{200C}ها", "\u{200F}עברית", "क्\u{200D}ष", "👩\u{200D}👩\u{200D}👧", "❤\u{FE0F}", "…"]
        {
            assert_eq!(fault(name, 100), None, "{}", name.escape_unicode());
        }
    }
}
