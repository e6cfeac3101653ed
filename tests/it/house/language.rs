//! Language: plain American English, the field's standard terms, one word for one thing.

use super::none;
use super::source::{File, files};

/// What is not written on pages, in guides and in messages, and what is written instead.
const RETIRED: [(&str, &str); 75] = [
    ("by itself", "automatically, or nothing"),
    ("by themselves", "automatically, or nothing"),
    ("pretend", "AMC emulator, demo mode, sample user"),
    ("emulated amazon", "AMC emulator"),
    ("take it back", "Restore"),
    ("take it off", "Hide"),
    ("take them up", "Resume editing"),
    ("takes it away", "Leave blank to …"),
    ("ended badly", "Failed"),
    ("goes for good", "Permanently deleted on"),
    ("for good", "permanently, indefinitely, forever"),
    ("needed for a run", "Required"),
    ("unless a run says otherwise", "Default time window"),
    ("with commas between", "Separate … with commas"),
    ("asked after", "polled, checked"),
    ("is no state", "isn't a valid state"),
    ("is not narrowed by it", "this filter was ignored"),
    ("not all of the address", "Part of this address was ignored"),
    ("could not be asked", "Couldn't reach Amazon"),
    ("kept out", "Sign-in refused"),
    ("several as", "Aggregate by"),
    ("its runs", "Executions"),
    ("its queries", "Queries"),
    ("so far", "Elapsed, up to here"),
    ("whoever runs recomamp", "your RecomAMP administrator"),
    ("the person who runs", "your RecomAMP administrator"),
    ("lies on", "is on"),
    ("in your name", "on your behalf"),
    ("by hand", "manually"),
    ("is looked for", "is searched"),
    ("are looked for", "are searched"),
    ("rows with too few people", "below the privacy threshold"),
    ("take the first guide", "Start with the first guide"),
    ("ask amazon again", "Refresh from Amazon"),
    ("on your list / removed", "Active / Hidden"),
    ("with amazon again", "Reconnect"),
    ("in trouble", "failing"),
    ("left alone", "paused"),
    ("broke off", "was interrupted"),
    ("ended in the middle", "incomplete"),
    ("could not be had", "is unknown, couldn't get"),
    ("did not answer", "didn't respond"),
    ("this meanwhile", "since you opened it"),
    ("change and run", "Edit and rerun"),
    ("why it waits", "Why it's waiting"),
    ("rows vanish", "rows are missing"),
    ("amc's own words", "AMC's message"),
    ("everything about it", "Technical details"),
    ("sql as it was sent", "SQL sent to AMC"),
    ("has to be renewed", "needs reconnecting"),
    ("press reconnect", "Select Reconnect"),
    ("equally many", "the same number of"),
    ("what the columns hold", "Summary"),
    ("came together", "combines"),
    ("have no sum", "don't add up"),
    ("has no total", "not summed"),
    ("numbers of the chart", "Chart data"),
    ("money as amc", "Show raw values"),
    ("for spreadsheets", "Excel-safe"),
    ("fit the filter", "No matching …"),
    ("fewer letters", "a shorter term"),
    ("nothing found", "No matches"),
    ("words in a guide", "Search guides"),
    ("that you do not know", "you don't recognize"),
    ("there is nothing here", "Page not found"),
    ("the clock stands", "Clock paused"),
    ("path holds", "Path contains"),
    ("are not over", "in progress"),
    ("without a name", "Untitled"),
    ("at one go", "at once, together"),
    ("told apart", "distinguished"),
    ("in the making", "being prepared"),
    ("stumble", "fail"),
    ("gone for good", "deleted permanently"),
    ("behind one door", "in one place"),
];

/// What comments don't say, and what they say instead.
const STIFF: [(&str, &str); 27] = [
    ("asked after", "polled, checked"),
    ("at one go", "at once, together"),
    ("befall", "happen to"),
    ("behind one door", "in one place"),
    ("by themselves", "automatically, or nothing"),
    ("comes to nothing", "fails"),
    ("for good", "permanently, indefinitely, forever"),
    ("has its say", "applies"),
    ("hereby", "nothing"),
    ("holds it to", "checks it against"),
    ("in its turn", "then"),
    ("in mid-", "during"),
    ("in vain", "without effect"),
    ("is looked for", "is searched"),
    ("is no state", "isn't a valid state"),
    ("lies beside", "is next to"),
    ("makes do with", "uses only"),
    ("nobody asks", "unused"),
    ("once and for all", "permanently"),
    ("pretend", "AMC emulator, demo mode, sample user"),
    ("stands where", "is at, replaces"),
    ("stumble", "fail"),
    ("thereof", "of it"),
    ("told apart", "distinguished"),
    ("what becomes of", "the outcome of"),
    ("what tells", "what distinguishes, what reports"),
    ("wherefrom", "from where"),
];

