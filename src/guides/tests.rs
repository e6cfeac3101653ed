//! All built-in guides and templates are valid, and authors' errors are reported.

use std::borrow::Cow;
use std::sync::Arc;

use super::content::{Collection, Content, Finding, Folder, Guide, Part, read_folder};

const HEAD: &str = "+++\ntitle = \"T\"\nsummary = \"S\"\nminutes = 1\n+++\n";

fn folder(files: &[(&str, &str)]) -> Folder {
    let content = |text: &str| Content::Bytes(Cow::Owned(text.as_bytes().to_vec()));
    Folder(files.iter().map(|(name, text)| ((*name).to_owned(), content(text))).collect())
}

fn collection(folders: &[(&str, &[(&str, &str)])]) -> Collection {
    Collection::join(
        folders.iter().map(|(name, files)| ((*name).to_owned(), Arc::new(read_folder(name, &folder(files))))),
    )
}

/// A guide with one file, and its findings.
fn read(body: &str) -> (Arc<Guide>, Vec<Finding>) {
    let all = collection(&[("t", &[("guide.md", &format!("{HEAD}{body}"))])]);
    (Arc::clone(&all.guide("t", "").unwrap().item), all.findings())
}

fn lines(findings: &[Finding]) -> Vec<usize> {
    findings.iter().map(|finding| finding.line).collect()
}

fn html(guide: &Guide) -> String {
    guide.parts.iter().map(|part| if let Part::Html(html) = part { html.as_str() } else { "<query>" }).collect()
}

#[test]
fn all_guides_and_templates_have_no_findings() {
    assert_eq!(Collection::built_in().findings(), []);
}

#[test]
fn hostile_markdown_is_escaped() {
    let (guide, findings) = read(
        "<script>alert(1)</script>\n\nA <b onclick=x>b</b>, [x](javascript:alert(1)), ![y](data:image/svg+xml,z), <javascript:a>.\n\n\
         [w](<//evil.example>) [v](&#x6a;avascript:alert(1)) [u](java&#10;script:x)\n\n<style>*{}</style>\n",
    );
    let html = html(&guide);
    for active in ["<script", "<style", "<b ", "\"javascript:alert", "data:", "src="] {
        assert!(!html.contains(active), "{active} in {html}");
    }
    assert!(html.contains("&lt;script&gt;"));
    assert!(findings.len() >= 8, "{findings:?}");
}

#[test]
fn headings_have_unique_ids() {
    let (guide, findings) = read("## Why `x`?\n\n## Why x\n\n### More\n");
    assert_eq!(findings, []);
    let seen: Vec<_> = guide.headings.iter().map(|heading| (heading.depth, heading.id.as_str())).collect();
    assert_eq!(seen, [(2, "why-x"), (2, "why-x-2"), (3, "more")]);
    assert!(html(&guide).contains("<h2 id=\"why-x-2\">"));
    assert_eq!(guide.headings[0].text, "Why x?");
}

#[test]
fn table_cells_have_labels_and_no_inline_style() {
    let html = html(&read("| a & b | n |\n| --- | ---: |\n| x | 1 |\n").0);
    assert!(html.contains("<th scope=\"row\">x</th><td data-label=\"n\" class=\"number\">1</td>"), "{html}");
    assert!(html.contains("<th scope=\"col\">a &amp; b</th>"), "{html}");
    assert!(!html.contains("style="));
}

