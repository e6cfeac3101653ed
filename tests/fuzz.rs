//! Fuzzing on the stable compiler: corpus files, unchanged and randomly mutated.
//!
//! A target is a test that calls [`run`] with the name of a folder below `tests/corpus` and a property that must hold
//! for any bytes. The normal tests try the same few hundred mutated inputs each time. `scripts/fuzz TARGET [COUNT]
//! [SEED]` tries any number. A failing input is minimized by proptest and written to `target/fuzz`; once fixed, it
//! belongs in the corpus.
//!
//! There is no coverage feedback: that requires another compiler. Only code that corpus files reach is tested, so
//! each kind of input has a file there, and the inserted pieces are the words of all its files.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestError, TestRng, TestRunner};

/// Maximum length of inputs, so that the time of a run depends on its count.
const LONGEST: usize = 64 << 10;

/// Maximum number of repetitions of a piece.
const MOST_REPEATS: usize = 300;

/// Pieces with a special meaning to some parser.
const ODD: [&[u8]; 44] = [
    b"'",
    b"''",
    b"\"",
    b"\\",
    b"`",
    b"\0",
    b"\r\n",
    b"\n",
    b"\r",
    b"\t",
    b" ",
    b"--",
    b"/*",
    b"*/",
    b"{{",
    b"}}",
    b"{{a}}",
    b";",
    b",",
    b"(",
    b")",
    b"[",
    b"]",
    b"{",
    b"}",
    b"=",
    b"&",
    b"%",
    b"%00",
    b"%zz",
    b"+",
    b"-",
    b"1e999",
    b"-0",
    b"null",
    b"9223372036854775808",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\\ud800",
    "\u{feff}".as_bytes(),
    "\u{202e}".as_bytes(),
    "\u{1f600}".as_bytes(),
    "\u{130}\u{df}".as_bytes(),
];

/// A mutation of an input.
#[derive(Clone, Debug)]
enum Edit {
    Cut(Index, Index),
    Repeat(Index, usize, usize),
    Put(Index, Index),
    Set(Index, u8),
    Graft(Index, Index, Index, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    let short = || prop_oneof![4 => 1..24_usize, 1 => 1..4_000_usize];
    let times = prop_oneof![4 => 1..4_usize, 1 => 1..MOST_REPEATS];
    prop_oneof![
        2 => (at(), at()).prop_map(|(from, to)| Edit::Cut(from, to)),
        2 => (at(), short(), times).prop_map(|(from, length, times)| Edit::Repeat(from, length, times)),
        6 => (at(), at()).prop_map(|(to, word)| Edit::Put(to, word)),
        1 => (at(), any::<u8>()).prop_map(|(to, byte)| Edit::Set(to, byte)),
        2 => (at(), at(), at(), short()).prop_map(|(to, file, from, length)| Edit::Graft(to, file, from, length)),
    ]
}

/// The files of a target, and their words.
struct Corpus {
    files: Vec<(String, Vec<u8>)>,
    words: Vec<Vec<u8>>,
}

impl Corpus {
    fn read(target: &str) -> Self {
        let folder = root().join("tests/corpus").join(target);
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut files: Vec<_> = entries
            .map(|entry| {
                let path = entry.unwrap().path();
                (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())
            })
            .collect();
        files.sort();
        assert!(!files.is_empty(), "{} is empty", folder.display());
        let mut words: BTreeSet<Vec<u8>> = ODD.iter().map(|word| word.to_vec()).collect();
        for (_, bytes) in &files {
            let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
            words.extend(bytes.chunk_by(|left, right| is_word(left) && is_word(right)).map(<[u8]>::to_vec));
        }
        Self { files, words: words.into_iter().collect() }
    }

    fn changed(&self, file: usize, edits: &[Edit]) -> Vec<u8> {
        let mut bytes = self.files[file].1.clone();
        for edit in edits {
            self.apply(edit, &mut bytes);
            bytes.truncate(LONGEST);
        }
        bytes
    }

