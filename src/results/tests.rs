//! Storing and reading combined, with a real folder.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};

use super::*;

mod bucket;
mod files;
mod fuzz;
mod large;
mod numbers;
mod properties;

struct Place {
    folder: tempfile::TempDir,
    result_store: ResultStore,
    key: Key,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let result_store = ResultStore::folder(folder.path()).unwrap();
    Place { folder, result_store, key: Key::new("exe_1").unwrap() }
}

fn part(bytes: &[u8]) -> Part {
    let chunks: Vec<_> = bytes.chunks(1_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    futures::stream::iter(chunks).boxed()
}

fn specs(columns: &[(&str, &str)]) -> Vec<ColumnSpec> {
    let spec = |(name, data_type): &(&str, &str)| ColumnSpec {
        name: (*name).to_owned(),
        data_type: (*data_type).to_owned(),
        column_type: Some(if *data_type == "STRING" { "DIMENSION" } else { "METRIC" }.to_owned()),
    };
    columns.iter().map(spec).collect()
}

impl Place {
    async fn save(&self, declared: &[(&str, &str)], parts: &[&[u8]]) -> Result<StoredResult, Error> {
        let parts: Vec<_> = parts.iter().map(|bytes| part(bytes)).collect();
        self.result_store.save(&self.key, &specs(declared), futures::stream::iter(parts), Limits::default()).await
    }

    async fn page(&self, request: PageRequest) -> Result<Vec<Vec<Option<String>>>, Error> {
        let page = self.result_store.page(&self.key, request).await?;
        let cell = |cell: Cell| (!cell.is_null).then_some(cell.exact);
        Ok(page.rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect())
    }

    async fn csv(&self, form: CsvForm) -> String {
        text(self.result_store.export_csv(&self.key, &[], form).await.unwrap()).await
    }

    fn unfinished(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("unfinished")).unwrap().count()
    }
}

async fn text(download: Download) -> String {
    let chunks: Vec<_> = download.try_collect().await.unwrap();
    String::from_utf8(chunks.concat()).unwrap()
}

fn first(limit: usize) -> PageRequest {
    PageRequest { limit, ..PageRequest::default() }
}

fn sorted(column: usize, direction: Direction) -> PageRequest {
    PageRequest { sort: Some(Sort { column, direction }), ..first(1_000) }
}

fn filtered(column: usize, op: Op, value: &str) -> PageRequest {
    PageRequest { filters: vec![Filter { column, op, value: value.to_owned() }], ..first(1_000) }
}

fn column(rows: &[Vec<Option<String>>], column: usize) -> Vec<&str> {
    rows.iter().map(|row| row[column].as_deref().unwrap_or("NULL")).collect()
}

#[tokio::test]
async fn parts_are_joined_in_order_with_their_types() {
    let place = place();
    let declared = [("campaign", "STRING"), ("cost", "DECIMAL(38,4)"), ("clicks", "LONG"), ("day", "DATE")];
    let one = b"campaign,cost,clicks,day\n\"Shoes, \\\"red\\\"\",1.2500,1000,2025-01-31\n";
    let two = b"\xef\xbb\xbfcampaign,cost,clicks,day\r\nHats,,2,\r\n";
    let kept = place.save(&declared, &[one, two]).await.unwrap();
    let kinds: Vec<_> = kept.columns.iter().map(|column| column.kind).collect();
    assert_eq!(kinds, [Kind::Text, Kind::Decimal { precision: 18, scale: 4 }, Kind::Integer, Kind::Date]);
    let totals: Vec<_> = kept.columns.iter().map(|column| column.total.as_deref()).collect();
    assert_eq!(totals, [None, Some("1.2500"), Some("1002"), None]);
    assert_eq!((kept.rows, kept.columns[1].nulls), (2, 1));

    let page = place.result_store.page(&place.key, first(10)).await.unwrap();
    assert_eq!((page.total, page.columns), (2, kept.columns));
    let shown: Vec<Vec<_>> = page.rows.iter().map(|row| row.iter().map(|cell| cell.shown.as_str()).collect()).collect();
    assert_eq!(shown, [["Shoes, \"red\"", "1.2500", "1,000", "2025-01-31"], ["Hats", "", "2", ""]]);
    assert!(page.rows[1][1].is_null && !page.rows[1][0].is_null);
    assert_eq!(place.csv(CsvForm::Amc).await.as_bytes(), [&one[..], b"Hats,,2,\n"].concat());
    assert_eq!(place.unfinished(), 0);
}

