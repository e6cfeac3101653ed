//! Everything visible outside its file is used there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::visit::Visit;
use syn::{ImplItemFn, ItemConst, ItemFn, Visibility};

use super::none;
use super::source::root;

/// What a Rust file exports and uses.
#[derive(Default)]
struct Names {
    /// Functions, methods and constants visible to other files.
    offered: Vec<String>,
    used: BTreeSet<String>,
    /// Whether a module inside the file is being read, such as its tests: its items are for the file.
    is_within: bool,
}

impl Names {
    fn offer(&mut self, visibility: &Visibility, name: &syn::Ident) {
        if !matches!(visibility, Visibility::Inherited) && !self.is_within {
            self.offered.push(name.to_string());
        }
    }

    /// Records every word that can be a name.
    fn take_in(&mut self, text: &str) {
        let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        self.used.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.offer(&item.vis, &item.sig.ident);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.offer(&item.vis, &item.sig.ident);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast ItemConst) {
        self.offer(&item.vis, &item.ident);
        syn::visit::visit_item_const(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let was = self.is_within;
        self.is_within |= item.content.is_some();
        syn::visit::visit_item_mod(self, item);
        self.is_within = was;
    }

    fn visit_ident(&mut self, name: &'ast syn::Ident) {
        self.used.insert(name.to_string());
    }

    fn visit_macro(&mut self, made: &'ast syn::Macro) {
        self.take_in(&made.tokens.to_string());
        syn::visit::visit_macro(self, made);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        // Names in attributes are used, too: `serde(with = "…")`, `askama(filters)`.
        if let syn::Meta::List(list) = &attribute.meta {
            self.take_in(&list.tokens.to_string());
        }
        syn::visit::visit_attribute(self, attribute);
    }
}

fn gather(folder: &Path, ending: &str, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            gather(&path, ending, files);
        } else if path.extension().is_some_and(|known| known == ending) {
            let name = path.strip_prefix(root()).expect("a file of ours").to_string_lossy().replace('\\', "/");
            files.push((name, std::fs::read_to_string(&path).expect("a text")));
        }
    }
}

/// A function, method or constant that only its own file uses must be private; an unused one must be deleted. Types
/// are excluded: one that no other file names may still be a function's return type. So is the Amazon client, which
/// has the calls of whole APIs.
#[test]
fn what_is_visible_outside_its_file_is_used_there() {
    let (mut files, mut templates) = (Vec::new(), Vec::new());
    for folder in ["src", "tests/it", "benches"] {
        gather(&root().join(folder), "rs", &mut files);
    }
    gather(&root().join("templates"), "html", &mut templates);
    let mut names = BTreeMap::new();
    for (file, text) in &files {
        let mut read = Names::default();
        read.visit_file(&syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}")));
        names.insert(file.as_str(), read);
    }
    let mut shown = Names::default();
    for (_, text) in &templates {
        shown.take_in(text);
    }
    let mut users = BTreeMap::<&str, usize>::new();
    for name in names.values().flat_map(|read| &read.used) {
        *users.entry(name).or_default() += 1;
    }
    let is_alone = |name: &str| users.get(name).copied().unwrap_or_default() < 2 && !shown.used.contains(name);
    let mut alone = Vec::new();
    for (file, read) in names.iter().filter(|(file, _)| file.starts_with("src/") && !file.starts_with("src/amazon/")) {
        alone.extend(read.offered.iter().filter(|name| is_alone(name)).map(|name| format!("{file}: {name}")));
    }
    assert!(names.values().map(|read| read.offered.len()).sum::<usize>() > 1_000, "the sources were not read");
    none(&alone);
}
