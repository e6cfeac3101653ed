//! The pictures of a report where the program doesn't serve them: in a downloaded file, and on the page of a public link.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::guides::content::picture_kind;

/// Maximum size of the pictures in a file together, in bytes, so that the file can be sent by email.
const MOST_BYTES: usize = 5_000_000;
/// How the rendered Markdown begins a picture. It can't be in text, where `<` is escaped.
const START: &str = "<img src=\"";

/// The text of a report with its pictures in it, as `data:` addresses. `picture` returns the bytes of a file of the
/// guide's folder.
pub(super) fn embedded(body: &str, slug: &str, picture: impl Fn(&str) -> Option<Arc<[u8]>>) -> String {
    let folder = format!("/guides/{slug}/files/");
    let mut left = MOST_BYTES;
    replaced(body, |address| {
        let gone = "it is no longer in the guide";
        let file = address.strip_prefix(&folder).map(decoded).ok_or(gone)?;
        let (bytes, kind) = picture(&file).zip(picture_kind(&file)).ok_or(gone)?;
        left = left
            .checked_sub(bytes.len())
            .ok_or("a download holds at most 5 MB of pictures; the report's page shows it")?;
        Ok(format!("data:{kind};base64,{}", STANDARD.encode(bytes)))
    })
}

/// The text of a report without its pictures, which only people who are signed in can load.
pub fn without_pictures(body: &str) -> String {
    replaced(body, |_| Err("it is only shown in RecomAMP"))
}

/// The text with another address for each picture, or with a note in its place that says why it isn't included.
fn replaced(body: &str, mut other: impl FnMut(&str) -> Result<String, &'static str>) -> String {
    let mut pieces = body.split(START);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (address, rest) = piece.split_once('"').unwrap_or((piece, ""));
        match other(address) {
            Ok(address) => text.push_str(&[START, &address, "\"", rest].concat()),
            Err(why) => {
                let (tag, after) = rest.split_once("/>").unwrap_or((rest, ""));
                let alt = tag.split_once("alt=\"").and_then(|(_, alt)| alt.split_once('"')).map_or("", |(alt, _)| alt);
                text.push_str(&["<em>", alt, " (picture not included: ", why, ")</em>", after].concat());
            }
        }
    }
    text
}

/// A file's name from an address.
fn decoded(address: &str) -> String {
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            bytes.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "<p>&lt;img src=\"<img src=\"/guides/a/files/caf%C3%A9.png\" alt=\"A &quot;funnel&quot;\" /> then \
                        <img src=\"/guides/a/files/two.jpg\" alt=\"Two\" title=\"T\" />.</p>";

    #[test]
    fn pictures_become_part_of_the_text() {
        let text = embedded(BODY, "a", |file| (file == "café.png").then(|| Arc::from(b"png".as_slice())));
        assert!(
            text.contains("<img src=\"data:image/png;base64,cG5n\" alt=\"A &quot;funnel&quot;\" /> then "),
            "{text}"
        );
        assert!(
            text.ends_with("then <em>Two (picture not included: it is no longer in the guide)</em>.</p>"),
            "{text}"
        );
        assert!(text.starts_with("<p>&lt;img src=\""), "text stays: {text}");
    }

    #[test]
    fn a_file_says_which_pictures_it_has_no_room_for() {
        let text =
            embedded(BODY, "a", |file| Some(Arc::from(vec![0; if file == "two.jpg" { 1 } else { MOST_BYTES + 1 }])));
        assert!(
            text.contains("<em>A &quot;funnel&quot; (picture not included: a download holds at most 5 MB"),
            "{text}"
        );
        assert!(text.contains("<img src=\"data:image/jpeg;base64,AA==\" alt=\"Two\" title=\"T\" />"), "{text}");
    }

    #[test]
    fn a_public_page_has_notes_instead_of_pictures() {
        let text = without_pictures(BODY);
        assert!(!text.contains("<img src=\"/guides"), "{text}");
        assert_eq!(text.matches("(picture not included: it is only shown in RecomAMP)").count(), 2);
    }
}
