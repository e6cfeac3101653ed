//! Copies files into and out of a backup, with checksums.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sha2::{Digest, Sha256};

use super::manifest::Entry;
use super::progress::Progress;
use crate::web::words;

/// Bytes read at a time.
const PIECE: usize = 1 << 20;

/// Copies one file; returns its size and checksum.
pub fn copy(from: &Path, to: &Path) -> io::Result<(u64, String)> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut target = private(to)?;
    let sum = read(from, |piece| target.write_all(piece))?;
    target.sync_all()?;
    Ok(sum)
}

/// Creates a file that only its owner can read.
pub(super) fn private(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Size and checksum of a file.
pub(super) fn sum(path: &Path) -> io::Result<(u64, String)> {
    read(path, |_| Ok(()))
}

fn read(path: &Path, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let (mut buffer, mut bytes) = (vec![0; PIECE], 0);
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok((bytes, hexadecimal(&hash.finalize())));
        }
        hash.update(&buffer[..length]);
        each(&buffer[..length])?;
        bytes += length as u64;
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // OK because writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Files below `folder`, relative to it, sorted. A missing folder is empty.
pub fn below(folder: &Path, passed_over: &dyn Fn(&Path) -> bool) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(inside) = folders.pop() {
        let entries = match fs::read_dir(folder.join(&inside)) {
            Ok(entries) => entries,
            // OK because a running program may remove what was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let path = inside.join(entry.file_name());
            if passed_over(&path) {
                continue;
            }
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Copies a folder into the backup under `name`. Files removed meanwhile are skipped.
pub(super) fn take(
    from: &Path,
    backup: &Path,
    name: &str,
    mut progress: Progress,
    passed_over: &dyn Fn(&Path) -> bool,
) -> anyhow::Result<Vec<Entry>> {
    let files = below(from, passed_over).with_context(|| format!("{} cannot be read", from.display()))?;
    let (mut entries, mut done) = (Vec::with_capacity(files.len()), 0);
    for (at, file) in files.iter().enumerate() {
        let path = format!("{name}/{}", file.to_string_lossy().replace('\\', "/"));
        match copy(&from.join(file), &backup.join(&path)) {
            Ok((bytes, sha256)) => {
                done += bytes;
                entries.push(Entry { path, bytes, sha256 });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && !from.join(file).exists() => {
                // OK because retention, or the AMC emulator, removed it; an empty file may have been created.
                let _ = fs::remove_file(backup.join(&path));
            }
            Err(error) => return Err(error).with_context(|| format!("{path} cannot be copied")),
        }
        progress.at(|| format!("{} of {} files, {}", at + 1, files.len(), words::bytes(done)));
    }
    Ok(entries)
}

/// Reads every file of a backup and compares it with the manifest.
pub fn verify(backup: &Path, entries: &[Entry], mut progress: Progress) -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        match sum(&backup.join(entry.local()?)) {
            Ok((bytes, sha256)) if bytes == entry.bytes && sha256 == entry.sha256 => {}
            Ok(_) => wrong.push(format!("{} was changed", entry.path)),
            Err(error) => wrong.push(format!("{} cannot be read ({error})", entry.path)),
        }
        progress.at(|| format!("{} of {} files", at + 1, entries.len()));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let (shown, more) = (wrong.len().min(5), wrong.len().saturating_sub(5));
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    bail!("the backup is damaged: {}{rest}. Use another backup", wrong[..shown].join("; "))
}
