//! AMC SQL on the command line, without a server and without a network.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::recomamp;

/// A file of SQL in its own folder.
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

const CAMPAIGNS: &str =
    "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions\nWHERE campaign IN ({{campaigns}}) GROUP BY 1;";

#[tokio::test]
async fn a_check_knows_parameters_and_says_which_values_fit_nothing() {
    let text = Text::new(CAMPAIGNS);
    recomamp(&[], &["sql", "check", text.path()]).await.with(0);
    recomamp(&[], &["sql", "check", text.path(), "--param", "campaigns=Launch, Summer"]).await.with(0);
    let said =
        recomamp(&[], &["sql", "check", text.path(), "--param", "Campaigns=Launch", "--param", "x=1"]).await.with(1);
    assert!(said.err.contains("no parameter called Campaigns. It has campaigns, which is spelled"), "{}", said.err);
    assert!(said.err.contains("no parameter called x. It has campaigns."), "{}", said.err);
    let day = Text::new("SELECT COUNT(1) AS n FROM dsp_impressions WHERE impression_date = {{day}}");
    recomamp(&[], &["sql", "check", day.path(), "--param", "day=2026-02-01"]).await.with(0);
    let said = recomamp(&[], &["sql", "check", day.path(), "--param", "day=yesterday"]).await.with(1);
    assert!(said.err.contains("--param day: day must be a date"), "{}", said.err);
}

#[tokio::test]
async fn a_run_fills_parameters_also_from_a_file_and_says_why_there_are_no_rows() {
    let text = Text::new(CAMPAIGNS);
    let run = async |more: &[&str]| {
        let arguments: Vec<&str> =
            ["sql", "run", text.path()].into_iter().chain(WINDOW).chain(more.iter().copied()).collect();
        recomamp(&[], &arguments).await
    };
    let said = run(&[]).await.with(1);
    assert!(said.err.contains("campaigns has no value. Give it with --param campaigns="), "{}", said.err);
    let said = run(&["--param", "campaigns=No such campaign"]).await.with(0);
    assert!(said.err.contains("No rows: no data fits the query"), "{}", said.err);
    let all = Text::new("SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY 1");
    let arguments: Vec<&str> = ["sql", "run", all.path()].into_iter().chain(WINDOW).collect();
    let known = recomamp(&[], &arguments).await.with(0).out;
    let rows = known.lines().skip(1).filter_map(|line| line.rsplit_once(','));
    let names: Vec<&str> = rows.map(|(name, _)| name).collect();
    let list = Text::new(&names.join("\r\n"));
    let said = run(&["--param", &format!("campaigns=@{}", list.path())]).await.with(0);
    assert_eq!(said.out.lines().count(), known.lines().count());
}

#[tokio::test]
async fn a_run_refuses_a_window_with_two_zones_and_says_that_the_future_is_empty() {
    let text = Text::new(REACH);
    let run = async |start: &str, end: &str, zone: &str| {
        recomamp(&[], &["sql", "run", text.path(), "--scale", "0.02", "--start", start, "--end", end, "--zone", zone])
            .await
    };
    let said = run("2026-09-01T00:00:00Z", "2026-09-08", "America/Los_Angeles").await.with(2);
    assert!(said.err.contains("names a time zone of its own"), "{}", said.err);
    run("2026-09-01T00:00:00Z", "2026-09-08T00:00:00Z", "UTC").await.with(0);
    let said = run("2199-01-01", "2199-01-08", "UTC").await.with(0);
    assert!(said.err.contains("begins in the future"), "{}", said.err);
}

#[tokio::test]
async fn sure_fixes_are_written_and_guesses_are_not() {
    let text = Text::new(
        "SELECT campain, COUNT(1) AS `n`\u{a0}FROM dsp_impressions WHERE campaign = \u{201c}Launch\u{201d} GROUP BY 1;\n",
    );
    let said = recomamp(&[], &["sql", "check", "--fix", text.path()]).await.with(1);
    assert!(
        said.out.contains("error[unknown-column]") && said.err.contains("4 fixes applied"),
        "{} {}",
        said.out,
        said.err
    );
    let fixed = std::fs::read_to_string(text.path()).expect("the file");
    assert_eq!(fixed, "SELECT campain, COUNT(1) AS n FROM dsp_impressions WHERE campaign = 'Launch' GROUP BY 1\n");
    let said = recomamp(&[], &["sql", "check", "--fix", text.path()]).await.with(1);
    assert!(!said.err.contains("applied"), "{}", said.err);
}

#[tokio::test]
async fn findings_as_json_name_their_range_their_fix_and_their_page() {
    let text = Text::new("SELECT campaign, SUM(impresions) AS n\nFROM dsp_impressions GROUP BY campain");
    let said = recomamp(&[], &["sql", "check", "--format", "json", text.path()]).await.with(1);
    let findings: Value = serde_json::from_str(&said.out).expect("JSON");
    let (first, last) = (&findings[0], &findings[2]);
    assert_eq!(first["help"], "/help/checks/unknown-column");
    assert_eq!((&first["endLine"], &first["endColumn"], &first["mayBeWrong"]), (&1.into(), &31.into(), &true.into()));
    assert_eq!((&first["fix"]["replacement"], &first["fix"]["sure"]), (&"impressions".into(), &false.into()));
    assert_eq!(
        (&last["code"], &last["because"]["code"]),
        (&"not-grouped".into(), &"unknown-column".into()),
        "{findings}"
    );
}

#[tokio::test]
async fn bytes_that_are_no_text_are_reported_with_their_place() {
    let text = Text::new("");
    std::fs::write(text.path(), b"SELECT 1\n  \xff").expect("a file");
    let said = recomamp(&[], &["sql", "check", text.path()]).await.with(2);
    assert!(said.err.contains(":2:3: not UTF-8 text"), "{}", said.err);
}
