//! Which module may use which.

use std::collections::BTreeSet;

use super::source::{File, files, is_name};
use super::{APART, GROUND, ROOF, ROOMS, none};

/// The modules of the crate that a piece of code uses, by `crate::…` or by leaving its module with `super`.
fn used(file: &File) -> BTreeSet<String> {
    let code = file.code();
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(is_name) {
            continue;
        }
        used.extend(heads(&code[at + "crate::".len()..]));
    }
    let out = "super::".repeat(file.depth());
    used.extend(code.match_indices(&out).flat_map(|(at, _)| heads(&code[at + out.len()..])));
    used.retain(|name| GROUND.iter().chain(ROOMS).chain(&ROOF).any(|module| module == name));
    used.remove(file.module());
    used
}

/// The first names after `crate::`: one, or those of a group in braces.
fn heads(code: &str) -> Vec<String> {
    let name = |code: &str| code.chars().take_while(|letter| is_name(*letter)).collect::<String>();
    let Some(group) = code.strip_prefix('{') else { return vec![name(code)] };
    let mut heads = Vec::new();
    let mut depth = 0;
    let mut part = String::new();
    for letter in group.chars() {
        match letter {
            '}' if depth == 0 => break,
            ',' if depth == 0 => heads.push(name(std::mem::take(&mut part).trim())),
            _ => part.push(letter),
        }
        depth += i32::from(letter == '{') - i32::from(letter == '}');
    }
    heads.push(name(part.trim()));
    heads
}

#[test]
fn every_module_has_its_place() {
    let known: BTreeSet<&str> = GROUND.iter().chain(ROOMS).chain(&ROOF).copied().collect();
    let files = files("src");
    let found: BTreeSet<&str> = files.iter().map(File::module).collect();
    assert_eq!(found, known, "the table of modules and `src` differ");
}

/// The map's last paragraph has a line for each room, which begins with its name.
#[test]
fn the_map_lists_the_rooms_in_their_order() {
    let document = super::source::read("docs/architecture.md");
    let map = document.split("```").nth(1).expect("a map").trim_end();
    let rooms = map.rsplit("\n\n").next().unwrap_or_default().lines();
    let rooms: Vec<&str> = rooms.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(rooms, ROOMS, "docs/architecture.md and the list of rooms differ");
}

#[test]
fn the_ground_floor_knows_no_room() {
    let mut breaches = Vec::new();
    for file in files("src").iter().filter(|file| GROUND.contains(&file.module())) {
        let rooms = used(file).into_iter().filter(|name| [ROOMS, &ROOF].concat().contains(&name.as_str()));
        breaches.extend(rooms.map(|room| format!("src/{} uses `{room}`", file.path)));
    }
    none(&breaches);
}

#[test]
fn rooms_use_rooms_downwards_only() {
    let mut breaches = Vec::new();
    for file in files("src") {
        let Some(floor) = ROOMS.iter().position(|room| *room == file.module()) else { continue };
        let above = [&ROOMS[floor + 1..], &ROOF].concat();
        let wrong = used(&file).into_iter().filter(|name| above.contains(&name.as_str()));
        breaches.extend(wrong.map(|room| format!("src/{} uses `{room}`, which is above it", file.path)));
    }
    none(&breaches);
}

#[test]
fn the_dialect_the_client_and_the_emulator_stand_apart() {
    let mut breaches = Vec::new();
    for file in files("src") {
        let Some((_, never)) = APART.iter().find(|(module, _)| *module == file.module()) else { continue };
        let wrong = used(&file).into_iter().filter(|name| never.contains(&name.as_str()));
        breaches.extend(wrong.map(|name| format!("src/{} uses `{name}`", file.path)));
    }
    none(&breaches);
}

#[test]
fn no_module_is_a_drawer_for_everything() {
    let drawers = ["utils", "util", "helpers", "helper", "common", "types", "misc"];
    let files = files("src");
    let names =
        files.iter().filter(|file| file.path.split('/').any(|step| drawers.contains(&step.trim_end_matches(".rs"))));
    none(&names.map(|file| format!("src/{} says nothing by its name", file.path)).collect::<Vec<_>>());
}

#[test]
fn every_file_says_what_it_is_and_has_no_second_door() {
    /// The maximum lines of program in a file.
    const LONGEST: usize = 400;
    let mut breaches = Vec::new();
    for file in files("src").iter().filter(|file| file.is_program()) {
        if !file.text.starts_with("//! ") {
            breaches.push(format!("src/{} does not open with a sentence", file.path));
        }
        let lines = file.code().lines().count();
        if lines > LONGEST {
            breaches.push(format!("src/{} has {lines} lines of program, more than {LONGEST}", file.path));
        }
    }
    none(&breaches);
}

#[test]
fn groups_and_paths_are_read() {
    let file = |text: &str| File { path: "queries/store.rs".to_owned(), text: text.to_owned() };
    let read = |text: &str| used(&file(text)).into_iter().collect::<Vec<_>>();
    assert_eq!(read("use crate::home::{a, b};"), ["home"]);
    assert_eq!(read("use crate::{db::{self, Tx}, home, web as w};"), ["db", "home", "web"]);
    assert_eq!(read("let x = $crate::executions::y(super::super::guides::Z);"), ["executions", "guides"]);
    assert_eq!(read("use super::executions::Row;"), Vec::<String>::new());
    assert_eq!(read("// use crate::home;\nfn f() {} // crate::home\n"), Vec::<String>::new());
    assert_eq!(read("#[cfg(test)]\nmod tests { use crate::home; }"), Vec::<String>::new());
}

/// Addresses of rooms that the ground floor may use.
const COMMON: [&str; 6] = ["/", "/sign-in", "/sign-out", "/search", "/metrics", "/mcp"];

#[test]
fn the_ground_floor_names_no_address_of_a_room() {
    let files = files("src");
    let rooms: Vec<String> = files
        .iter()
        .filter(|file| ROOMS.contains(&file.module()))
        .flat_map(|file| super::routes::routes(&file.code()))
        .map(|route| route.path)
        // OK because everything links to the first page and signs in, monitoring requests the metrics with any host,
        // and programs get errors as JSON; routes with path parameters aren't mentioned elsewhere.
        .filter(|path| !COMMON.contains(&path.as_str()) && !path.contains('{'))
        .collect();
    let named =
        |code: &str| rooms.iter().filter(|path| code.contains(&format!("\"{path}\""))).cloned().collect::<Vec<_>>();
    let ground = files.iter().filter(|file| file.module() == "web" && !file.path.ends_with("gallery.rs"));
    let layout = super::source::read("templates/layout.html");
    let found =
        ground.map(|file| (file.path.clone(), named(&file.code()))).chain([("layout.html".to_owned(), named(&layout))]);
    let breaches = found.flat_map(|(place, paths)| {
        paths.into_iter().map(move |path| format!("{place} names {path}, which a room registers"))
    });
    none(&breaches.collect::<Vec<_>>());
}
