//! Validates the address of a database before anything is opened.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

/// What is wrong with an address, as the end of a sentence about it; never quotes the address, which may contain a
/// password.
pub fn fault(address: &str) -> Option<&'static str> {
    if address.starts_with("sqlite:") {
        return match SqliteConnectOptions::from_str(address) {
            Err(_) => Some("cannot be read as an address of SQLite"),
            Ok(options) if is_memory(options.get_filename(), address) => {
                Some("names no file: what is in memory is gone with the process, and its connections do not share it")
            }
            Ok(_) => None,
        };
    }
    if !["postgres:", "postgresql:"].iter().any(|scheme| address.starts_with(scheme)) {
        return Some("has to begin with `sqlite:` or `postgres:`");
    }
    PgConnectOptions::from_str(address).err().map(|_| "cannot be read as an address of PostgreSQL")
}

/// Whether SQLite would create this database in memory or as a temporary file.
fn is_memory(file: &Path, address: &str) -> bool {
    let file = file.to_string_lossy();
    let options = address.split_once('?').map_or("", |(_, options)| options);
    // OK to refuse all of SQLite's file URIs: they can mean "in memory" in several ways, and the lock file beside it
    // would have another name.
    file.is_empty()
        || file == ":memory:"
        || file.starts_with("file:")
        || url::form_urlencoded::parse(options.as_bytes()).any(|(name, value)| name == "mode" && value == "memory")
}

/// The file of an SQLite address.
pub fn file(address: &str) -> Option<PathBuf> {
    if !address.starts_with("sqlite:") {
        return None;
    }
    Some(SqliteConnectOptions::from_str(address).ok()?.get_filename().to_owned())
}

/// The address without its password, for display.
pub fn shown(address: &str) -> String {
    if let Some(file) = file(address) {
        return file.display().to_string();
    }
    match PgConnectOptions::from_str(address) {
        Ok(options) => {
            format!("{} at {}:{}", options.get_database().unwrap_or("?"), options.get_host(), options.get_port())
        }
        Err(_) => "an address that cannot be read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_that_go_with_the_process_are_refused() {
        for address in [
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite:x?mode=memory",
            "sqlite:%3Amemory:",
            "sqlite:file::memory:",
            "sqlite:",
        ] {
            assert!(fault(address).is_some_and(|what| what.contains("memory")), "{address}");
        }
    }

    #[test]
    fn files_and_servers_are_taken() {
        for address in ["sqlite:data/x.sqlite", "sqlite:///tmp/memory.sqlite?mode=rwc", "postgres://me:pw@db:5433/x"] {
            assert_eq!(fault(address), None, "{address}");
        }
    }

    #[test]
    fn what_is_wrong_is_reported_without_the_address() {
        for address in ["mysql://me:hush@db/x", "postgres://me:hush@db:port/x", "sqlite:hush?mode=odd"] {
            assert!(fault(address).is_some_and(|what| !what.contains("hush")), "{address}");
        }
    }
}
