//! The file that preserves the emulator's state across restarts.
//!
//! One JSON line for each change, appended in order. Lines are passed to the operating system before a request is
//! answered, so `kill -9` loses nothing that was answered (a power failure may lose the last moments: nothing is
//! synced to disk, which would cost every call a disk round trip for data that is made up anyway). Only the last line
//! can be truncated, and is then dropped. When opened, and whenever it has grown to about twice its necessary size,
//! the journal is compacted, so that its length follows the state's.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::state::{Change, State};

const FILE: &str = "journal.jsonl";
const LOCK: &str = "journal.lock";

/// The minimum growth in bytes before compaction.
const LEAST_GROWTH: u64 = 8 << 20;

/// The open journal of one folder.
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
    /// The length at which it is compacted.
    limit: u64,
    /// Whether a write failed halfway, so that nothing can be appended.
    torn: bool,
    /// Held while this process uses the folder.
    _lock: File,
}

impl Journal {
    /// Reads the folder's journal into a state, compacts it, and opens it for appending.
    ///
    /// # Errors When the folder is used by another process, can't be written, or contains a journal that is damaged
    /// elsewhere than at its end.
    pub(crate) fn open(folder: &Path) -> Result<(Self, State)> {
        crate::vault::private_folder(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let lock = lock(folder)?;
        let path = folder.join(FILE);
        let state = replay(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let rewritten = rewrite(&path, &state).with_context(|| format!("cannot write {}", path.display()));
        let (file, length) = rewritten?;
        Ok((Self { path, file, length, limit: limit_for(length), torn: false, _lock: lock }, state))
    }

    /// Appends changes that `state` already contains; they are passed to the operating system before this returns.
    /// After an error the next call rewrites everything.
    pub(crate) fn append(&mut self, changes: &[u8], state: &State) -> io::Result<()> {
        if self.torn {
            return self.compact(state);
        }
        let written = self.file.write_all(changes);
        self.torn = written.is_err();
        written?;
        self.length += changes.len() as u64;
        if self.length < self.limit {
            return Ok(());
        }
        // OK to raise the limit first: a failed compaction isn't retried with each change.
        self.limit = limit_for(self.length);
        self.compact(state)
    }

    fn compact(&mut self, state: &State) -> io::Result<()> {
        (self.file, self.length) = rewrite(&self.path, state)?;
        self.limit = limit_for(self.length);
        self.torn = false;
        Ok(())
    }
}

/// Checks the journal of a folder, if there is one, without changing it.
pub(crate) fn examine(folder: &Path) -> Result<()> {
    let path = folder.join(FILE);
    replay(&path).map(drop).with_context(|| path.display().to_string())
}

/// One change as a line of the journal.
pub(crate) fn write_line(change: &Change, into: &mut Vec<u8>) -> io::Result<()> {
    let before = into.len();
    if let Err(error) = serde_json::to_writer(&mut *into, change) {
        into.truncate(before);
        return Err(error.into());
    }
    into.push(b'\n');
    Ok(())
}

fn lock(folder: &Path) -> Result<File> {
    let lock = File::create(folder.join(LOCK)).with_context(|| format!("cannot write to {}", folder.display()))?;
    if lock.try_lock().is_err() {
        bail!("{} is in use by another process; choose another folder or stop that process", folder.display());
    }
    Ok(lock)
}

fn replay(path: &PathBuf) -> Result<State> {
    let mut state = State::default();
    let mut reader = match File::open(path) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(state),
        Err(error) => return Err(error.into()),
    };
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            break; // OK because only a line that was cut off has no end: its request was never answered.
        }
        let change = serde_json::from_slice(&line).with_context(|| format!("line {number} is damaged"))?;
        state.apply(change);
    }
    Ok(state)
}

/// The length at which a journal with `length` bytes of rows is compacted.
fn limit_for(length: u64) -> u64 {
    length + length.max(LEAST_GROWTH)
}

/// Writes a new file and renames it, so that an interruption leaves the old one intact; returns the file, open at its
/// end, and its length.
fn rewrite(path: &Path, state: &State) -> io::Result<(File, u64)> {
    let beside = path.with_extension("new");
    // OK to truncate explicitly: a file opened for appending can't be created empty otherwise.
    let file = OpenOptions::new().create(true).append(true).open(&beside)?;
    file.set_len(0)?;
    let mut writer = BufWriter::new(file);
    let mut line = Vec::new();
    let mut length = 0;
    for change in state.rows() {
        line.clear();
        write_line(&change, &mut line)?;
        writer.write_all(&line)?;
        length += line.len() as u64;
    }
    let file = writer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    Ok((file, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::state::seeded_instances;

    fn filled(folder: &Path) -> usize {
        let (mut journal, state) = Journal::open(folder).unwrap();
        let mut lines = Vec::new();
        let instances = seeded_instances(chrono::DateTime::UNIX_EPOCH);
        let count = instances.len();
        for instance in instances {
            write_line(&Change::Instance(instance.into()), &mut lines).unwrap();
        }
        journal.append(&lines, &state).unwrap();
        count
    }

    #[test]
    fn what_was_appended_is_there_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let count = filled(folder.path());
        let (_journal, state) = Journal::open(folder.path()).unwrap();
        assert_eq!(state.instances.len(), count);
    }

    #[test]
    fn a_last_line_that_was_cut_off_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let count = filled(folder.path());
        let path = folder.path().join(FILE);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 10]).unwrap();
        let (_journal, state) = Journal::open(folder.path()).unwrap();
        assert_eq!(state.instances.len(), count - 1);
    }

    #[test]
    fn damage_in_the_middle_is_reported_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path());
        let path = folder.path().join(FILE);
        let damaged = std::fs::read_to_string(&path).unwrap().replacen("Instance", "Nonsense", 3);
        std::fs::write(&path, damaged).unwrap();
        let error = Journal::open(folder.path()).err().unwrap();
        assert!(format!("{error:#}").contains("line 2 is damaged"), "{error:#}");
    }

    #[test]
    fn a_long_journal_is_rewritten_while_it_is_open() {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path());
        let (mut journal, mut state) = Journal::open(folder.path()).unwrap();
        let whole = journal.length;
        let mut line = Vec::new();
        let change = || Change::TermsAccepted("e".repeat(100_000));
        write_line(&change(), &mut line).unwrap();
        state.apply(change());
        for _ in 0..1000 {
            journal.append(&line, &state).unwrap();
            assert!(std::fs::metadata(folder.path().join(FILE)).unwrap().len() < whole + LEAST_GROWTH + 200_000);
        }
        drop(journal);
        let (_journal, again) = Journal::open(folder.path()).unwrap();
        assert_eq!(again.accepted, state.accepted);
        assert_eq!(again.instances.len(), state.instances.len());
    }

    #[test]
    fn after_a_torn_line_everything_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path());
        let (mut journal, mut state) = Journal::open(folder.path()).unwrap();
        journal.file.write_all(b"{\"Terms").unwrap();
        journal.torn = true;
        state.apply(Change::TermsAccepted("account".into()));
        journal.append(b"", &state).unwrap();
        drop(journal);
        let (_journal, again) = Journal::open(folder.path()).unwrap();
        assert_eq!(again.accepted, state.accepted);
    }

    #[test]
    fn a_folder_in_use_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let held = Journal::open(folder.path()).unwrap();
        assert!(Journal::open(folder.path()).is_err());
        drop(held);
        assert!(Journal::open(folder.path()).is_ok());
    }
}
