//! Exports of whole results and of filtered rows.

use std::collections::BTreeMap;
use std::io::Read as _;

use super::*;

const DECLARED: [(&str, &str); 6] = [
    ("name", "STRING"),
    ("id", "LONG"),
    ("cost", "DECIMAL(38,4)"),
    ("day", "DATE"),
    ("at", "TIMESTAMP"),
    ("new", "BOOLEAN"),
];
const ROWS: &[u8] = b"name,id,cost,day,at,new\n\
    =1+1,12345678901234567,1.5000,2025-01-31,2025-01-31T12:00:00.000Z,true\n\
    \"a<b>&\",7,12345678901234567.1234,,,false\n\
    ,,,1850-01-01,,\n";

fn only(column: usize, op: Op, value: &str) -> Vec<Filter> {
    vec![Filter { column, op, value: value.to_owned() }]
}

/// The files of an archive, by name.
fn unzip(archive: &[u8]) -> BTreeMap<String, String> {
    let short = |at: usize| usize::from(u16::from_le_bytes(archive[at..at + 2].try_into().unwrap()));
    let long = |at: usize| u32::from_le_bytes(archive[at..at + 4].try_into().unwrap()) as usize;
    let end = archive.len() - 22;
    assert_eq!(&archive[end..end + 4], b"PK\x05\x06");
    let (mut at, mut files) = (long(end + 16), BTreeMap::new());
    for _ in 0..short(end + 10) {
        assert_eq!(&archive[at..at + 4], b"PK\x01\x02");
        let (packed, whole, name, start) = (long(at + 20), long(at + 24), short(at + 28), long(at + 42));
        let file = String::from_utf8(archive[at + 46..at + 46 + name].to_vec()).unwrap();
        let body = &archive[start + 30 + short(start + 26)..][..packed];
        let mut text = String::new();
        flate2::read::DeflateDecoder::new(body).read_to_string(&mut text).unwrap();
        assert_eq!(text.len(), whole, "{file}");
        let mut crc = flate2::Crc::new();
        crc.update(text.as_bytes());
        assert_eq!(crc.sum() as usize, long(at + 16), "{file}");
        files.insert(file, text);
        at += 46 + name;
    }
    files
}

async fn bytes(download: Download) -> Vec<u8> {
    download.try_collect::<Vec<_>>().await.unwrap().concat()
}

#[tokio::test]
async fn a_workbook_keeps_types_and_loses_no_digit() {
    let place = place();
    place.save(&DECLARED, &[ROWS]).await.unwrap();
    let files = unzip(&bytes(place.result_store.export_xlsx(&place.key, &[]).await.unwrap()).await);
    assert_eq!(files.len(), 6);
    let sheet = &files["xl/worksheets/sheet1.xml"];
    for cell in [
        r#"<c r="A1" t="inlineStr" s="1"><is><t xml:space="preserve">name</t></is></c>"#,
        r#"<c r="A2" t="inlineStr" s="0"><is><t xml:space="preserve">=1+1</t></is></c>"#,
        r#"<c r="B2" t="inlineStr" s="4"><is><t xml:space="preserve">12345678901234567</t></is></c>"#,
        r#"<c r="B3" t="inlineStr" s="4"><is><t xml:space="preserve">7</t></is></c>"#,
        r#"<c r="C2"><v>1.5000</v></c>"#,
        r#"<c r="C3" t="inlineStr" s="4"><is><t xml:space="preserve">12345678901234567.1234</t></is></c>"#,
        r#"<c r="D2" s="2"><v>45688</v></c>"#,
        r#"<c r="D4" t="inlineStr" s="0"><is><t xml:space="preserve">1850-01-01</t></is></c>"#,
        r#"<c r="E2" s="3"><v>45688.5</v></c>"#,
        r#"<c r="F3" t="b"><v>0</v></c>"#,
        "a&lt;b&gt;&amp;",
    ] {
        assert!(sheet.contains(cell), "{cell} is not in {sheet}");
    }
    assert!(!sheet.contains("r=\"A4\""), "no value, no cell");
    assert!(sheet.ends_with("</sheetData></worksheet>"));
}

#[tokio::test]
async fn filtered_files_have_the_rows_that_meet_the_filters() {
    let place = place();
    let lines = (0..5_000).map(|n| format!("{n},{}", n % 10)).collect::<Vec<_>>().join("\n");
    place.save(&[("n", "LONG"), ("rest", "LONG")], &[format!("n,rest\n{lines}").as_bytes()]).await.unwrap();
    let filters = [only(1, Op::Equals, "3"), only(0, Op::AtLeast, "4970")].concat();
    let csv = text(place.result_store.export_csv(&place.key, &filters, CsvForm::Amc).await.unwrap()).await;
    assert_eq!(csv, "n,rest\n4973,3\n4983,3\n4993,3\n");
    let json = text(place.result_store.export_json(&place.key, &filters).await.unwrap()).await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json.as_array().unwrap().len(), &json[2]["n"]), (3, &4993.into()));
    let sheet = unzip(&bytes(place.result_store.export_xlsx(&place.key, &filters).await.unwrap()).await);
    assert_eq!(sheet["xl/worksheets/sheet1.xml"].matches("<row ").count(), 4);
    let (file, size) = place.result_store.export_parquet(&place.key, &only(1, Op::Equals, "3")).await.unwrap();
    assert_eq!(size, None);
    let file = Bytes::from(bytes(file).await);
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(file, 1_024).unwrap();
    assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 500);
    let none = text(place.result_store.export_json(&place.key, &only(0, Op::Empty, "")).await.unwrap()).await;
    assert_eq!(none, "[\n]\n");
}

#[tokio::test]
async fn a_result_that_no_workbook_holds_is_refused_before_the_first_byte() {
    let place = place();
    let lines = "1\n".repeat(WORKBOOK_ROWS as usize + 1);
    place.save(&[("n", "LONG")], &[format!("n\n{lines}").as_bytes()]).await.unwrap();
    let refused = place.result_store.export_xlsx(&place.key, &[]).await.map(|_| ());
    assert!(matches!(refused, Err(Error::TooLargeForExcel { found: 1_048_576, of: "rows", .. })));
    assert!(refused.unwrap_err().to_string().contains("Take the CSV"));
}

#[tokio::test]
async fn downloads_go_by_turns_and_one_that_waits_for_its_reader_holds_none() {
    let place = place();
    let rows: String = std::iter::once("n\n".to_owned()).chain((0..5_000).map(|row| format!("{row}\n"))).collect();
    place.save(&[("n", "LONG")], &[rows.as_bytes()]).await.unwrap();
    let turns = place.result_store.turns();
    let all = turns.available_permits();
    let download = async || place.result_store.export_csv(&place.key, &[], CsvForm::Amc).await.unwrap();
    let mut open = Vec::new();
    for _ in 0..4 * all {
        let mut begun = download().await;
        assert!(begun.try_next().await.unwrap().is_some());
        open.push(begun);
    }
    assert_eq!(turns.available_permits(), all, "those that are open and not read hold no turn");
    let taken = turns.acquire_many(u32::try_from(all).unwrap()).await.unwrap();
    let mut next = open[0].try_next();
    assert!(futures::poll!(&mut next).is_pending(), "its turn has not come");
    drop(taken);
    assert!(next.await.unwrap().is_some());
    let rest = text(open.pop().unwrap()).await;
    assert!(rows.ends_with(&rest) && rest.len() < rows.len());
}
