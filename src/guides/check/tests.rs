//! Checks of folders on disk.

use std::fs;
use std::path::Path;

use super::*;

mod stated;

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

const GUIDE: &str = "+++\ntitle = \"T\"\nsummary = \"S\"\nminutes = 1\n+++\n\n[Q](q.sql)\n";

fn query(sample: &str) -> String {
    format!(
        "--+++ recomamp query\n-- name = \"Q\"\n-- sample = \"\"\"\n-- n\n-- {sample}\n-- \"\"\"\n--+++\nSELECT COUNT(1) AS n FROM dsp_impressions\n"
    )
}

#[tokio::test]
async fn a_query_runs_once_and_then_only_when_it_changes() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "t/guide.md", GUIDE);
    write(root.path(), "t/q.sql", &query("2"));
    let first = check(Some(root.path()), false).await.unwrap();
    let found: Vec<_> = first.findings.iter().map(|it| (it.file.as_str(), it.line, it.code)).collect();
    assert_eq!((found, first.run), (vec![("t/q.sql", 4, "sample")], 1), "a sample of another size is told");
    let real = run(Some(root.path()), "t/q", None).await.unwrap().texts(1).unwrap()[0][0].clone().unwrap();
    write(root.path(), "t/q.sql", &query(&real));
    let fixed = check(Some(root.path()), false).await.unwrap();
    assert_eq!((fixed.findings.len(), fixed.run, fixed.passes()), (0, 1, true));
    assert_eq!(check(Some(root.path()), false).await.unwrap().run, 0, "the lock file knows it");
    assert_eq!(check(Some(root.path()), true).await.unwrap().run, 1);
    write(root.path(), "t/q.sql", &query("1"));
    assert_eq!(check(Some(root.path()), false).await.unwrap().run, 1);
    let lost = run(Some(root.path()), "t/other", None).await.unwrap_err().to_string();
    assert!(lost.contains("Did you mean one of t/q?"), "{lost}");
    write(root.path(), "t/lost.sql", &query("1"));
    let lost = run(Some(root.path()), "t/lost", None).await.unwrap_err().to_string();
    assert!(lost.contains("t/lost.sql is there") && lost.contains("[its name](lost.sql)"), "{lost}");
    let earlier = run(Some(root.path()), "t/q", Some("2026-03-02".parse().unwrap())).await.unwrap();
    assert_ne!(earlier.texts(1).unwrap()[0][0], Some(real), "another day has other data");
}

#[tokio::test]
async fn an_own_folder_links_to_built_in_guides_and_cannot_use_their_names() {
    let root = tempfile::tempdir().unwrap();
    let text = |next: &str, links: &str| {
        format!("+++\ntitle = \"T\"\nsummary = \"S\"\nminutes = 1\nnext = [\"{next}\"]\n+++\n\n{links}\n")
    };
    let links = "[a](../first-query/guide.md#run-it), [b](../library/reach-by-campaign.sql)";
    write(root.path(), "t/guide.md", &text("amc-basics", links));
    write(root.path(), "u/guide.md", &text("nowhere", "[a](../first-query/guide.md#nowhere)"));
    write(root.path(), "first-query/guide.md", &text("t", "Text."));
    let report = check(Some(root.path()), false).await.unwrap();
    let found: Vec<_> = report.findings.iter().map(|it| (it.file.as_str(), it.line, it.code)).collect();
    assert_eq!(found, [("first-query/guide.md", 1, "slug"), ("u/guide.md", 5, "link"), ("u/guide.md", 8, "link")]);
    assert_eq!((report.guides, report.templates, report.queries), (2, 0, 0));
}

#[cfg(unix)]
#[tokio::test]
async fn files_outside_the_folder_are_not_read() {
    let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(outside.path(), "q.sql", &query("1"));
    write(outside.path(), "guide.md", GUIDE);
    write(root.path(), "t/guide.md", GUIDE);
    std::os::unix::fs::symlink(outside.path().join("q.sql"), root.path().join("t/q.sql")).unwrap();
    std::os::unix::fs::symlink(outside.path(), root.path().join("linked")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("nowhere"), root.path().join("library")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("q.sql"), root.path().join("README.md")).unwrap();
    write(root.path(), "large/guide.md", &"x".repeat(10 << 20));
    fs::create_dir_all(root.path().join("bytes")).unwrap();
    fs::write(root.path().join("bytes/guide.md"), b"+++\n\xff\n").unwrap();
    let report = check(Some(root.path()), false).await.unwrap();
    let found: Vec<String> = report.findings.iter().map(|it| format!("{}:{}", it.file, it.message)).collect();
    assert_eq!(report.guides, 1, "{found:?}");
    assert!(!found.iter().any(|it| it.starts_with("README")), "a link to a file is no folder: {found:?}");
    for expected in [
        "t/q.sql:q.sql is a symbolic link",
        "linked:This folder is a symbolic link",
        "library:This folder is a symbolic link",
        "large/guide.md:guide.md is larger than 1 MiB",
        "line 2 has invalid bytes",
    ] {
        assert!(found.iter().any(|it| it.contains(expected)), "{expected} in {found:?}");
    }
    let gone = check(Some(&root.path().join("nowhere")), false).await.unwrap_err();
    assert!(format!("{gone:#}").contains("nowhere"));
}

#[tokio::test]
async fn built_in_guides_pass() {
    let report = check(None, true).await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(report.run, report.queries);
}

#[tokio::test]
async fn five_thousand_guides_are_read() {
    let root = tempfile::tempdir().unwrap();
    for number in 0..5_000 {
        let text = format!("+++\ntitle = \"Guide {number}\"\nsummary = \"S\"\nminutes = 1\n+++\n\nText of it.\n");
        write(root.path(), &format!("guide-{number}/guide.md"), &text);
    }
    let report = check(Some(root.path()), false).await.unwrap();
    assert_eq!((report.guides, report.findings.len()), (5_000, 0));
}