    fn apply(&self, edit: &Edit, bytes: &mut Vec<u8>) {
        let place = |at: &Index| at.index(bytes.len() + 1);
        match edit {
            Edit::Cut(from, to) => {
                let (from, to) = (place(from), place(to));
                bytes.drain(from.min(to)..from.max(to));
            }
            Edit::Repeat(from, length, times) => {
                let from = place(from);
                let piece = bytes[from..bytes.len().min(from + length)].repeat(*times);
                bytes.splice(from..from, piece.into_iter().take(LONGEST));
            }
            Edit::Put(to, word) => {
                let to = place(to);
                bytes.splice(to..to, word.get(&self.words).iter().copied());
            }
            Edit::Set(to, byte) if !bytes.is_empty() => {
                let to = to.index(bytes.len());
                bytes[to] = *byte;
            }
            Edit::Set(..) => {}
            Edit::Graft(to, file, from, length) => {
                let (_, other) = file.get(&self.files);
                let (to, from) = (place(to), from.index(other.len() + 1));
                bytes.splice(to..to, other[from..other.len().min(from + length)].iter().copied());
            }
        }
    }
}

/// The files of a target.
pub(crate) fn files(target: &str) -> Vec<Vec<u8>> {
    Corpus::read(target).files.into_iter().map(|(_, bytes)| bytes).collect()
}

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The request in the environment, set by `scripts/fuzz`; empty in normal tests.
struct Asked {
    target: String,
    count: u32,
    seed: u64,
}

impl Asked {
    fn read() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "a switch of the tests, not a setting of the program")]
        let asked = std::env::var("RECOMAMP_FUZZ").ok()?;
        let mut parts = asked.split(':');
        let target = parts.next()?.to_owned();
        let mut number = || parts.next().and_then(|part| part.parse().ok());
        let (Some(count), Some(seed)) = (number(), number()) else { panic!("RECOMAMP_FUZZ is TARGET:COUNT:SEED") };
        Some(Self { target, count: u32::try_from(count).unwrap_or(u32::MAX), seed })
    }
}

/// Tests `holds` with each file of the corpus, then with mutated ones: `count` of them, or the requested number.
pub(crate) fn run(target: &str, count: u32, holds: impl Fn(&[u8]) -> TestCaseResult) {
    let asked = Asked::read();
    if asked.as_ref().is_some_and(|asked| asked.target != target) {
        return;
    }
    let corpus = Corpus::read(target);
    for (name, bytes) in &corpus.files {
        if let Err(error) = holds(bytes) {
            panic!("tests/corpus/{target}/{name}: {error}");
        }
    }
    let (count, seed) = asked.as_ref().map_or((count, 0), |asked| (asked.count, asked.seed));
    let tried = Tried::new(target, asked.is_some());
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: count, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &key));
    let inputs = (0..corpus.files.len(), prop::collection::vec(edit(), 1..8));
    let result = runner.run(&inputs, |(file, edits)| {
        let bytes = corpus.changed(file, &edits);
        tried.remember(&bytes);
        holds(&bytes)
    });
    match result {
        Ok(()) => println!("{target}: {} files and {count} changed ones held, with seed {seed}", corpus.files.len()),
        Err(TestError::Fail(reason, (file, edits))) => {
            let path = tried.fail(&corpus.changed(file, &edits));
            panic!("{target}, seed {seed}: {reason}\nthe input is in {}", path.display());
        }
        Err(error) => panic!("{target}: {error}"),
    }
}

/// Where inputs are written. A long run writes each before it is tried: a stack overflow ends the process.
struct Tried {
    folder: PathBuf,
    last: Option<fs::File>,
}

impl Tried {
    fn new(target: &str, long: bool) -> Self {
        let folder = root().join("target/fuzz").join(target);
        fs::create_dir_all(&folder).unwrap();
        let last = long.then(|| fs::File::create(folder.join("last")).unwrap());
        Self { folder, last }
    }

    fn remember(&self, bytes: &[u8]) {
        if let Some(mut last) = self.last.as_ref() {
            // OK to overwrite the same file: creating a new one each time would access the disk each time.
            last.seek(SeekFrom::Start(0)).unwrap();
            last.write_all(bytes).unwrap();
            last.set_len(bytes.len() as u64).unwrap();
        }
    }

    fn fail(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.join("failed");
        fs::write(&path, bytes).unwrap();
        path
    }
}