#[test]
fn extensions_of_markdown_are_shown() {
    let (guide, findings) = read(
        "> [!WARNING]\n> Mind this.\n\n- [x] done\n- [ ] open\n\nTerm\n: What it means.\n\nText[^a] and[^b].\n\n```sql query name=\"Q\"\n\
         SELECT COUNT(1) AS n FROM dsp_clicks\n```\n\nMore[^a].\n\n[^a]: First.\n[^b]: Second.\n",
    );
    assert_eq!(findings, []);
    let html = html(&guide);
    for part in [
        "data-kind=\"warning\"><p class=\"alert-title\">Warning</p>",
        "Done:",
        "<dt>Term</dt>",
        "<a href=\"#note-2\"",
        "id=\"note-1\"",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert_eq!(html.matches("href=\"#note-1\"").count(), 2, "a note has one number in all of the text");
}

#[test]
fn a_query_is_in_a_code_block_or_a_file() {
    let sql = "--+++ recomamp query\n-- name = \"By campaign\"\n-- [metrics]\n-- n = \"Clicks.\"\n--+++\nSELECT campaign, COUNT(1) AS n FROM dsp_clicks GROUP BY 1\n";
    let guide = format!(
        "{HEAD}A\n\n[By campaign](by-campaign.sql)\n\nSee [it](by-campaign.sql).\n\n```sql query name=\"All of it\"\nSELECT COUNT(1) AS n FROM dsp_views\n```\n"
    );
    let all = collection(&[("t", &[("guide.md", &guide), ("by-campaign.sql", sql)])]);
    assert_eq!(all.findings(), []);
    let guide = &all.guide("t", "").unwrap().item;
    let ids: Vec<&str> = guide.queries().map(|query| query.id.as_str()).collect();
    assert_eq!(ids, ["by-campaign", "all-of-it"]);
    assert_eq!(guide.sources, ["dsp_clicks", "dsp_views"]);
    assert!(html(guide).contains("<a href=\"#query-by-campaign\">it</a>"), "{}", html(guide));
    assert_eq!(guide.query("by-campaign").unwrap().columns.len(), 2);
}

#[test]
fn authors_errors_are_reported_with_their_lines() {
    let bare = |text: &str| lines(&collection(&[("t", &[("guide.md", text)])]).findings());
    assert_eq!(bare("# no head"), [1, 1]);
    assert_eq!(bare("+++\ntitle = \"T\"\nlevel = \"hard\"\ncolour = \"red\"\n+++\n"), [1, 1, 3, 4]);
    let wrong = collection(&[("t", &[("guide.md", "+++\ntitle = \"T\"\nsumary = \"S\"\nminutes = \"five\"\n+++\n")])])
        .findings();
    let told: Vec<_> = wrong.iter().map(|it| (it.line, it.message.as_str())).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[1].1.ends_with("Did you mean `summary`?"), "{told:?}");
    assert_eq!(told[2], (4, "`minutes` must be a whole number, without quotes."));
    assert_eq!(lines(&read("# Title\n").1), [6]);
    assert_eq!(lines(&read("- x\n\n  ```sql query name=\"Q\"\n  SELECT 1\n  ```\n").1), [8]);
    assert_eq!(lines(&read("x\n\n[y](#nowhere), [z](../t2/guide.md), [w](/nowhere), [v](../../x)\n").1), [8, 8, 8, 8]);
    assert_eq!(lines(&read("![x](x.png)\n\n[y](y.sql)\n").1), [6, 8]);
    let sql = "```sql query name=\"Q\"\n--+++ recomamp query\n-- sample = \"\"\"\n-- n, m\n-- 1, 2\n-- \"\"\"\n--+++\nSELECT\n  campain FROM dsp_clicks\n```\n";
    let (_, findings) = read(sql);
    let places: Vec<_> = findings.iter().map(|it| (it.line, it.column, it.code)).collect();
    assert_eq!(places, [(14, 3, "unknown-column")], "{findings:?}");
}

