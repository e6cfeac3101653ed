//! Arbitrary bytes as a result with declared types.

use proptest::prelude::*;

use super::*;
use crate::fuzz::run;

/// The declared types, one per line, before a line of `%%`; then the file.
fn types_and_file(bytes: &[u8]) -> (Vec<String>, &[u8]) {
    let mark = b"\n%%\n";
    let at = bytes.windows(mark.len()).position(|window| window == mark);
    let (types, file) = at.map_or((&b""[..], bytes), |at| (&bytes[..at], &bytes[at + mark.len()..]));
    (String::from_utf8_lossy(types).lines().take(20).map(str::to_owned).collect(), file)
}

#[test]
fn any_file_is_kept_whole_or_refused_with_a_reason_and_leaves_nothing_behind() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    run("csv", 150, |bytes| {
        let (types, file) = types_and_file(bytes);
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let declared: Vec<_> = names.into_iter().zip(types.iter().map(String::as_str)).collect();
        let place = place();
        runtime.block_on(async {
            match place.save(&declared, &[file]).await {
                Ok(kept) => {
                    // A page has at most a thousand rows.
                    let (limit, shown) = (1_000, kept.rows.min(1_000));
                    let page = place.result_store.page(&place.key, first(limit)).await.unwrap();
                    prop_assert_eq!((page.total, page.unfiltered), (kept.rows, kept.rows));
                    for column in 0..kept.columns.len() {
                        let sorted = place.page(PageRequest { limit, ..sorted(column, Direction::Descending) }).await;
                        prop_assert_eq!(sorted.unwrap().len() as u64, shown);
                    }
                    let json: Vec<serde_json::Value> = serde_json::from_str(&text_of_json(&place).await).unwrap();
                    prop_assert_eq!(json.len() as u64, kept.rows);
                    // Duplicate or missing column names are replaced in the export; exporting again changes nothing.
                    let exported = place.csv(CsvForm::Amc).await;
                    let again = place.save(&declared, &[exported.as_bytes()]).await.unwrap();
                    prop_assert_eq!((again.rows, again.columns.len()), (kept.rows, kept.columns.len()));
                    let exported = place.csv(CsvForm::Amc).await;
                    prop_assert_eq!(place.save(&declared, &[exported.as_bytes()]).await.unwrap(), again);
                    prop_assert_eq!(place.csv(CsvForm::Amc).await, exported);
                }
                Err(error) => {
                    let words = error.to_string();
                    prop_assert!(words.ends_with('.') && words.len() < 2_000, "{}", words);
                }
            }
            prop_assert_eq!(place.unfinished(), 0);
            Ok(())
        })
    });
}
