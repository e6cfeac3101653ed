//! The front matter of a guide.

use super::model::{Finding, Guide, Link};
use super::reader::{Source, fragment};
use super::{address, claims};
use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::spelling::distance;
use crate::queries::{Difficulty, Entry, Fault, FrontMatter, products_of_entry};

/// The line that opens and closes it.
const FENCE: &str = "+++";

/// Its keys, which a misspelled one is compared with.
const KEYS: [&str; 13] = [
    "title",
    "summary",
    "level",
    "minutes",
    "tags",
    "products",
    "sources",
    "prerequisites",
    "learn",
    "next",
    "draft",
    "order",
    "claims",
];

/// Parses the front matter and returns the rest.
pub(super) fn read<'a>(
    source: Source<'a>,
    guide: &mut Guide,
    links: &mut Vec<Link>,
    findings: &mut Vec<Finding>,
) -> &'a str {
    let mut faults = Vec::new();
    let body = if let Some((front, body)) = split(source.text) {
        for entry in FrontMatter::new(front, 2).entries(&mut faults) {
            take(source, entry, guide, (links, findings), &mut faults);
        }
        let missing =
            [("title", guide.title.is_empty()), ("summary", guide.summary.is_empty()), ("minutes", guide.minutes == 0)];
        for (key, _) in missing.into_iter().filter(|(_, missing)| *missing) {
            let start = format!("`{key}` ");
            if !faults.iter().any(|fault| fault.message.starts_with(&start)) {
                faults.push(Fault::new(1, format!("The front matter has no `{key}`.")));
            }
        }
        body
    } else {
        faults.push(Fault::new(1, "A guide must begin with front matter between two `+++` lines."));
        source.text
    };
    if guide.title.is_empty() {
        guide.slug.clone_into(&mut guide.title);
    }
    findings.extend(faults.into_iter().map(|fault| finding(source.file, fault)));
    body
}

/// An error in front matter, as a finding of its file.
pub(super) fn finding(file: &str, fault: Fault) -> Finding {
    Finding::error(file, (fault.line, fault.column), "front-matter", fault.message)
}

fn take(
    source: Source<'_>,
    entry: Entry<'_>,
    guide: &mut Guide,
    (links, findings): (&mut Vec<Link>, &mut Vec<Finding>),
    faults: &mut Vec<Fault>,
) {
    let mut rendered = |entry: &Entry<'_>, faults: &mut Vec<Fault>| {
        let texts: Vec<String> = entry.read(faults);
        texts.iter().map(|text| fragment(source, text, entry.line(), links, findings)).collect::<Vec<_>>()
    };
    match entry.key.as_str() {
        "title" => guide.title = line(&entry, faults),
        "summary" => guide.summary = line(&entry, faults),
        "level" => guide.level = Difficulty::of_entry(&entry, faults),
        "minutes" => guide.minutes = entry.read(faults),
        "tags" => guide.tags = entry.read(faults),
        "products" => guide.products = products_of_entry(&entry, faults),
        "sources" => guide.sources = sources(&entry, faults),
        "prerequisites" => guide.prerequisites = rendered(&entry, faults),
        "learn" => guide.learn = rendered(&entry, faults),
        "next" => {
            let place = entry.fault("");
            guide.next_place = (place.line, place.column);
            guide.next = slugs(&entry, faults);
        }
        "draft" => guide.draft = entry.read(faults),
        "order" => guide.order = entry.read(faults),
        "claims" => guide.claims = claims::read(entry, faults),
        key => {
            let near = KEYS.iter().find(|known| distance(key, known, 2).is_some());
            let way = near.map_or_else(|| "Remove it.".to_owned(), |known| format!("Did you mean `{known}`?"));
            faults.push(entry.fault(format!("`{key}` isn't a field of a guide's front matter. {way}")));
        }
    }
}

/// A text on one line.
fn line(entry: &Entry<'_>, faults: &mut Vec<Fault>) -> String {
    let text: String = entry.read(faults);
    if text.chars().count() > 300 || text.chars().any(char::is_control) {
        faults.push(entry.fault(format!("`{}` must be one line of at most 300 characters.", entry.key)));
        return text.replace(char::is_control, " ").chars().take(300).collect();
    }
    text
}

fn sources(entry: &Entry<'_>, faults: &mut Vec<Fault>) -> Vec<String> {
    let mut sources: Vec<String> = entry.read(faults);
    sources.retain(|name| {
        let is_known = Catalogue::standard().source(name).is_some();
        if !is_known {
            faults.push(entry.fault(format!("AMC doesn't document a data source `{name}`.")));
        }
        is_known
    });
    sources
}

fn slugs(entry: &Entry<'_>, faults: &mut Vec<Fault>) -> Vec<String> {
    let mut slugs: Vec<String> = entry.read(faults);
    if let Some(wrong) = slugs.iter().find(|slug| !address::is_slug(slug)) {
        faults
            .push(entry.fault(format!("`next` must contain names of guides' folders; `{wrong}` isn't a valid name.")));
    }
    slugs.retain(|slug| address::is_slug(slug));
    slugs
}

/// Splits the front matter from the body.
fn split(text: &str) -> Option<(&str, &str)> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().filter(|line| line.trim_end() == FENCE)?;
    let mut at = first.len();
    for line in lines {
        if line.trim_end() == FENCE {
            return Some((text.get(first.len()..at)?, text.get(at + line.len()..)?));
        }
        at += line.len();
    }
    None
}