/// British spellings, and how they are written here.
const BRITISH: [(&str, &str); 22] = [
    ("favourite", "favorite"),
    ("favourites", "favorites"),
    ("colour", "color"),
    ("colours", "colors"),
    ("honour", "honor"),
    ("behaviour", "behavior"),
    ("cancelled", "canceled"),
    ("cancelling", "canceling"),
    ("labelled", "labeled"),
    ("recognise", "recognize"),
    ("recognised", "recognized"),
    ("organise", "organize"),
    ("organised", "organized"),
    ("authorise", "authorize"),
    ("authorised", "authorized"),
    ("authorisation", "authorization"),
    ("summarise", "summarize"),
    ("normalise", "normalize"),
    ("analyse", "analyze"),
    ("licence", "license"),
    ("centre", "center"),
    ("grey", "gray"),
];

/// Texts of AMC and Amazon, or code that parses them.
const FOREIGN: [&str; 4] = ["src/amazon/", "src/amcsql/", "src/emulator/", "src/executions/causes/table.rs"];

/// The texts that people read: all of a template or guide, and string literals in the program.
fn texts() -> Vec<File> {
    let pages = files("").into_iter().filter(|file| {
        let is_page = ["templates/", "guides/"].iter().any(|folder| file.path.starts_with(folder));
        let is_read = file.path == "static/app.js" || file.path == "README.md";
        (is_page && ["html", "md"].contains(&file.ending())) || is_read
    });
    let program = files("src").into_iter().filter(File::is_program).map(|file| {
        let (code, mut goes_on) = (file.code(), false);
        let text = code.lines().map(|line| {
            let text = quoted(line, goes_on);
            goes_on = text.ends_with('\\');
            text
        });
        File { path: format!("src/{}", file.path), text: text.collect::<Vec<_>>().join("\n") }
    });
    pages.chain(program).collect()
}

/// The string literals of a line, with quotes; `goes_on` if a literal continues from the previous line.
fn quoted(line: &str, goes_on: bool) -> String {
    let (mut is_text, mut is_escaped, mut text) = (goes_on, false, String::new());
    for sign in line.chars() {
        let is_quote = sign == '"' && !is_escaped;
        if is_text || is_quote {
            text.push(sign);
        }
        is_text ^= is_quote;
        is_escaped = sign == '\\' && !is_escaped;
    }
    text
}

/// The words of a line: without identifiers, addresses and attributes, which contain other characters.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let ends = |sign: char| sign.is_whitespace() || "\"`<>(){},;!?“”…".contains(sign);
    let words = line.split(ends).map(|word| word.trim_matches(['.', ':']));
    words.filter(|word| !word.is_empty() && word.chars().all(char::is_alphabetic))
}

/// What is found in the lines of all our own texts.
fn breaches(found: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let mut breaches = Vec::new();
    let is_own = |file: &File| !FOREIGN.iter().any(|path| file.path.starts_with(path));
    for file in texts().into_iter().filter(is_own) {
        for (at, line) in file.text.lines().enumerate() {
            let found = found(&line.to_lowercase());
            breaches.extend(found.into_iter().map(|found| format!("{}:{}: {found}", file.path, at + 1)));
        }
    }
    breaches
}

#[test]
fn no_text_uses_a_retired_phrase() {
    let found = |line: &str| {
        let found = RETIRED.iter().filter(|(phrase, _)| line.contains(phrase));
        found.map(|(phrase, usual)| format!("“{phrase}”: {usual}")).collect()
    };
    none(&breaches(found));
}

#[test]
fn comments_are_plain_english() {
    let mut breaches = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for file in files(folder).into_iter().filter(|file| file.ending() == "rs") {
            for (at, line) in file.text.lines().enumerate() {
                let line = line.trim_start().to_lowercase();
                let found = STIFF.iter().filter(|(phrase, _)| line.starts_with("//") && line.contains(phrase));
                breaches.extend(
                    found.map(|(phrase, usual)| format!("{folder}/{}:{}: “{phrase}”: {usual}", file.path, at + 1)),
                );
            }
        }
    }
    none(&breaches);
}

#[test]
fn texts_are_spelled_in_american_english() {
    let found = |line: &str| {
        // A single word in quotes is stored or sent, not read.
        let is_text = line.trim().contains(' ');
        let found =
            words(line).filter(|_| is_text).filter_map(|word| BRITISH.iter().find(|(british, _)| *british == word));
        found.map(|(british, usual)| format!("“{british}”: {usual}")).collect()
    };
    none(&breaches(found));
}

#[test]
fn quoted_text_is_found_in_a_line_of_code() {
    assert_eq!(quoted(r#"    Self::Refused => "Sign-in refused","#, false), r#""Sign-in refused""#);
    assert_eq!(quoted("    let text = \"it goes on \\", false), "\"it goes on \\");
    assert_eq!(quoted("in the next line \\", true), "in the next line \\");
    assert_eq!(quoted("and ends\";", true), "and ends\"");
    assert_eq!(quoted(r#"class("area", colour(1), "a \"b\"")"#, false), r#""area""a \"b\"""#);
    assert_eq!(quoted("let colour = colour();", false), "");
}

#[test]
fn words_are_distinguished_from_names_and_addresses() {
    let line = r#"<a href="/queries/x/favourite" id="favourite-1">{{ work.favourites }} All favourites.</a>"#;
    assert_eq!(words(line).collect::<Vec<_>>(), ["a", "All", "favourites"]);
    assert_eq!(words(r#""select 1 where state = 'cancelled'""#).collect::<Vec<_>>(), ["select", "where", "state"]);
}