#[tokio::test]
async fn a_header_alone_is_a_result_without_rows() {
    let place = place();
    assert_eq!(place.save(&[("a", "LONG")], &[b"a\n"]).await.unwrap().rows, 0);
    assert_eq!(place.page(sorted(0, Direction::Ascending)).await.unwrap(), [] as [Vec<_>; 0]);
    assert_eq!(place.csv(CsvForm::Amc).await, "a\n");
    assert_eq!(text(place.result_store.export_json(&place.key, &[]).await.unwrap()).await, "[\n]\n");
}

#[tokio::test]
async fn what_is_no_result_is_refused_and_what_was_kept_before_stays() {
    let place = place();
    place.save(&[], &[b"a,b\n1,2\n"]).await.unwrap();
    let bad: [(&[&[u8]], &str); 10] = [
        (&[b"a,b\n1,2\n", b"a,c\n1,2\n"], "Part 2 of the result has other columns than part 1"),
        (&[b"a,b\n1,2\n", b""], "Part 2 of the result is not a CSV file: it is empty"),
        (&[], "there is no file"),
        (&[b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"], "error message in XML"),
        (&[b"{\"message\":\"no\"}"], "it is JSON"),
        (&[b"\x1f\x8b\x08\x00"], "gzip"),
        (&[b"a,b\n1,2\n1\n"], "Row 2 of part 1 of the result cannot be read: it has 1 of 2 values"),
        (&[b"a,b\n1,\"2\n"], "never closed"),
        (&[b"a,b\n1,\xff\n"], "not UTF-8"),
        (&[b"x,y,z\n1,2,3\n"], "The fetched file has the columns `x, y, z`"),
    ];
    for (parts, expected) in bad {
        let said = place.save(&[("a", "LONG"), ("b", "LONG")], parts).await.unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(place.page(first(9)).await.unwrap(), [[Some("1".to_owned()), Some("2".to_owned())]]);
    assert_eq!(place.unfinished(), 0);
}

#[tokio::test]
async fn a_part_that_breaks_off_leaves_nothing_behind() {
    let place = place();
    let broken = futures::stream::iter([Ok(Bytes::from_static(b"a\n1\n")), Err("connection reset".into())]);
    let parts = futures::stream::iter([part(b"a\n0\n"), broken.boxed()]);
    let error = place.result_store.save(&place.key, &[], parts, Limits::default()).await.unwrap_err();
    assert!(matches!(error, Error::Fetch { part: 2, .. }), "{error}");
    assert!(matches!(place.page(first(1)).await, Err(Error::Missing)));
    assert_eq!(place.unfinished(), 0);
}

#[tokio::test]
async fn a_value_that_is_not_of_its_type_makes_the_column_text_and_is_not_lost() {
    let place = place();
    let kept = place.save(&[("n", "LONG")], &[b"n\n1\n", b"n\n12 of 40\n"]).await.unwrap();
    assert_eq!(kept.columns[0].misfit, Some(Misfit { row: 2, value: "12 of 40".to_owned() }));
    let note = "Not kept as its declared type: row 2 holds `12 of 40`.";
    assert_eq!(kept.columns[0].misfit.as_ref().map(ToString::to_string).as_deref(), Some(note));
    assert_eq!((kept.columns[0].kind, kept.columns[0].total.as_deref()), (Kind::Text, None));
    assert_eq!(place.csv(CsvForm::Amc).await, "n\n1\n12 of 40\n");
}

#[tokio::test]
async fn backslashes_of_a_writer_that_only_doubles_quotes_are_kept() {
    let place = place();
    place.save(&[], &[b"a,b\n\"C:\\\",\"say \"\"hi\"\"\"\n"]).await.unwrap();
    assert_eq!(place.page(first(1)).await.unwrap(), [[Some("C:\\".to_owned()), Some("say \"hi\"".to_owned())]]);
}

#[tokio::test]
async fn limits_are_stated_when_they_are_passed() {
    let place = place();
    let try_with = async |limits| {
        let parts = futures::stream::iter([part(b"a,b\n1,2\n3,4\n")]);
        place.result_store.save(&place.key, &[], parts, limits).await
    };
    let limits = Limits::default();
    for limits in [Limits { bytes: 11, ..limits }, Limits { rows: 1, ..limits }, Limits { columns: 1, ..limits }] {
        assert!(matches!(try_with(limits).await, Err(Error::TooLarge { .. })), "{limits:?}");
    }
    assert!(matches!(try_with(Limits { row_bytes: 1, ..limits }).await, Err(Error::Row { .. })));
    assert_eq!(try_with(Limits { bytes: 12, rows: 2, row_bytes: 2, columns: 2 }).await.unwrap().rows, 2);
}

#[tokio::test]
async fn a_result_that_is_kept_again_is_read_anew_and_a_deleted_one_is_gone() {
    let place = place();
    for text in ["a\n1\n2\n", "a\n3\n4\n"] {
        place.save(&[], &[text.as_bytes()]).await.unwrap();
        let rows = place.page(sorted(0, Direction::Descending)).await.unwrap();
        assert_eq!(column(&rows, 0), [&text[4..5], &text[2..3]]);
    }
    assert_eq!(place.result_store.keys().await.unwrap()[0].0, place.key);
    place.result_store.delete(&place.key).await.unwrap();
    place.result_store.delete(&place.key).await.unwrap();
    assert!(matches!(place.page(first(1)).await, Err(Error::Missing)));
    assert_eq!(place.result_store.keys().await.unwrap(), []);
}

#[tokio::test]
async fn what_a_crash_left_is_swept_once_it_is_old() {
    let place = place();
    std::fs::write(place.folder.path().join("unfinished/exe_2.77.0"), b"half").unwrap();
    assert_eq!(place.result_store.sweep(DateTime::UNIX_EPOCH).await.unwrap(), 0);
    assert_eq!(place.result_store.sweep(DateTime::<Utc>::MAX_UTC).await.unwrap(), 1);
    assert_eq!(place.unfinished(), 0);
}

#[tokio::test]
async fn results_can_live_in_a_bucket() {
    let scratch = tempfile::tempdir().unwrap();
    let result_store = ResultStore::store(Arc::new(object_store::memory::InMemory::new()), scratch.path()).unwrap();
    let key = Key::new("exe_1").unwrap();
    let parts = futures::stream::iter([part(b"a\n1\n2\n")]);
    let kept = result_store.save(&key, &[], parts, Limits::default()).await.unwrap();
    assert_eq!(result_store.page(&key, first(10)).await.unwrap().total, 2);
    let (file, size) = result_store.export_parquet(&key, &[]).await.unwrap();
    let bytes: Vec<Bytes> = file.try_collect().await.unwrap();
    assert_eq!((size, bytes.concat().len() as u64), (Some(kept.bytes), kept.bytes));
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn sorting_and_filtering_follow_the_kind_of_the_column() {
    let place = place();
    let declared = [("name", "STRING"), ("n", "LONG"), ("at", "TIMESTAMP"), ("cost", "DECIMAL(38,4)")];
    let text = b"name,n,at,cost\nb,9,2025-01-02T00:00:00.000Z,0.5\na,10,2025-01-01T00:00:00.000Z,\nb,,,-10.25\nc,-1,2024-12-31T00:00:00.000Z,2\n";
    place.save(&declared, &[text]).await.unwrap();
    let by = async |by, direction, shown| {
        let rows = place.page(sorted(by, direction)).await.unwrap();
        column(&rows, shown).join(" ")
    };
    assert_eq!(by(1, Direction::Ascending, 1).await, "-1 9 10 NULL");
    assert_eq!(by(1, Direction::Descending, 1).await, "10 9 -1 NULL");
    assert_eq!(by(0, Direction::Descending, 1).await, "-1 9 NULL 10");
    assert_eq!(by(2, Direction::Ascending, 0).await, "c a b b");
    assert_eq!(by(3, Direction::Ascending, 3).await, "-10.25 0.50 2.00 NULL");

    let found = async |by, op, value| {
        let rows = place.page(filtered(by, op, value)).await.unwrap();
        column(&rows, 1).join(" ")
    };
    assert_eq!(found(1, Op::AtLeast, "-0.5").await, "9 10");
    assert_eq!(found(2, Op::AtMost, "2025-01-01").await, "10 -1");
    assert_eq!(found(3, Op::Equals, "-10.250").await, "NULL");
    assert_eq!(found(1, Op::Empty, "").await, "NULL");
    let both = PageRequest { sort: sorted(1, Direction::Descending).sort, offset: 1, ..filtered(0, Op::AtLeast, "b") };
    assert_eq!(column(&place.page(both).await.unwrap(), 1), ["-1", "NULL"]);
    assert!(matches!(place.page(filtered(1, Op::AtMost, "ten")).await, Err(Error::FilterValue { .. })));
    assert!(matches!(place.page(sorted(4, Direction::Ascending)).await, Err(Error::NoSuchColumn { column: 5 })));
}

#[tokio::test]
async fn json_has_numbers_where_doubles_hold_them_and_otherwise_text() {
    let place = place();
    let declared = [("s", "STRING"), ("d", "DECIMAL(38,4)"), ("f", "DOUBLE"), ("b", "BOOLEAN"), ("t", "DATE")];
    let text = b"s,d,f,b,t\n\"a\n\"\"\",12345678901234567890.1234,NaN,true,2025-01-01\n,,1.5,,\n";
    place.save(&declared, &[text]).await.unwrap();
    let json = text_of_json(&place).await;
    let expected = "[\n{\"s\":\"a\\n\\\"\",\"d\":\"12345678901234567890.1234\",\"f\":null,\"b\":true,\"t\":\"2025-01-01\"},\n\
                    {\"s\":null,\"d\":null,\"f\":1.5,\"b\":null,\"t\":null}\n]\n";
    assert_eq!(json, expected);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
}

#[tokio::test]
async fn whole_numbers_beyond_what_doubles_hold_make_their_column_text() {
    const MOST: &str = "9007199254740991";
    for (numbers, is_text) in [
        (vec!["1", MOST, "-9007199254740991"], false),
        (vec!["1", "9007199254740992"], true),
        (vec!["-9223372036854775808", "7"], true),
        (vec!["18446744073709551616", "7"], true),
        (vec!["", "7"], false),
    ] {
        let place = place();
        let rows = numbers.iter().fold(String::new(), |rows, number| rows + number + ",x\n");
        place.save(&[("n", "LONG"), ("s", "STRING")], &[format!("n,s\n{rows}").as_bytes()]).await.unwrap();
        let json = text_of_json(&place).await;
        for number in numbers.iter().filter(|number| !number.is_empty()) {
            let quote = if is_text { "\"" } else { "" };
            assert!(json.contains(&format!("\"n\":{quote}{number}{quote},")), "{json}");
        }
    }
    let place = place();
    place.save(&[("d", "DECIMAL(38,4)")], &[b"d\n123456789012.345\n1\n"]).await.unwrap();
    assert!(text_of_json(&place).await.contains("{\"d\":123456789012.345}"), "fifteen digits are held");
}

#[tokio::test]
async fn rows_that_can_be_read_in_two_ways_are_counted_both_ways_and_said() {
    let read = async |declared: &[(&str, &str)], text: &str| {
        let place = place();
        let rows = place.save(declared, &[text.as_bytes()]).await.unwrap().rows;
        (rows, place.result_store.doubts(&place.key).await.unwrap())
    };
    let texts = [("a", "STRING"), ("b", "STRING")];
    let (rows, doubts) = read(&texts, "a,b\n0,z\n1,\"\n2,x\n3,\"\n4,y\n").await;
    let doubts = doubts.unwrap();
    assert_eq!((rows, doubts.first, doubts.rows, doubts.otherwise, doubts.places), (5, 2, 3, 1, 1));
    assert!(
        doubts.describe().contains("Row 2 (part 1") && doubts.describe().contains("3 rows"),
        "{}",
        doubts.describe()
    );

    // A thousand rows, of which every fourth contains a single quotation mark: none is swallowed.
    let many =
        (0..1_000).fold(String::new(), |rows, n| rows + &format!("{n},{}\n", if n % 4 == 0 { "\"" } else { "x" }));
    let (rows, doubts) = read(&texts, &format!("a,b\n{many}")).await;
    assert_eq!((rows, doubts.unwrap().places), (1_000, 125));

    // Without evidence for lines it is one value, and ambiguous.
    let typed = [("a", "LONG"), ("b", "STRING")];
    let (rows, doubts) = read(&typed, "a,b\n1,\"u\n2,x\n3,v\"\n").await;
    assert_eq!((rows, doubts.unwrap().rows), (1, 1), "both readings have numbers there");

    // A multi-line value whose lines aren't rows stays one value.
    let (rows, doubts) = read(&texts, "a,b\n1,\"two\nlines\"\n2,\"a, b\nc\"\n").await;
    assert_eq!((rows, doubts), (2, None));
}

#[tokio::test]
async fn lines_that_end_with_carriage_returns_alone_are_lines() {
    for text in ["a,b\r1,2\r3,4\r", "a,b\r1,2\r3,4", "a,b\n1,2\r3,4\n", "a,b\r\n1,2\r3,4\r\n", "\"a\",b\r1,2\r3,4\r"] {
        let place = place();
        let kept = place.save(&[("a", "LONG"), ("b", "LONG")], &[text.as_bytes()]).await.unwrap();
        assert_eq!((kept.rows, kept.columns[1].total.as_deref()), (2, Some("6")), "{text:?}");
    }
    let place = place();
    assert_eq!(place.save(&[("a", "STRING")], &[b"a\n1\r2\n3\n"]).await.unwrap().rows, 2, "one value, in doubt");
    assert!(place.result_store.doubts(&place.key).await.unwrap().is_some());
}

#[tokio::test]
async fn a_total_of_nothing_is_nothing() {
    let place = place();
    let declared = [("n", "LONG"), ("d", "DECIMAL(38,4)"), ("f", "DOUBLE"), ("z", "LONG")];
    let kept = place.save(&declared, &[b"n,d,f,z\n,,,0\n"]).await.unwrap();
    let totals: Vec<_> = kept.columns.iter().map(|column| column.total.as_deref()).collect();
    assert_eq!(totals, [None, None, None, Some("0")]);
}

#[tokio::test]
async fn csv_is_as_rfc_4180_has_it_unless_asked_otherwise() {
    let place = place();
    let text = b"s,n,e\n\"15\\\"\",1.5,\"\"\n\"x;=1+1\",,\n";
    place.save(&[("s", "STRING"), ("n", "DECIMAL(38,4)"), ("e", "STRING")], &[text]).await.unwrap();
    assert_eq!(place.csv(CsvForm::Plain(Separator::Comma)).await, "s,n,e\n\"15\"\"\",1.5,\"\"\nx;=1+1,,\n");
    assert_eq!(place.csv(CsvForm::Plain(Separator::Semicolon)).await, "s;n;e\n\"15\"\"\";1.5;\"\"\n\"x;=1+1\";;\n");
    assert_eq!(place.csv(CsvForm::Amc).await, "s,n,e\n\"15\\\"\",1.5,\"\"\nx;=1+1,,\n");
    let spreadsheet = place.csv(CsvForm::Spreadsheet(Separator::Semicolon)).await;
    assert_eq!(spreadsheet, "\u{feff}s;n;e\n\"15\"\"\";1,5;\"\"\n\"x;'=1+1\";;\n");
    let copied = place.result_store.copied(&place.key, &[], None, &[1, 0], 10).await.unwrap();
    assert_eq!(copied, "n\ts\n1.5\t\"15\"\"\"\n\t\"x;'=1+1\"\n");
}

async fn text_of_json(place: &Place) -> String {
    text(place.result_store.export_json(&place.key, &[]).await.unwrap()).await
}

#[tokio::test]
async fn a_spreadsheet_runs_nothing_and_amc_s_form_stays_exact() {
    let place = place();
    place.save(&[("a", "STRING"), ("n", "LONG")], &[b"a,n\n=1+1,-5\n"]).await.unwrap();
    assert_eq!(place.csv(CsvForm::Spreadsheet(Separator::Comma)).await, "\u{feff}a,n\n\"'=1+1\",-5\n");
    assert_eq!(place.csv(CsvForm::Amc).await, "a,n\n=1+1,-5\n");
}

#[tokio::test]
async fn a_page_cuts_a_long_text_that_downloads_have_whole() {
    let place = place();
    let long = "é".repeat(100_000);
    place.save(&[], &[format!("a\n{long}\n").as_bytes()]).await.unwrap();
    let page = place.result_store.page(&place.key, first(1)).await.unwrap();
    assert!(page.rows[0][0].cut && page.rows[0][0].shown.chars().count() == 2_000);
    assert_eq!(place.csv(CsvForm::Amc).await.len(), long.len() + 3);
}
