//! Every guide of the installation, as its authors left it, and what authors may get wrong.

use std::collections::BTreeSet;

use chrono::{TimeZone as _, Utc};

use super::library::FILES;
use super::model::{Guide, Part};
use super::{all, find, reader, search};
use crate::amcsql::catalogue::Catalogue;
use crate::amcsql::{Context, check};
use crate::web::shell::Section;

const HEAD: &str = "+++\ntitle = \"T\"\nsummary = \"S\"\nminutes = 1\n+++\n";

fn read(body: &str) -> (Guide, Vec<usize>) {
    let (guide, faults) = reader::read("t", &format!("{HEAD}{body}"));
    (guide, faults.into_iter().map(|fault| fault.line).collect())
}

fn html(guide: &Guide) -> String {
    guide.parts.iter().map(|part| if let Part::Html(html) = part { html.as_str() } else { "<query>" }).collect()
}

#[test]
fn every_guide_reads_without_a_fault() {
    for (slug, text) in FILES {
        assert_eq!(reader::read(slug, text).1, [], "guides/{slug}/guide.md");
    }
}

#[test]
fn every_folder_of_guides_is_built_in() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/guides");
    let folders: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("guide.md").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(folders, all().iter().map(|guide| guide.slug.clone()).collect());
}

#[test]
fn every_link_inside_leads_somewhere() {
    let pages: Vec<&str> = [Section::Instances, Section::Queries, Section::Executions, Section::Guides]
        .iter()
        .map(|section| section.href)
        .chain(["/", "/queries/new", "/search", "/operations"])
        .collect();
    let heading = |guide: &Guide, id: &str| guide.headings.iter().any(|heading| heading.id == id);
    for guide in all() {
        for (line, link) in guide.links.iter().filter(|(_, link)| !link.starts_with("http")) {
            let (path, id) = link.split_once('#').map_or((link.as_str(), None), |(path, id)| (path, Some(id)));
            let path = path.split('?').next().unwrap_or("");
            let target =
                if path.is_empty() { Some(guide) } else { find(path.strip_prefix("/guides/").unwrap_or(path)) };
            let leads =
                target.map_or(pages.contains(&path) && id.is_none(), |target| id.is_none_or(|id| heading(target, id)));
            assert!(leads, "guides/{}/guide.md:{line}: {link} leads nowhere", guide.slug);
        }
    }
}

#[test]
fn every_query_is_understood_and_reads_what_the_head_says() {
    for guide in all() {
        for source in &guide.sources {
            assert!(Catalogue::standard().source(source).is_some(), "{}: no source {source}", guide.slug);
        }
        for query in guide.queries() {
            let place = format!("guides/{}/guide.md:{}", guide.slug, query.line);
            let sql = sampled(&query.sql);
            let checked = check(&sql, &Context::reporting(Catalogue::standard()));
            assert!(checked.findings.is_empty(), "{place}: {:?}", checked.findings);
            assert!(guide.sources.iter().any(|source| sql.contains(source.as_str())), "{place} reads another source");
        }
    }
}

/// The SQL with a text for each field.
fn sampled(sql: &str) -> String {
    let mut parts = sql.split("{{");
    let first = parts.next().unwrap_or("").to_owned();
    parts.fold(first, |text, part| format!("{text}'sample'{}", part.split_once("}}").map_or("", |(_, rest)| rest)))
}

#[test]
fn every_field_of_a_query_is_declared_and_its_default_fits() {
    let now = Utc.with_ymd_and_hms(2026, 11, 21, 0, 0, 0).unwrap();
    for guide in all() {
        for query in guide.queries() {
            let fields = query.fields(now, true);
            let used: BTreeSet<&str> = query
                .sql
                .split("{{")
                .skip(1)
                .filter_map(|part| part.split_once("}}"))
                .map(|(name, _)| name.trim())
                .collect();
            let declared: BTreeSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            assert_eq!(used, declared, "guides/{}/guide.md:{}", guide.slug, query.line);
            for field in &fields {
                assert!(field.value(&field.default).is_ok(), "{}: {}", guide.slug, field.name);
            }
        }
    }
}

#[test]
fn hostile_markdown_stays_text() {
    let (guide, faults) = read(
        "<script>alert(1)</script>\n\nA <b onclick=x>b</b>, [x](javascript:alert(1)), ![y](data:image/svg+xml,z), <javascript:a>.\n\n[w](<//evil.example>)\n",
    );
    let html = html(&guide);
    for active in ["<script", "<b ", "javascript:alert", "data:", "href=", "src="] {
        assert!(!html.contains(active), "{active} in {html}");
    }
    assert!(html.contains("&lt;script&gt;"));
    assert!(faults.len() >= 5, "{faults:?}");
}

#[test]
fn headings_have_ids_that_do_not_repeat() {
    let (guide, faults) = read("## Why `x`?\n\n## Why x\n\n### More\n");
    assert!(faults.is_empty(), "{faults:?}");
    let seen: Vec<_> = guide.headings.iter().map(|heading| (heading.depth, heading.id.as_str())).collect();
    assert_eq!(seen, [(2, "why-x"), (2, "why-x-2"), (3, "more")]);
    assert!(html(&guide).contains("<h2 id=\"why-x-2\">"));
    assert_eq!(guide.headings[0].text, "Why x?");
}

#[test]
fn a_table_carries_its_heads_and_no_inline_style() {
    let html = html(&read("| a & b | n |\n| --- | ---: |\n| x | 1 |\n").0);
    assert!(html.contains("<th scope=\"row\">x</th><td data-label=\"n\" class=\"number\">1</td>"), "{html}");
    assert!(html.contains("<th scope=\"col\">a &amp; b</th>"), "{html}");
    assert!(!html.contains("style="));
}

#[test]
fn a_query_keeps_its_text_and_takes_the_fields_below_it() {
    let (guide, faults) = read(
        "A\n\n```sql query name=\"Q\"\nSELECT {{a}} < 1\n```\n\n```fields\n[a]\ntype = \"number\"\ndefault = 3\n```\n\nB\n",
    );
    assert!(faults.is_empty(), "{faults:?}");
    let query = guide.query(1).unwrap();
    assert_eq!((query.name.as_str(), query.sql.as_str(), query.line), ("Q", "SELECT {{a}} < 1", 8));
    assert_eq!(query.fields(Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap(), false)[0].default, "3");
    assert_eq!(html(&guide), "<p>A</p>\n<query><p>B</p>\n");
    assert!(guide.query(0).is_none() && guide.query(2).is_none());
}

#[test]
fn what_an_author_gets_wrong_is_told_with_its_line() {
    assert_eq!(reader::read("t", "# no head").1[0].line, 1);
    let (_, faults) = reader::read("t", "+++\ntitle = \"T\"\nlevel = \"hard\"\ncolour = \"red\"\n+++\n");
    assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [1, 1, 3, 4]);
    assert_eq!(read("# Title\n").1, [6]);
    assert_eq!(read("- x\n\n  ```sql query name=\"Q\"\n  SELECT 1\n  ```\n").1, [8]);
    assert_eq!(read("```fields\n[a]\n```\n").1, [6]);
    assert_eq!(read("```sql query\nSELECT 1\n```\n").1, [6]);
}

#[test]
fn the_search_wants_every_word_and_no_words_find_nothing() {
    assert_eq!(search("REACH frequency").first().map(|guide| guide.slug.as_str()), Some("first-query"));
    assert!(search("reach nowhere-to-be-found").is_empty());
    assert!(search("  ").is_empty());
}
