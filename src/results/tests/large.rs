//! Results with many rows: pages, sorts and filters up to the last row, without reading the whole file.

use std::sync::Arc;

use super::*;

#[tokio::test]
async fn a_large_result_pages_sorts_and_filters_to_its_last_row() {
    const ROWS: u64 = 200_000;
    let place = place();
    let shuffled = |row: u64| row * 7_919 % ROWS;
    let body = |rows: std::ops::Range<u64>| {
        let lines = rows.map(|row| format!("{row},{},campaign {}\n", shuffled(row), row % 100));
        std::iter::once("row,n,name\n".to_owned()).chain(lines).collect::<String>()
    };
    let (one, two) = (body(0..150_000), body(150_000..ROWS));
    let kept = place.save(&[("row", "LONG"), ("n", "LONG")], &[one.as_bytes(), two.as_bytes()]).await.unwrap();
    assert_eq!((kept.rows, kept.columns[0].total.as_deref()), (ROWS, Some("19999900000")));

    let at = |offset| PageRequest { offset, ..first(50) };
    for offset in [0, 65_500, 149_980, ROWS - 50] {
        let rows = place.page(at(offset)).await.unwrap();
        let expected: Vec<_> = (offset..offset + 50).map(|row| row.to_string()).collect();
        assert_eq!(column(&rows, 0), expected);
    }
    assert_eq!(place.page(at(ROWS)).await.unwrap().len(), 0);
    assert_eq!(place.page(at(u64::MAX)).await.unwrap().len(), 0);

    let rows = place.page(PageRequest { offset: 123_456, ..sorted(1, Direction::Ascending) }).await.unwrap();
    assert_eq!(rows.len(), 1_000);
    for (n, row) in (123_456..).zip(&rows) {
        assert_eq!(row[1], Some(n.to_string()));
        assert_eq!(shuffled(row[0].as_ref().unwrap().parse().unwrap()), n);
    }
    let request = PageRequest { offset: 1_990, sort: sorted(2, Direction::Descending).sort, ..first(20) };
    let rows = place.page(request).await.unwrap();
    assert_eq!(column(&rows, 2)[9..11], ["campaign 99", "campaign 98"]);
    assert_eq!(column(&rows, 0)[9..11], ["199999", "98"]);
    let request = PageRequest { offset: 1_998, limit: 5, ..filtered(2, Op::Contains, "PAIGN 42") };
    let page = place.result_store.page(&place.key, request).await.unwrap();
    let rows: Vec<_> = page.rows.iter().map(|row| row[0].exact.as_str()).collect();
    assert_eq!((page.total, page.unfiltered, rows), (2_000, ROWS, vec!["199842", "199942"]));
}

#[tokio::test]
async fn a_page_reads_its_own_rows_and_not_the_whole_file() {
    let scratch = tempfile::tempdir().unwrap();
    let bucket = Arc::new(bucket::Bucket::default());
    let result_store =
        ResultStore::store(Arc::clone(&bucket) as Arc<dyn object_store::ObjectStore>, scratch.path()).unwrap();
    let key = Key::new("exe_1").unwrap();
    let line = |row: u64| format!("{row},{:x}", row.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let rows = (0..100_000).map(line).collect::<Vec<_>>().join("\n");
    let parts = futures::stream::iter([part(format!("row,id\n{rows}").as_bytes())]);
    let kept = result_store.save(&key, &[], parts, Limits::default()).await.unwrap();
    let read = || bucket.read.swap(0, std::sync::atomic::Ordering::Relaxed);

    result_store.page(&key, first(1)).await.unwrap();
    read();
    let page = result_store.page(&key, PageRequest { offset: 90_000, ..first(100) }).await.unwrap();
    assert_eq!(page.rows[0][0].exact, "90000");
    assert!((1..kept.bytes / 10).contains(&read()), "of {}", kept.bytes);

    let request = |offset| PageRequest { offset, limit: 1, ..sorted(1, Direction::Ascending) };
    result_store.page(&key, request(0)).await.unwrap();
    let first_sort = read();
    result_store.page(&key, request(50_000)).await.unwrap();
    let next_page = read();
    assert!(next_page < first_sort / 5, "{next_page} of {first_sort}: the order is kept for the next page");
}
