//! Properties of any table and any bytes.

use proptest::prelude::*;

use super::*;

/// Texts with special meaning in CSV, and some without.
fn cell() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[a,\"\\\\\r\n =\u{e9}\u{1f600}'\u{0}]{0,6}|[0-9]{1,3}")
}

fn table() -> impl Strategy<Value = Vec<Vec<Option<String>>>> {
    (1_usize..4).prop_flat_map(|columns| proptest::collection::vec(proptest::collection::vec(cell(), columns), 0..12))
}

/// The table as CSV: `quoted` fields escape with a backslash as AMC does, or double their quotation marks.
fn written(table: &[Vec<Option<String>>], columns: usize, backslash: bool) -> String {
    let field = |value: &Option<String>| match value {
        None if columns == 1 => "\"\"".to_owned(),
        None => String::new(),
        Some(text) if backslash => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Some(text) => format!("\"{}\"", text.replace('"', "\"\"")),
    };
    let header = ["one", "two", "three"][..columns].join(",");
    let lines = table.iter().map(|row| row.iter().map(field).collect::<Vec<_>>().join(","));
    std::iter::once(header).chain(lines).map(|line| line + "\n").collect()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// How another CSV parser reads a file. It can't distinguish NULL from empty text.
fn read_by_others(text: &str, backslash: bool) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new();
    reader.escape(backslash.then_some(b'\\'));
    let mut reader = reader.from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_table_of_texts_comes_out_of_a_download_as_it_went_in(table in table()) {
        let columns = table.first().map_or(1, Vec::len);
        let place = place();
        let declared: Vec<_> = ["one", "two", "three"][..columns].iter().map(|name| (*name, "STRING")).collect();
        runtime().block_on(async {
            place.save(&declared, &[written(&table, columns, true).as_bytes()]).await.unwrap();
            // In a table with one column an empty text counts as NULL.
            let empty = |value: &Option<String>| value.clone().filter(|text| columns > 1 || !text.is_empty());
            let expected: Vec<Vec<_>> = table.iter().map(|row| row.iter().map(empty).collect()).collect();
            prop_assert_eq!(&place.page(first(100)).await.unwrap(), &expected);
            let exported = place.csv(CsvForm::Amc).await;
            let plain: Vec<Vec<String>> = table.iter().map(|row| row.iter().map(|value| value.clone().unwrap_or_default()).collect()).collect();
            prop_assert_eq!(read_by_others(&exported, true), plain);
            place.save(&declared, &[exported.as_bytes()]).await.unwrap();
            prop_assert_eq!(place.page(first(100)).await.unwrap(), expected);
            let json: serde_json::Value = serde_json::from_str(&text_of_json(&place).await).unwrap();
            prop_assert_eq!(json.as_array().unwrap().len(), table.len());
            Ok(())
        })?;
    }

    #[test]
    fn odd_bytes_are_kept_whole_or_refused_with_a_reason(
        bytes in proptest::collection::vec(proptest::sample::select(b"ab1.,,\"\"\\\r\n\n-E\xc3\xa9\xff<".to_vec()), 0..120),
        types in proptest::collection::vec(proptest::sample::select(vec!["LONG", "DECIMAL(38,4)", "DOUBLE", "DATE", "STRING"]), 0..4),
    ) {
        let place = place();
        let declared: Vec<_> = ["a", "b", "1", "ab"].into_iter().zip(types).collect();
        runtime().block_on(async {
            match place.save(&declared, &[&bytes[..]]).await {
                Ok(kept) => {
                    prop_assert_eq!(place.page(sorted(0, Direction::Descending)).await.unwrap().len() as u64, kept.rows);
                    let exported = read_by_others(&place.csv(CsvForm::Amc).await, true);
                    prop_assert_eq!(exported.len() as u64, kept.rows);
                }
                Err(error) => prop_assert!(error.to_string().ends_with('.'), "{}", error),
            }
            prop_assert_eq!(place.unfinished(), 0);
            Ok(())
        })?;
    }
}
