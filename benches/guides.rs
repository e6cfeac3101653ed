//! Guides: a check of everything that ships, cold and warm, and the search over two hundred guides.
//!
//! `cargo bench --bench guides` copies `guides/` to a temporary folder, so that no lock file is left. Figures are seconds; the search is
//! the median of a hundred searches.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use recomamp::clock::Clock;
use recomamp::guides::{self, Guides};

/// Guides that are searched.
const GUIDES: usize = 200;
/// Searches that are timed.
const SEARCHES: usize = 100;
/// What is searched: words that many texts hold, few, and none.
const TEXTS: [&str; 4] = ["reach frequency", "null users", "conversion window attribution", "nowhere-to-be-found"];

fn main() -> anyhow::Result<()> {
    let tokio = tokio::runtime::Builder::new_multi_thread().thread_stack_size(16 << 20).enable_all().build()?;
    let root = tempfile::tempdir()?;
    copy(Path::new("guides"), root.path())?;
    for name in ["cold", "warm"] {
        let began = Instant::now();
        let report = tokio.block_on(guides::check(Some(root.path()), false))?;
        let (queries, run) = (report.queries, report.run);
        say(&format!("check {name}: {:.2} ({queries} queries, {run} run)", began.elapsed().as_secs_f64()))?;
    }
    let many = tempfile::tempdir()?;
    let text = fs::read_to_string("guides/first-query/guide.md")?;
    let text = text.lines().filter(|line| !line.contains(".sql)")).collect::<Vec<_>>().join("\n");
    for number in 0..GUIDES {
        let folder = many.path().join(format!("guide-{number}"));
        fs::create_dir(&folder)?;
        fs::write(folder.join("guide.md"), &text)?;
    }
    let guides = Guides::new(Some(many.path().to_owned()), Clock::manual(chrono::DateTime::UNIX_EPOCH).0);
    let found = tokio.block_on(guides.search(TEXTS[0])).len();
    let mut times: Vec<f64> = (0..SEARCHES)
        .map(|number| {
            let began = Instant::now();
            tokio.block_on(guides.search(TEXTS[number % TEXTS.len()]));
            began.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let median = times.get(SEARCHES / 2).context("a median")?;
    Ok(say(&format!("search over {GUIDES} guides: {median:.5} ({found} found)"))?)
}

fn say(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{text}")
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        } else if entry.path().extension().is_none_or(|ending| ending != "lock") {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
