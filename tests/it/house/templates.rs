//! Templates have no inline scripts and styles, which the content security policy would block.

use super::none;
use super::source::files;

/// The violations in a template, with their lines.
fn inline(text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    for (at, _) in text.match_indices('<') {
        let Some(end) = text[at..].find('>') else { continue };
        let tag = text[at..at + end].to_lowercase();
        let attributes: Vec<&str> = tag.split_whitespace().skip(1).collect();
        let has = |name: &str| attributes.iter().any(|attribute| attribute.starts_with(name));
        let handler = attributes.iter().any(|attribute| {
            attribute.starts_with("on")
                && attribute.split_once('=').is_some_and(|(name, _)| name.chars().all(char::is_alphabetic))
        });
        let wrong = (tag.starts_with("<script") && !has("src="))
            || tag.starts_with("<style")
            || has("style=")
            || has("hx-on")
            || handler
            || ["javascript:", "js:"].iter().any(|scheme| tag.contains(&format!("\"{scheme}")));
        if wrong {
            let line = text[..at].lines().count().max(1);
            breaches.push(format!("{line}: {}>", &text[at..at + end]));
        }
    }
    breaches
}

#[test]
fn templates_have_no_script_or_style_of_their_own() {
    let mut breaches = Vec::new();
    for file in files("templates") {
        breaches.extend(inline(&file.text).into_iter().map(|breach| format!("templates/{}:{breach}", file.path)));
    }
    none(&breaches);
}

#[test]
fn inline_scripts_and_styles_are_recognized() {
    for wrong in [
        "<script>alert(1)</script>",
        "<style>p { }</style>",
        "<p style=\"color: red\">",
        "<p onclick=\"x()\">",
        "<p hx-on:click=\"x()\">",
        "<a href=\"javascript:x()\">",
        "<p hx-vals=\"js:{}\">",
    ] {
        assert_eq!(inline(wrong).len(), 1, "{wrong}");
    }
    let right =
        "<script defer src=\"/a.js\"></script><p class=\"on\" data-style=\"x\"><input name=\"one\" value=\"on=1\">";
    assert_eq!(inline(right), Vec::<String>::new());
}

#[test]
fn what_was_made_elsewhere_carries_its_version_and_its_licence() {
    let mut breaches = Vec::new();
    for folder in ["static/vendor", "tests/vendor"] {
        let files = files(folder);
        let licences: Vec<&str> =
            files.iter().filter_map(|file| file.path.split_once(".LICENSE")).map(|(name, _)| name).collect();
        for file in files.iter().filter(|file| !file.path.contains(".LICENSE")) {
            let version =
                file.path.split(['-', '/']).any(|part| part.starts_with(|first: char| first.is_ascii_digit()));
            let package = |licence: &&&str| {
                let number = licence.rsplit_once('-').map(|(_, number)| number).unwrap_or_default();
                file.path.starts_with(**licence) || (!number.is_empty() && file.path.contains(number))
            };
            if !version || licences.iter().find(package).is_none() {
                breaches.push(format!("{folder}/{} has no version in its name, or no licence beside it", file.path));
            }
        }
    }
    none(&breaches);
}
