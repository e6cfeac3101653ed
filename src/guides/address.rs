//! Where a guide may lead, and what a heading is called in an address.

/// Whether a link or an image of a guide may use this address: `http`, `https`, or one without a scheme
/// that stays on this program.
pub(super) fn is_allowed(address: &str) -> bool {
    // OK to refuse blanks and backslashes wholesale: browsers drop or turn them, so `java\tscript:` and
    // `/\host` are not what they look like.
    if address.is_empty()
        || address.chars().any(|letter| letter.is_control() || letter.is_whitespace() || letter == '\\')
    {
        return false;
    }
    let lower = address.to_ascii_lowercase();
    if lower.starts_with("https://") || lower.starts_with("http://") {
        return true;
    }
    let before_path = address.split(['/', '?', '#']).next().unwrap_or("");
    !address.starts_with("//") && !before_path.contains(':')
}

/// A heading's id: its letters and digits in lower case, the rest as single hyphens; `section` when
/// nothing is left.
pub(super) fn id(text: &str) -> String {
    let mut id = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            id.push(letter);
        } else if letter != '\'' && letter != '’' && !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    let id = id.trim_end_matches('-');
    if id.is_empty() { "section".to_owned() } else { id.to_owned() }
}

/// `text` for an attribute or an element.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_web_or_stay_here() {
        for address in
            ["https://a.example/x", "HTTP://a.example", "/queries", "#window", "other-guide#x", "a/b:c", "?q=a:b"]
        {
            assert!(is_allowed(address), "{address}");
        }
        let scripts = [
            "javascript:alert(1)",
            "JavaScript:x",
            "java\tscript:x",
            " javascript:x",
            "data:text/html,x",
            "vbscript:x",
        ];
        for address in
            scripts.into_iter().chain(["", "//evil.example", "/\\evil.example", "\\\\evil", "mailto:a@b.example"])
        {
            assert!(!is_allowed(address), "{address}");
        }
    }

    #[test]
    fn ids_are_made_of_the_words() {
        assert_eq!(id("Why rows vanish: 2 of 100?"), "why-rows-vanish-2-of-100");
        assert_eq!(id("AMC's own — words"), "amcs-own-words");
        assert_eq!(id("???"), "section");
        assert_eq!(id("Über uns"), "über-uns");
    }
}
