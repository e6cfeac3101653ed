//! Compares the documents with the sources, and finds forbidden words.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsString;

use pulldown_cmark::{Event, Parser, Tag};
use recomamp::config::{Config, Environment};

use super::none;
use super::source::{files, is_name, read};

/// An environment without settings that records which ones are read.
#[derive(Default)]
struct Asked(RefCell<BTreeSet<String>>);

impl Environment for Asked {
    fn get(&self, name: &str) -> Option<OsString> {
        self.0.borrow_mut().insert(name.to_owned());
        None
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The first cells of a document's tables, without backticks.
fn first_cells(document: &str) -> BTreeSet<String> {
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once('`')).map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_setting_is_documented_and_no_other() {
    let asked = Asked::default();
    Config::read(&asked).expect("no settings are right settings");
    let names = asked.0.into_inner();
    let settings: BTreeSet<String> =
        names.into_iter().filter(|name| !name.ends_with("_FILE") || is_file(name)).collect();
    let mut documented = BTreeSet::new();
    for name in first_cells(&read("docs/settings.md")) {
        match name.strip_suffix("_<REGION>") {
            Some(name) => documented.extend(recomamp::config::REGIONS.map(|region| format!("{name}_{region}"))),
            None => {
                documented.insert(name);
            }
        }
    }
    assert_eq!(documented, settings, "docs/settings.md and `Config::read` differ");
}

/// A setting that is itself the name of a file.
fn is_file(name: &str) -> bool {
    name == "RECOMAMP_KEYS_FILE"
}

/// The crates in the manifest.
fn dependencies() -> BTreeSet<String> {
    let manifest = read("Cargo.toml");
    let mut crates = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        }
        let name: String = line.chars().take_while(|letter| is_name(*letter) || *letter == '-').collect();
        if inside && !name.is_empty() && line[name.len()..].starts_with(" =") {
            crates.insert(name);
        }
    }
    assert!(crates.len() > 20, "the manifest was not read");
    crates
}

#[test]
fn every_dependency_is_documented_and_no_other() {
    let documented = first_cells(&read("docs/dependencies.md"));
    assert_eq!(documented, dependencies(), "docs/dependencies.md and Cargo.toml differ");
}

/// Crates that are only listed for their features; see `builds`.
const FOR_FEATURES: [&str; 2] = ["stable_deref_trait", "zerofrom"];

#[test]
fn every_dependency_is_used() {
    let sources: Vec<String> = ["src", "tests"].iter().flat_map(|folder| files(folder)).map(|file| file.text).collect();
    let named = dependencies().into_iter().filter(|name| !FOR_FEATURES.contains(&name.as_str()));
    let unused = named.filter(|name| {
        let path = format!("{}::", name.replace('-', "_"));
        !sources.iter().any(|text| text.match_indices(&path).any(|(at, _)| !text[..at].ends_with([':', '_'])))
    });
    none(&unused.map(|name| format!("Cargo.toml names `{name}`, which nothing uses")).collect::<Vec<_>>());
}

#[test]
fn nothing_speaks_of_one_machine_or_of_what_is_not_done() {
    // Assembled here, so that this file doesn't match itself.
    let nowhere = [["/wo", "rk/"], ["/ro", "ot/"], ["../sha", "red"], ["TO", "DO"], ["FIX", "ME"], ["for ", "now,"]];
    let nowhere = nowhere.map(|parts| parts.concat());
    let mut breaches = Vec::new();
    for file in files("") {
        if file.path.contains("vendor/") || file.path == "Cargo.lock" {
            continue;
        }
        for (at, line) in file.text.lines().enumerate() {
            let found = nowhere.iter().filter(|words| line.contains(words.as_str()));
            breaches.extend(found.map(|words| format!("{}:{}: {words}", file.path, at + 1)));
        }
    }
    none(&breaches);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut breaches = Vec::new();
    for file in files("").iter().filter(|file| file.ending() == "md") {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let links = Parser::new(&file.text).filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.into_string()),
            _ => None,
        });
        for link in links {
            let target = link.split('#').next().unwrap_or_default();
            let inside = !target.is_empty() && !target.starts_with("http") && !target.starts_with('/');
            if inside && !super::source::root().join(folder).join(target).exists() {
                breaches.push(format!("{} leads to {target}, which is not there", file.path));
            }
        }
    }
    none(&breaches);
}
