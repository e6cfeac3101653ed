//! Words on the screen: plain English, the field's standard terms, one word for one thing.

use super::none;
use super::source::{File, files};

/// What is not written on pages, in guides and in messages, and what is written instead.
const RETIRED: [(&str, &str); 28] = [
    ("by itself", "automatically, or nothing"),
    ("by themselves", "automatically, or nothing"),
    ("pretend", "AMC emulator, demo mode, sample user"),
    ("take it back", "Restore"),
    ("take it off", "Remove"),
    ("take them up", "Resume editing"),
    ("takes it away", "Leave blank to …"),
    ("ended badly", "Failed"),
    ("goes for good", "Permanently deleted on"),
    ("failed for good", "failed"),
    ("needed for a run", "Required"),
    ("unless a run says otherwise", "Default time window"),
    ("with commas between", "Separate … with commas"),
    ("asked after", "polled, checked"),
    ("is no state", "isn't a valid state"),
    ("is not narrowed by it", "this filter was ignored"),
    ("could not be asked", "Couldn't reach Amazon"),
    ("kept out", "Sign-in refused"),
    ("several as", "Aggregate by"),
    ("its runs", "Executions"),
    ("its queries", "Queries"),
    ("so far", "Elapsed, up to here"),
    ("whoever runs recomamp", "your administrator"),
    ("lies on", "is on"),
    ("in your name", "on your behalf"),
    ("by hand", "manually"),
    ("is looked for", "is searched"),
    ("are looked for", "are searched"),
];

/// The texts that people read: all of a template or guide, and what stands in quotes in the program.
fn texts() -> Vec<File> {
    let pages = files("").into_iter().filter(|file| {
        let is_page = ["templates/", "guides/"].iter().any(|folder| file.path.starts_with(folder));
        (is_page && ["html", "md"].contains(&file.ending())) || file.path == "static/app.js"
    });
    let program = files("src").into_iter().filter(File::is_program).map(|file| {
        let text = file.code().lines().map(quoted).collect::<Vec<_>>().join("\n");
        File { path: format!("src/{}", file.path), text }
    });
    pages.chain(program).collect()
}

/// What of a line is text and not code: from its first quote to its last, or all of it where a text goes on.
fn quoted(line: &str) -> &str {
    match (line.find('"'), line.rfind('"')) {
        (Some(first), Some(last)) if first < last => &line[first..=last],
        _ => line,
    }
}

#[test]
fn no_text_uses_a_retired_phrase() {
    let mut breaches = Vec::new();
    for file in texts() {
        for (at, line) in file.text.lines().enumerate() {
            let line = line.to_lowercase();
            let found = RETIRED.iter().filter(|(phrase, _)| line.contains(phrase));
            breaches.extend(found.map(|(phrase, usual)| format!("{}:{}: “{phrase}”: {usual}", file.path, at + 1)));
        }
    }
    none(&breaches);
}

#[test]
fn quoted_text_is_found_in_a_line_of_code() {
    assert_eq!(quoted(r#"    Self::Refused => "Sign-in refused","#), r#""Sign-in refused""#);
    assert_eq!(quoted("it goes on in the next line \\"), "it goes on in the next line \\");
}
