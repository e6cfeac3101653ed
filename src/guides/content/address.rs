//! Allowed link targets of guides, and ids of headings.

use super::model::Target;

/// Whether a link of a guide may use this address: `http`, `https`, or one without a scheme that stays on this
/// program.
fn is_allowed(address: &str) -> bool {
    // OK to refuse all whitespace and backslashes: browsers remove or convert them, so `java\tscript:` and `/\host`
    // aren't what they look like.
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

/// The target of an address in the guide `slug`, and the address for its page. Relative addresses work as in any
/// Markdown viewer: `../other/guide.md#section`, `../library/reach.sql`, `picture.png`.
pub(super) fn resolved(address: &str, slug: &str) -> Result<(Target, String), &'static str> {
    if !is_allowed(address) {
        return Err("Links must use http or https, or lead to a page of this program.");
    }
    if address.to_ascii_lowercase().starts_with("http") && address.contains("://") {
        return Ok((Target::Outside, address.to_owned()));
    }
    let (path, id) = address.split_once('#').unwrap_or((address, ""));
    if path.is_empty() {
        return Ok((Target::Heading(id.to_owned()), address.to_owned()));
    }
    if path.starts_with('/') {
        return Ok((on_this_site(path, id), address.to_owned()));
    }
    let segments: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "." | "")).collect();
    let fragment = if id.is_empty() { String::new() } else { format!("#{id}") };
    match segments[..] {
        ["guide.md"] => Ok((Target::Heading(id.to_owned()), if id.is_empty() { "#".to_owned() } else { fragment })),
        [file] if file != ".." => Ok((Target::File(file.to_owned()), format!("/guides/{slug}/files/{file}"))),
        ["..", "library", file] => {
            let name = file.strip_suffix(".sql").ok_or("Link to a template's file, such as ../library/reach.sql.")?;
            Ok((Target::Template(name.to_owned()), format!("/library/{name}")))
        }
        ["..", other] | ["..", other, "guide.md"] if other != ".." => {
            Ok((Target::Guide(other.to_owned(), id.to_owned()), format!("/guides/{other}{fragment}")))
        }
        _ => Err(
            "This path is outside the guide's folder. Link to ../other-guide/guide.md, ../library/template.sql, or a page such as /queries.",
        ),
    }
}

fn on_this_site(path: &str, id: &str) -> Target {
    let plain = path.split('?').next().unwrap_or(path);
    match (plain.strip_prefix("/guides/"), plain.strip_prefix("/library/")) {
        (Some(slug), _) => Target::Guide(slug.to_owned(), id.to_owned()),
        (_, Some(slug)) => Target::Template(slug.to_owned()),
        _ => Target::Page(plain.to_owned()),
    }
}

/// A heading's id: its letters and digits in lower case, everything else as single hyphens; `section` if nothing is
/// left.
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

/// Whether a folder or a file has a name that is valid in addresses.
pub(super) fn is_slug(name: &str) -> bool {
    let letters = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    !name.is_empty() && name.len() <= 80 && name.chars().all(letters) && !name.starts_with('-')
}

/// `text` escaped for an attribute or an element.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_https_and_local_links_are_allowed() {
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
    fn relative_addresses_stay_within_the_guides() {
        let of = |address| resolved(address, "reach").map(|(_, href)| href);
        assert_eq!(of("../overlap/guide.md#why"), Ok("/guides/overlap#why".to_owned()));
        assert_eq!(of("../library/reach-by-day.sql"), Ok("/library/reach-by-day".to_owned()));
        assert_eq!(of("picture.png"), Ok("/guides/reach/files/picture.png".to_owned()));
        assert_eq!(of("/data-sources/dsp_clicks"), Ok("/data-sources/dsp_clicks".to_owned()));
        for address in ["../../etc/passwd", "a/../../b", "..", "../x/../../y", "sub/picture.png"] {
            assert!(of(address).is_err(), "{address}");
        }
    }

    #[test]
    fn ids_are_made_of_the_headings_words() {
        assert_eq!(id("Why rows vanish: 2 of 100?"), "why-rows-vanish-2-of-100");
        assert_eq!(id("AMC's own — words"), "amcs-own-words");
        assert_eq!(id("???"), "section");
        assert_eq!(id("Über uns"), "über-uns");
    }
}