#[test]
fn a_querys_declarations_are_checked() {
    let file = |front: &str| {
        format!(
            "```sql query name=\"Q\"\n--+++ recomamp query\n{front}--+++\nSELECT campaign, COUNT(1) AS n FROM dsp_clicks WHERE campaign <> {{{{x}}}} GROUP BY 1\n```\n"
        )
    };
    let codes = |front: &str| read(&file(front)).1.into_iter().map(|it| (it.line, it.code)).collect::<Vec<_>>();
    let x = "-- [[parameters]]\n-- name = \"x\"\n-- default = \"a\"\n";
    assert_eq!(codes(x), []);
    assert!(codes("").contains(&(9, "parameters")), "an undeclared parameter is at its place");
    assert_eq!(
        codes("-- [[parameters]]\n-- name = \"x\"\n"),
        [(8, "parameters")],
        "a parameter without a default cannot be tried"
    );
    assert_eq!(codes(&format!("{x}-- [[parameters]]\n-- name = \"y\"\n-- default = \"a\"\n")), [(8, "parameters")]);
    assert_eq!(codes(&format!("-- [metrics]\n-- m = \"x\"\n{x}")), [(8, "metrics")]);
    assert_eq!(codes(&format!("-- sample = \"\"\"\n-- campaign, m\n-- a, 1\n-- \"\"\"\n{x}")), [(9, "sample")]);
    assert_eq!(codes(&format!("-- sample = \"\"\"\n-- campaign, n\n-- a, many\n-- \"\"\"\n{x}")), [(10, "sample")]);
}

#[test]
fn unused_files_are_reported() {
    let guide = format!("{HEAD}A\n");
    let all = collection(&[
        ("a", &[("guide.md", guide.as_str()), ("lost.sql", "SELECT 1"), ("notes.md", "x")]),
        ("a", &[("guide.md", guide.as_str())]),
        ("b", &[("x.sql", "SELECT 1")]),
        ("Has Blanks", &[("guide.md", guide.as_str())]),
        ("library", &[("bare.sql", "SELECT COUNT(1) AS n FROM dsp_clicks")]),
    ]);
    let codes: Vec<_> = all.findings().into_iter().map(|it| format!("{} {}", it.file, it.code)).collect();
    for expected in [
        "a/lost.sql query",
        "a/notes.md file",
        "a/guide.md slug",
        "b/guide.md file",
        "Has Blanks/guide.md file",
        "library/bare.sql front-matter",
    ] {
        assert!(codes.iter().any(|code| code == expected), "{expected} in {codes:?}");
    }
}

#[test]
fn deep_nesting_is_parsed_quickly() {
    for text in
        ["[".repeat(10_000), "> ".repeat(10_000), "[a](".repeat(10_000), "*_".repeat(10_000), "- ".repeat(5_000)]
    {
        read(&text);
    }
}

#[test]
fn the_search_requires_every_word_and_shows_the_match() {
    let one = format!("{HEAD}Intro about **reach**.\n\n## Why rows vanish\n\nToo few people stand behind a row.\n");
    let two = one.replace("title = \"T\"", "title = \"Rows and people\"");
    let all = collection(&[("a", &[("guide.md", one.as_str())]), ("b", &[("guide.md", two.as_str())])]);
    let found = |text: &str| super::index::search(all.readable(""), text);
    let hits = found("PEOPLE vanish");
    assert_eq!(hits.iter().map(|hit| hit.guide.slug.as_str()).collect::<Vec<_>>(), ["b", "a"], "a title counts more");
    let section = hits[1].section.clone().unwrap();
    assert_eq!((section.id.as_str(), section.pieces[1].as_str()), ("why-rows-vanish", "people"));
    assert!(section.pieces[0].ends_with("Too few "), "{section:?}");
    assert!(found("reach nowhere-to-be-found").is_empty() && found("  ").is_empty());
}

#[test]
fn a_section_ends_where_the_next_begins() {
    let (guide, findings) = read("Intro.\n\n## One\n\nA\n\n> ## No section\n\n## Two\n\nB\n");
    assert_eq!(findings, []);
    let chapters: Vec<&str> = guide.chapters().map(|heading| heading.id.as_str()).collect();
    assert_eq!(chapters, ["one", "two"]);
    let ends: Vec<&Part> = guide.parts.iter().filter(|part| matches!(part, Part::SectionEnd(_))).collect();
    assert_eq!(ends, [&Part::SectionEnd("one".to_owned()), &Part::SectionEnd("two".to_owned())]);
    assert!(matches!(guide.parts.last(), Some(Part::SectionEnd(_))));
}
