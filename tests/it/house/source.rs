//! Reads the repository: files, and Rust without its comments and unit tests.

use std::path::{Path, PathBuf};

/// A file and its text.
pub(super) struct File {
    /// Relative to the requested folder, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    /// The program's code: without line comments and the unit tests at the end.
    pub(super) fn code(&self) -> String {
        if !self.is_program() {
            return String::new();
        }
        let tests = self.text.find("#[cfg(test)]\nmod tests").unwrap_or(self.text.len());
        let lines = self.text[..tests].lines().filter(|line| !line.trim_start().starts_with("//"));
        lines
            .map(|line| line.split(" // ").next().unwrap_or_default())
            .fold(String::new(), |code, line| code + line + "\n")
    }

    /// The file name extension.
    pub(super) fn ending(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or_default()
    }

    /// Whether it is Rust, and not a module of unit tests.
    pub(super) fn is_program(&self) -> bool {
        self.ending() == "rs" && !self.path.ends_with("/tests.rs") && !self.path.contains("/tests/")
    }

    /// The depth of its module below the crate.
    pub(super) fn depth(&self) -> usize {
        self.path.trim_end_matches("/mod.rs").split('/').count()
    }

    /// The top-level module of the file: the first part of its path.
    pub(super) fn module(&self) -> &str {
        self.path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }
}

/// The package's folder.
pub(super) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Reads a file of the package.
pub(super) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"))
}

/// All text files below a folder of the package, sorted. Files of git, cargo and a running program are skipped.
pub(super) fn files(folder: &str) -> Vec<File> {
    let base = root().join(folder);
    let mut files = Vec::new();
    gather(&base, &base, &mut files);
    files.sort_by(|left, right| left.path.cmp(&right.path));
    assert!(!files.is_empty(), "{folder} holds no files: the rules would pass unread");
    files
}

fn gather(base: &Path, folder: &Path, files: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if folder == root() && [".git", "target", "data"].contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            gather(base, &path, files);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let path = path.strip_prefix(base).unwrap().to_string_lossy().replace('\\', "/");
            files.push(File { path, text });
        }
    }
}

/// Whether a character may occur in a name.
pub(super) fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}
