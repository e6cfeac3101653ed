//! Guides and templates: files that are read, rendered and checked once per version.
//!
//! Each folder is read separately ([`read_folder`]) and again only if one of its files changes; relations between
//! folders, such as links from one guide to another, are checked when all are joined ([`Collection::join`]).

mod address;
mod chart;
mod claims;
mod code;
mod folder;
mod formula;
mod head;
mod model;
mod query;
mod read;
mod reader;
mod table;

/// The files of `guides/`, as listed by the build script.
mod built_in {
    include!(concat!(env!("OUT_DIR"), "/guides.rs"));
}

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

pub(in crate::guides) use claims::{Claim, Stated};
pub(in crate::guides) use folder::kind as picture_kind;
#[cfg(test)]
pub(in crate::guides) use folder::{Content, Folder};
pub(in crate::guides) use folder::{Folders, Stamps, built_in};
pub(in crate::guides) use formula::Rows;
pub use model::{Finding, Guide, GuideQuery, Heading, Level, Link, Part, SectionText, Target};
pub(in crate::guides) use query::{audience, audience_html, checked_on, digest_of, prepared};
pub(in crate::guides) use read::{query_of, read_folder};

use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::codes;

/// The folder of templates.
const LIBRARY: &str = "library";
/// Pages of this program to which a guide may link.
const PAGES: [&str; 21] = [
    "/",
    "/instances",
    "/queries",
    "/queries/new",
    "/queries/import",
    "/queries/drafts",
    "/queries/bin",
    "/executions",
    "/schedules",
    "/schedules/new",
    "/data-sources",
    "/data-sources/fields",
    "/data-sources/compare",
    "/data-sources/drift",
    "/guides",
    "/library",
    "/library/new",
    "/search",
    "/operations",
    "/help/checks",
    "/settings/connections",
];

/// Something read from a file, with its findings.
#[derive(Clone, Debug)]
pub struct Checked<T> {
    /// The current version of the file.
    pub item: Arc<T>,
    pub findings: Vec<Finding>,
    /// The last version without errors, which readers see; `None` if there is none.
    pub good: Option<Arc<T>>,
}

impl<T> Checked<T> {
    fn new(item: T, findings: Vec<Finding>) -> Self {
        Self { item: Arc::new(item), findings, good: None }
    }

    /// Whether readers can see it.
    fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.level != Level::Error)
    }
}

/// A template of the library.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// Its name in addresses, from its file.
    pub slug: String,
    pub query: Arc<GuideQuery>,
    /// The links in its front matter.
    pub links: Vec<Link>,
}

/// The content of one folder.
#[derive(Clone, Debug, Default)]
pub(in crate::guides) struct FolderRead {
    /// Its guide in each language; the empty one is `guide.md`.
    guides: Vec<Checked<Guide>>,
    templates: Vec<Checked<Template>>,
    /// Findings of files that are neither guides nor templates.
    loose: Vec<Finding>,
    pictures: BTreeMap<String, Arc<[u8]>>,
}

/// Everything that an installation has, or that a check looks at.
#[derive(Clone, Debug, Default)]
pub(in crate::guides) struct Collection {
    /// In the order of the list.
    pub(in crate::guides) guides: Vec<Checked<Guide>>,
    /// By name.
    pub(in crate::guides) templates: Vec<Checked<Template>>,
    /// Findings of files that are neither guides nor templates.
    pub(in crate::guides) loose: Vec<Finding>,
    pictures: BTreeMap<(String, String), Arc<[u8]>>,
    /// Why the folder of guides can't be read; empty if it can.
    pub(in crate::guides) trouble: String,
}

impl Collection {
    /// The built-in folders.
    pub(in crate::guides) fn built_in_reads() -> impl Iterator<Item = (String, Arc<FolderRead>)> {
        static READS: LazyLock<BTreeMap<String, Arc<FolderRead>>> = LazyLock::new(|| {
            let folders = built_in();
            folders.iter().map(|(name, folder)| (name.clone(), Arc::new(read_folder(name, folder)))).collect()
        });
        READS.iter().map(|(name, read)| (name.clone(), Arc::clone(read)))
    }

