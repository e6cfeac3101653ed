//! Writers of tables, and the numbering of migrations.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{File, files, is_name, read};
use super::{WRITERS, none};

/// The words of a file's code, in lower case, without quotes, punctuation and line breaks.
fn words(code: &str) -> Vec<String> {
    code.split(|letter| !is_name(letter)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// The tables that a piece of code changes: `insert into`, `update … set`, `delete from`.
fn written(code: &str, tables: &BTreeSet<String>) -> BTreeSet<String> {
    let words = words(code);
    let table = |at: usize| words.get(at).filter(|word| tables.contains(*word)).cloned();
    let follows = |at: usize, word: &str| words.get(at).is_some_and(|found| found == word);
    (0..words.len())
        .filter_map(|at| match words[at].as_str() {
            "insert" if follows(at + 1, "into") => table(at + 2),
            "delete" if follows(at + 1, "from") => table(at + 2),
            "update" if (2..=4).any(|ahead| follows(at + ahead, "set")) => table(at + 1),
            _ => None,
        })
        .collect()
}

/// The tables in which a piece of code claims work.
fn claimed(code: &str, tables: &BTreeSet<String>) -> BTreeSet<String> {
    let words = words(code);
    let queues = words.windows(3).filter(|window| window[0] == "queue" && window[2] == "due");
    queues.map(|window| window[1].clone()).filter(|table| tables.contains(table)).collect()
}

/// Every table that exists after all migrations.
pub(crate) fn tables() -> BTreeSet<String> {
    let mut migrations = files("migrations");
    migrations.sort_by(|one, other| one.path.rsplit('/').next().cmp(&other.path.rsplit('/').next()));
    let mut tables = BTreeSet::new();
    for file in migrations {
        let words = words(&file.text);
        for at in 0..words.len() {
            match words[at..].iter().map(String::as_str).take(6).collect::<Vec<_>>()[..] {
                ["create", "table", table, ..] => _ = tables.insert(table.to_owned()),
                ["drop", "table", table, ..] => _ = tables.remove(table),
                ["alter", "table", from, "rename", "to", to] if tables.remove(from) => _ = tables.insert(to.to_owned()),
                _ => {}
            }
        }
    }
    tables
}

#[test]
fn every_table_has_one_writer() {
    let known: BTreeSet<String> = WRITERS.iter().map(|(table, _)| (*table).to_owned()).collect();
    assert_eq!(tables(), known, "the migrations and the list of writers differ");
}

#[test]
fn a_table_is_written_by_its_owner_only() {
    let tables = tables();
    let owner: BTreeMap<&str, &str> = WRITERS.iter().copied().collect();
    let mut breaches = Vec::new();
    for file in files("src") {
        let may = |table: &str| {
            let rest = file.path.strip_prefix(owner[table]);
            rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        };
        let room = |table: &str| owner[table].split('/').next().is_some_and(|room| room == file.module());
        let claimed = claimed(&file.code(), &tables).into_iter().filter(|table| !room(table));
        breaches.extend(claimed.map(|table| format!("src/{} claims work in `{table}`", file.path)));
        let wrong = written(&file.code(), &tables).into_iter().filter(|table| !may(table));
        breaches
            .extend(wrong.map(|table| format!("src/{} writes `{table}`, which `{}` owns", file.path, owner[&*table])));
    }
    none(&breaches);
}

/// Modules with statements that aren't named `store`: each has one table, or one question about it.
const STORES: [&str; 5] = ["accounts/audit", "connections/seals", "db/", "instances/slots", "web/session"];

/// Pages and workers call a store; a statement among them is found neither by its table nor by its room.
#[test]
fn statements_are_in_stores() {
    let is_store = |path: &str| {
        path.split(['/', '.']).any(|part| part == "store") || STORES.iter().any(|store| path.starts_with(store))
    };
    let imports = |line: &str| line.starts_with("use crate::db") && words(line).iter().any(|word| word == "sql");
    let breaches = files("src").into_iter().filter(|file| !is_store(&file.path)).filter(|file| {
        let code = file.code();
        code.lines().any(imports) || code.contains("db::sql(")
    });
    none(&breaches.map(|file| format!("src/{} has statements", file.path)).collect::<Vec<_>>());
}

/// What a removed person owned gets another owner (`people::leaving`).
#[test]
fn everything_with_an_owner_can_be_transferred() {
    let owned = |file: &File| {
        let words = words(&file.text);
        let mut table = String::new();
        let mut owned = BTreeSet::new();
        for at in 0..words.len() {
            match words[at].as_str() {
                "create" | "alter" if words.get(at + 1).is_some_and(|word| word == "table") => {
                    table = words.get(at + 2).cloned().unwrap_or_default();
                }
                // An argument of a function has no table before it.
                "owner_id" if !table.is_empty() && words.get(at + 1).is_some_and(|word| word == "text") => {
                    owned.insert(table.clone());
                }
                _ => {}
            }
        }
        owned
    };
    let owned: BTreeSet<String> = files("migrations").iter().flat_map(owned).collect();
    assert!(owned.contains("queries") && owned.contains("schedules"), "owners are not found any more: {owned:?}");
    let code: String = files("src").iter().map(File::code).collect();
    let transferred = |table: &String| code.contains(&format!("update {table} set owner_id = $2 where owner_id = $1"));
    none(
        &owned
            .iter()
            .filter(|table| !transferred(table))
            .map(|table| format!("nothing transfers `{table}`"))
            .collect::<Vec<_>>(),
    );
}

/// Only full copies and the deletion of old audit entries bypass the policies.
#[test]
fn the_owner_of_the_tables_is_asked_for_by_few() {
    let few = ["db/", "command/", "accounts/session_cleaner.rs"];
    let may = |file: &File| few.iter().any(|start| file.path.starts_with(start));
    let all = files("src");
    let asks = all.iter().filter(|file| file.code().contains("Scope::Owner"));
    let breaches: Vec<String> =
        asks.filter(|file| !may(file)).map(|file| format!("src/{} works as the owner", file.path)).collect();
    none(&breaches);
}

#[test]
fn statements_that_write_are_recognized() {
    let tables = ["people", "drafts"].map(str::to_owned).into();
    let read = |code: &str| written(code, &tables).into_iter().collect::<Vec<_>>();
    assert_eq!(read("\"insert into people (id) \\\n values ($1)\""), ["people"]);
    assert_eq!(read("\"UPDATE drafts as d SET x = 1\""), ["drafts"]);
    assert!(claimed("queue!(\"drafts\", due \"x\")", &tables).contains("drafts"));
    assert_eq!(read("\"delete from people\""), ["people"]);
    assert_eq!(read("\"select id from people join drafts\"; fn update(people: P)"), Vec::<String>::new());
}

#[test]
fn both_databases_take_the_same_numbered_steps() {
    let names = |files: Vec<File>| files.into_iter().map(|file| file.path).collect::<BTreeSet<String>>();
    let sqlite = names(files("migrations/sqlite"));
    assert_eq!(sqlite, names(files("migrations/postgres")), "a step of one database is missing from the other");
    let shared = names(files("migrations")).into_iter().filter(|path| !path.contains('/'));
    let steps: Vec<String> = shared.chain(sqlite).collect::<BTreeSet<_>>().into_iter().collect();
    let listed = read("src/db/migrations.rs");
    let mut numbers = BTreeSet::new();
    for step in &steps {
        let number: u32 = step.split('_').next().and_then(|number| number.parse().ok()).expect("a number");
        assert!(step.starts_with(&format!("{number:04}_")), "migrations/{step} should have four digits");
        assert!(numbers.insert(number), "migrations/{step} has the number of another step");
        let entry = format!("!({number}, \"{}\")", step.trim_end_matches(".sql"));
        assert!(listed.contains(&entry), "migrations/{step} is not in src/db/migrations.rs");
    }
}
