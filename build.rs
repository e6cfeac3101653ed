//! Gathers what is built into the program: the files of `guides/`, and a digest of the code that gives the results of queries on
//! synthetic data, by which `recomamp guides check` knows which queries it has to run again.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// What decides the result of a query on synthetic data.
const ENGINE: [&str; 2] = ["src/amcsql", "src/emulator/world"];
/// Endings of the files that guides are made of.
const ENDINGS: [&str; 8] = ["md", "sql", "png", "jpg", "jpeg", "gif", "webp", "avif"];

fn main() -> io::Result<()> {
    // Read while it runs: the folder may have been moved since this script was compiled.
    let root = folder_from_cargo("CARGO_MANIFEST_DIR")?;
    println!("cargo:rerun-if-changed=build.rs");
    let mut digest = DefaultHasher::new();
    for folder in ENGINE {
        println!("cargo:rerun-if-changed={folder}");
        for file in files(&root.join(folder))? {
            fs::read(file)?.hash(&mut digest);
        }
    }
    // Cargo sets it for the program that `cargo run` starts, too, where a name beginning with RECOMAMP_ would be an unknown
    // setting.
    println!("cargo:rustc-env=ENGINE_DIGEST={:016x}", digest.finish());
    println!("cargo:rerun-if-changed=guides");
    let guides = root.join("guides");
    let mut table = "/// Each file with its path.\npub(super) static FILES: &[(&str, &[u8])] = &[\n".to_owned();
    for file in files(&guides)? {
        let ending = file.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
        let Ok(name) = file.strip_prefix(&guides) else { continue };
        if ENDINGS.contains(&ending.as_str()) {
            let name = name.to_string_lossy().replace('\\', "/");
            writeln!(table, "    ({name:?}, include_bytes!({:?})),", file.display().to_string())
                .map_err(io::Error::other)?;
        }
    }
    table.push_str("];\n");
    fs::write(folder_from_cargo("OUT_DIR")?.join("guides.rs"), table)
}

/// A folder that cargo names in the environment: it tells a build script in no other way.
fn folder_from_cargo(variable: &str) -> io::Result<PathBuf> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .ok_or_else(|| io::Error::other(format!("{variable} is not set; cargo sets it")))
}

/// All files below a folder, in order.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            all.extend(files(&entry.path())?);
        } else {
            all.push(entry.path());
        }
    }
    all.sort();
    Ok(all)
}
