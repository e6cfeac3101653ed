//! Reads the files of one folder: guides in their languages, templates, and what belongs to neither.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::folder::{Content, Folder, ITSELF, has_extension, kind};
use super::model::{Finding, GuideQuery};
use super::query;
use super::reader::{self, Source};
use super::{Checked, FolderRead, Guide, LIBRARY, Template, address};
use crate::queries::read_authored;

/// Reads a folder.
pub(in crate::guides) fn read_folder(name: &str, folder: &Folder) -> FolderRead {
    let mut read = FolderRead::default();
    if let Some(Content::Refused(why)) = folder.0.get(ITSELF) {
        read.loose.push(Finding::error(name, (1, 1), "file", why.clone()));
        return read;
    }
    for (file, content) in &folder.0 {
        let path = format!("{name}/{file}");
        let is_picture = kind(file).is_some();
        match content {
            Content::Refused(why) => read.loose.push(Finding::error(&path, (1, 1), "file", why.clone())),
            Content::Bytes(bytes) if is_picture => {
                read.pictures.insert(file.clone(), Arc::from(bytes.as_ref()));
            }
            Content::Bytes(_) => {
                if let Err(why) = folder.text(file) {
                    read.loose.push(Finding::error(&path, (1, 1), "file", why));
                }
            }
        }
    }
    if name == LIBRARY {
        read_templates(folder, &mut read);
        return read;
    }
    if !address::is_slug(name) {
        let message =
            format!("“{name}” can't be an address. Use lowercase letters, digits and hyphens in the folder's name.");
        read.loose.push(Finding::error(&format!("{name}/guide.md"), (1, 1), "file", message));
        return read;
    }
    read_guides(name, folder, &mut read);
    read
}

fn read_guides(slug: &str, folder: &Folder, read: &mut FolderRead) {
    let mut sections: Vec<String> = Vec::new();
    // The original first: translations take the ids of its sections.
    for file in folder.0.keys().filter(|file| *file == "guide.md").chain(folder.0.keys().filter(|it| *it != "guide.md"))
    {
        let path = format!("{slug}/{file}");
        let Some(language) = language(file) else {
            if has_extension(file, "md") && file != "README.md" {
                let message =
                    "A guide's file must be named guide.md, or, in another language, guide.de.md. Rename the file.";
                read.loose.push(Finding::error(&path, (1, 1), "file", message));
            }
            continue;
        };
        if let Ok(text) = folder.text(file) {
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            let source = Source { slug, file: &path, text, folder, sections: &sections };
            let (guide, mut findings) = reader::read(source, language);
            let count = guide.chapters().count();
            if language.is_empty() {
                sections = guide.chapters().map(|heading| heading.id.clone()).collect();
            } else if count != sections.len() {
                let message = format!(
                    "This translation has {count} sections (`##`), guide.md has {}. Give it the same, in the same order.",
                    sections.len()
                );
                findings.push(Finding::error(&path, (1, 1), "translation", message));
            }
            read.guides.push(Checked::new(guide, findings));
        }
    }
    if !folder.0.contains_key("guide.md") {
        let message = "The folder has no guide.md. Write one, or remove the folder.";
        read.loose.push(Finding::error(&format!("{slug}/guide.md"), (1, 1), "file", message));
    }
    let queries = |guide: &Checked<Guide>| guide.item.queries().map(|query| query.file.clone()).collect::<Vec<_>>();
    let named: BTreeSet<String> = read.guides.iter().flat_map(queries).collect();
    for file in folder.0.keys().filter(|file| has_extension(file, "sql")) {
        let path = format!("{slug}/{file}");
        if folder.text(file).is_ok() && !named.contains(&path) {
            let message = format!(
                "No guide shows this query. Put [its name]({file}) on its own line in guide.md, or remove the file."
            );
            read.loose.push(Finding::error(&path, (1, 1), "query", message));
        }
    }
}

/// The language of a guide's file: empty for `guide.md`, `de` for `guide.de.md`.
fn language(file: &str) -> Option<&str> {
    let inside = file.strip_prefix("guide.")?.strip_suffix("md")?;
    let language = inside.strip_suffix('.').unwrap_or(inside);
    let is_language = language.len() <= 8 && language.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    is_language.then_some(language)
}

fn read_templates(folder: &Folder, read: &mut FolderRead) {
    for file in folder.0.keys().filter(|file| has_extension(file, "sql")) {
        let path = format!("{LIBRARY}/{file}");
        let slug = file.trim_end_matches(".sql");
        let Ok(text) = folder.text(file) else { continue };
        let mut findings = Vec::new();
        if !address::is_slug(slug) {
            let message = "A template's name may only have lowercase letters, digits and hyphens. Rename the file.";
            findings.push(Finding::error(&path, (1, 1), "file", message));
        }
        let mut links = Vec::new();
        let source = Source { slug: LIBRARY, file: &path, text, folder, sections: &[] };
        let query = query::build(source, slug, read_authored(text, 1), &mut links, &mut findings);
        let authored = &query.authored;
        let missing = [
            ("description", authored.input.description.is_empty()),
            ("category", authored.category.is_empty()),
            ("use-case", authored.use_case.is_empty()),
            ("products", authored.products.is_empty()),
            ("interpretation", authored.interpretation.is_empty()),
            ("sample", authored.sample.is_none()),
        ];
        for (key, _) in missing.into_iter().filter(|(_, missing)| *missing) {
            let message = format!("The front matter of a template needs `{key}`.");
            findings.push(Finding::error(&path, (1, 1), "front-matter", message));
        }
        findings.sort();
        read.templates.push(Checked::new(Template { slug: slug.to_owned(), query: Arc::new(query), links }, findings));
    }
}

/// A query from a text that isn't in a folder.
pub(in crate::guides) fn query_of(slug: &str, text: &str) -> GuideQuery {
    let (mut links, mut findings) = (Vec::new(), Vec::new());
    let source = Source { slug: LIBRARY, file: slug, text, folder: &Folder::default(), sections: &[] };
    query::build(source, slug, read_authored(text, 1), &mut links, &mut findings)
}
