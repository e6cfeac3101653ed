//! AMC SQL from the command line, without a server and without a network.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::recomamp;

/// A file of SQL in a folder of its own.
struct Text {
    file: PathBuf,
    _folder: TempDir,
}

impl Text {
    fn new(sql: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("query.sql");
        std::fs::write(&file, sql).expect("a file can be written");
        Self { file, _folder: folder }
    }

    fn path(&self) -> &str {
        self.file.to_str().expect("a plain path")
    }
}

const REACH: &str = "SELECT campaign, COUNT(DISTINCT user_id) AS reach\nFROM dsp_impressions\nGROUP BY campaign";
const MISTYPED: &str =
    "SELECT\n  campain,\n  COUNT(DISTINCT user_id) AS reach\nFROM dsp_impressions\nGROUP BY campaign";
const WINDOW: [&str; 6] = ["--start", "2026-02-01", "--end", "2026-03-01", "--scale", "0.02"];

#[tokio::test]
async fn a_check_names_the_place_and_ends_with_1() {
    let text = Text::new(MISTYPED);
    let said = recomamp(&[], &["sql", "check", text.path()]).await.with(1);
    assert!(said.out.contains(&format!("{}:2:3: error[unknown-column]", text.path())), "{}", said.out);
    let said = recomamp(&[], &["sql", "check", "--format", "json", text.path()]).await.with(1);
    let findings: Value = serde_json::from_str(&said.out).expect("JSON");
    let error = &findings[0];
    assert_eq!((&error["line"], &error["column"], &error["level"]), (&2.into(), &3.into(), &"error".into()), "{error}");
    assert!(error["fix"].to_string().contains("campaign"), "{error}");
}

#[tokio::test]
async fn a_text_that_is_right_passes_in_silence() {
    let text = Text::new(REACH);
    let said = recomamp(&[], &["sql", "check", text.path()]).await.with(0);
    assert!(!said.out.contains("error"), "{}", said.out);
}

#[tokio::test]
async fn a_run_gives_the_same_rows_for_the_same_seed() {
    let text = Text::new(REACH);
    let run = async |more: &[&str]| {
        let arguments: Vec<&str> =
            ["sql", "run", text.path()].into_iter().chain(WINDOW).chain(more.iter().copied()).collect();
        let said = recomamp(&[], &arguments).await.with(0);
        let mut lines: Vec<String> = said.out.lines().map(str::to_owned).collect();
        lines[1..].sort_unstable();
        lines
    };
    let first = run(&[]).await;
    assert_eq!(first[0], "campaign,reach");
    assert!(first.len() > 1);
    assert_eq!(run(&[]).await, first);
    assert_ne!(run(&["--seed", "2"]).await, first);
    assert!(run(&["--controls", "off"]).await.len() >= first.len(), "thresholds only take rows away");
}

#[tokio::test]
async fn a_run_takes_custom_parameters_and_wants_a_window() {
    let text = Text::new(
        "SELECT campaign, SUM(impressions) AS impressions FROM dsp_impressions\n\
         WHERE campaign = CUSTOM_PARAMETER('campaign') GROUP BY campaign",
    );
    let with = ["sql", "run", text.path(), "--param", "campaign=No such campaign", "--format", "json"];
    let arguments: Vec<&str> = with.into_iter().chain(WINDOW).collect();
    let said = recomamp(&[], &arguments).await.with(0);
    assert_eq!(serde_json::from_str::<Value>(&said.out).expect("JSON"), serde_json::json!([]));
    let said = recomamp(&[], &["sql", "run", text.path()]).await.with(2);
    assert!(said.err.contains("--start"), "{}", said.err);
}
