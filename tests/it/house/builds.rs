//! Checks that the manifest keeps builds short.

use std::collections::BTreeMap;
use std::process::Command;

use super::none;
use super::source::root;

/// The packages of a build, each with the sets of features it is built with.
fn features(edges: &str) -> BTreeMap<String, Vec<String>> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let arguments = ["tree", "--locked", "--offline", "--prefix", "none", "--format", "{p}|{f}", "--edges", edges];
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut packages = BTreeMap::<String, Vec<String>>::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Some((package, features)) = line.split_once('|') else { continue };
        let sets = packages.entry(package.to_owned()).or_default();
        let features = features.trim_end_matches(" (*)").to_owned();
        if !sets.contains(&features) {
            sets.push(features);
        }
    }
    packages
}

/// A dev-dependency that enables another feature of a shared crate would make `cargo test` rebuild it and everything
/// that depends on it: with DataFusion that takes minutes. `Cargo.toml` then names the feature for both.
#[test]
fn tests_build_no_dependency_of_the_program_anew() {
    let (program, tests) = (features("normal,build"), features("normal,build,dev"));
    assert!(program.len() > 300, "the tree was not read");
    let anew = program
        .iter()
        .filter(|(package, sets)| tests.get(*package).is_none_or(|other| sets.iter().any(|set| !other.contains(set))));
    none(
        &anew
            .map(|(package, sets)| {
                format!("{package} is built with {sets:?} and, for tests, with {:?}", tests.get(package))
            })
            .collect::<Vec<_>>(),
    );
}