    /// The built-in guides and templates.
    pub(in crate::guides) fn built_in() -> &'static Arc<Self> {
        static BUILT_IN: LazyLock<Arc<Collection>> =
            LazyLock::new(|| Arc::new(Collection::join(Collection::built_in_reads())));
        &BUILT_IN
    }

    /// Joins folders; if two guides or templates have the same name, the first is used.
    pub(in crate::guides) fn join(reads: impl Iterator<Item = (String, Arc<FolderRead>)>) -> Self {
        let (mut all, mut slugs) = (Self::default(), BTreeSet::new());
        for (name, read) in reads {
            if !read.guides.is_empty() && !slugs.insert(name.clone()) {
                let message = format!("There is another guide called {name}. Rename this folder.");
                all.loose.push(Finding::error(&format!("{name}/guide.md"), (1, 1), "slug", message));
            } else {
                all.guides.extend(read.guides.iter().cloned());
                let own = |(file, bytes): (&String, &Arc<[u8]>)| ((name.clone(), file.clone()), Arc::clone(bytes));
                all.pictures.extend(read.pictures.iter().map(own));
            }
            for template in &read.templates {
                let slug = &template.item.slug;
                if all.templates.iter().any(|other| other.item.slug == *slug) {
                    let message = format!("There is another template called {slug}. Rename this file.");
                    all.loose.push(Finding::error(&format!("{LIBRARY}/{slug}.sql"), (1, 1), "slug", message));
                } else {
                    all.templates.push(template.clone());
                }
            }
            all.loose.extend(read.loose.iter().cloned());
        }
        all.check_links();
        for guide in &mut all.guides {
            guide.good = guide.is_good().then(|| Arc::clone(&guide.item));
        }
        for template in &mut all.templates {
            template.good = template.is_good().then(|| Arc::clone(&template.item));
        }
        all.guides.sort_by(|one, other| {
            let key = |guide: &Guide| (guide.order == 0, guide.order, guide.level, guide.title.clone());
            key(&one.item).cmp(&key(&other.item)).then_with(|| one.item.slug.cmp(&other.item.slug))
        });
        all.templates.sort_by(|one, other| one.item.query.name().cmp(other.item.query.name()));
        all
    }

    /// The folders that are shown in addition to the built-in ones: they may link to those, and can't use their names.
    pub(in crate::guides) fn beside_built_in(reads: impl Iterator<Item = (String, Arc<FolderRead>)>) -> Self {
        let (built_in, mut all) = (Self::built_in(), Self::join(Self::built_in_reads().chain(reads)));
        all.guides.retain(|guide| built_in.guide(&guide.item.slug, "").is_none());
        all.templates.retain(|template| built_in.template(&template.item.slug).is_none());
        all
    }

    /// The same, with the reason why the folder can't be read.
    pub(in crate::guides) fn with_trouble(&self, trouble: String) -> Self {
        Self { trouble, ..self.clone() }
    }

    /// For each file with errors, uses the last good version of `before` for readers.
    pub(in crate::guides) fn inherit(&mut self, before: &Self) {
        for guide in self.guides.iter_mut().filter(|guide| guide.good.is_none()) {
            let same =
                |it: &&Checked<Guide>| it.item.slug == guide.item.slug && it.item.language == guide.item.language;
            guide.good = before.guides.iter().find(same).and_then(|it| it.good.clone());
        }
        for template in self.templates.iter_mut().filter(|template| template.good.is_none()) {
            let known = before.templates.iter().find(|it| it.item.slug == template.item.slug);
            template.good = known.and_then(|it| it.good.clone());
        }
    }

    /// The guides that readers see, in list order; in their original language if `language` is empty.
    pub(in crate::guides) fn readable(&self, language: &str) -> impl Iterator<Item = Arc<Guide>> {
        let own = self.guides.iter().filter(move |guide| guide.item.language == language);
        own.filter_map(|guide| guide.good.clone().filter(|guide| !guide.draft))
    }

    /// A guide in a language; in its original language if it isn't translated.
    pub(in crate::guides) fn guide(&self, slug: &str, language: &str) -> Option<&Checked<Guide>> {
        let of = |language: &str| {
            self.guides.iter().find(|guide| guide.item.slug == slug && guide.item.language == language)
        };
        of(language).or_else(|| of(""))
    }

    pub(in crate::guides) fn template(&self, slug: &str) -> Option<&Checked<Template>> {
        self.templates.iter().find(|template| template.item.slug == slug)
    }

    /// A picture of a guide.
    pub(in crate::guides) fn picture(&self, slug: &str, file: &str) -> Option<&Arc<[u8]>> {
        self.pictures.get(&(slug.to_owned(), file.to_owned()))
    }

    /// All findings, by file and position.
    pub(in crate::guides) fn findings(&self) -> Vec<Finding> {
        let guides = self.guides.iter().flat_map(|guide| guide.findings.iter());
        let templates = self.templates.iter().flat_map(|template| template.findings.iter());
        let mut all: Vec<Finding> = guides.chain(templates).chain(&self.loose).cloned().collect();
        all.sort();
        all.dedup();
        all
    }

    /// Reports broken links.
    fn check_links(&mut self) {
        let found: Vec<Vec<Finding>> = self.guides.iter().map(|guide| self.links_of(&guide.item)).collect();
        for (guide, found) in self.guides.iter_mut().zip(found) {
            guide.findings.extend(found);
            guide.findings.sort();
        }
        let found: Vec<Vec<Finding>> = self.templates.iter().map(|it| self.lost(&it.item.links, None)).collect();
        for (template, found) in self.templates.iter_mut().zip(found) {
            template.findings.extend(found);
        }
    }

    fn links_of(&self, guide: &Guide) -> Vec<Finding> {
        let file = guide.file();
        let mut found = self.lost(&guide.links, Some(guide));
        for next in guide.next.iter().filter(|next| self.guide(next, "").is_none()) {
            let message = format!("`next` names the guide {next}, which does not exist.");
            found.push(Finding::error(&file, guide.next_place, "link", message));
        }
        found
    }

    fn lost(&self, links: &[Link], guide: Option<&Guide>) -> Vec<Finding> {
        let lost = |link: &Link| {
            let why = self.why_lost(&link.target, guide)?;
            Some(Finding::error(&link.file, (link.line, link.column), "link", why))
        };
        links.iter().filter_map(lost).collect()
    }

    /// Why a link is broken; `None` if it isn't.
    fn why_lost(&self, target: &Target, own: Option<&Guide>) -> Option<String> {
        let heading = |guide: &Guide, id: &str| {
            let is_lost = !id.is_empty() && !guide.has_heading(id);
            is_lost.then(|| format!("The guide {} has no section #{id}.", guide.slug))
        };
        match target {
            Target::Outside | Target::File(_) => None,
            Target::Heading(id) => own.and_then(|guide| heading(guide, id)),
            Target::Guide(slug, id) => match self.guide(slug, "") {
                Some(guide) => heading(&guide.item, id),
                None => Some(format!("There is no guide called {slug}.")),
            },
            Target::Template(slug) if slug == "new" => None,
            Target::Template(slug) => {
                self.template(slug).is_none().then(|| format!("There is no template called {slug}."))
            }
            Target::Page(path) => {
                let is_known = PAGES.contains(&path.as_str())
                    || path
                        .strip_prefix("/data-sources/")
                        .is_some_and(|name| Catalogue::standard().source(name).is_some())
                    || path.strip_prefix("/help/checks/").is_some_and(|name| codes::find(name).is_some());
                (!is_known).then(|| format!("Guides can't link to {path}."))
            }
        }
    }
}
