//! The lines of a list and their cells.

use super::{ASIN, ItemKind, is_asin, is_id};

/// The quotes that surround values in lists copied from SQL and documents.
const QUOTES: [char; 6] = ['\'', '"', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}'];
/// How much the ids in one line may differ in length: a shorter number beside an id is a figure.
const ID_LENGTHS: usize = 3;

/// The nonempty lines, each with its number and its cells: separated by tabs, semicolons or commas, whichever the
/// first line has; cells may be quoted.
pub(super) fn rows(text: &str) -> Vec<(usize, Vec<String>)> {
    // With CRLF, as browsers and Excel write it, the reader would count a line too few.
    let text = text.replace("\r\n", "\n");
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = ['\t', ';', ','].into_iter().find(|mark| first.contains(*mark)).unwrap_or('\t');
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).flexible(true).delimiter(separator as u8).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.into_records().map_while(Result::ok) {
        let line = record.position().map_or(0, |position| position.line() as usize);
        let cells: Vec<String> = record.iter().map(plain).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            rows.push((line, cells));
        }
    }
    rows
}

/// A cell without surrounding whitespace, including invisible characters, and without the apostrophe by which
/// spreadsheets keep digits.
pub(super) fn plain(cell: &str) -> String {
    let cell = crate::web::naming::plain(cell).replace(['\u{a0}', '\u{feff}'], " ").replace(char::is_control, " ");
    cell.trim().trim_start_matches('\'').trim().to_owned()
}

/// A line that is a list itself: a row for each of its parts. Others stay as they are, because what follows an item is
/// its name.
pub(super) fn split_up(cells: Vec<String>, meant: Option<ItemKind>) -> Vec<Vec<String>> {
    let parts = cells.iter().flat_map(|cell| cell.split([' ', ',', ';', '|']));
    let parts: Vec<String> =
        parts.map(|part| in_link(part.trim_matches(QUOTES)).to_owned()).filter(|part| !part.is_empty()).collect();
    let asins = parts.iter().filter(|part| is_certain_asin(part)).count();
    let is_list = match meant {
        Some(ItemKind::Campaign) => are_ids(&parts),
        _ => are_ids(&parts) || asins > usize::from(parts.len() > 1),
    };
    if is_list { parts.into_iter().map(|part| vec![part]).collect() } else { vec![cells] }
}

fn are_ids(parts: &[String]) -> bool {
    let lengths = || parts.iter().map(String::len);
    let is_even = lengths().max().zip(lengths().min()).is_some_and(|(most, least)| most - least <= ID_LENGTHS);
    is_even && parts.iter().all(|part| is_id(part))
}

/// Whether a part is an ASIN and no word of ten letters, such as `Binoculars`.
fn is_certain_asin(part: &str) -> bool {
    is_asin(part) && part.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
}

/// The ASIN in the address of a product's page; another text as it is.
pub(super) fn in_link(text: &str) -> &str {
    let after = ["/dp/", "/gp/product/"].into_iter().find_map(|mark| text.split_once(mark)).map(|(_, after)| after);
    after.and_then(|after| after.get(..ASIN)).filter(|asin| is_asin(asin)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::super::{ItemKind, read};

    fn values(text: &str, meant: Option<ItemKind>) -> Vec<(String, String)> {
        read(text, meant).items.into_iter().map(|(_, item)| (item.value, item.label)).collect()
    }

    #[test]
    fn a_line_may_be_a_list_itself() {
        for text in [
            "B0ABCDEFG1, B0ABCDEFG2; B0ABCDEFG3",
            "B0ABCDEFG1 B0ABCDEFG2\tb0abcdefg3",
            "'B0ABCDEFG1','B0ABCDEFG2'\n'B0ABCDEFG3',",
            "\u{201c}B0ABCDEFG1\u{201d} | \u{201c}B0ABCDEFG2\u{201d}\n\"B0ABCDEFG3\"",
        ] {
            let found: Vec<String> = values(text, None).into_iter().map(|(value, _)| value).collect();
            assert_eq!(found, ["B0ABCDEFG1", "B0ABCDEFG2", "B0ABCDEFG3"], "{text}");
            assert!(read(text, None).rejected.is_empty(), "{text}");
        }
        let rubbish = read("B0ABCDEFG1, rubbish, B0ABCDEFG2", None);
        assert_eq!(rubbish.items.len(), 2);
        assert_eq!(
            rubbish.rejected.iter().map(|(line, text, _)| (*line, text.as_str())).collect::<Vec<_>>(),
            [(1, "rubbish")]
        );
        assert_eq!(values("123456789012, 123456789013", None).len(), 2);
        assert_eq!(values("123456789012, 123456789013", Some(ItemKind::Campaign)).len(), 2);
    }

    #[test]
    fn what_follows_an_item_is_its_name_unless_it_is_an_item_too() {
        let named = |value: &str, label: &str| vec![(value.to_owned(), label.to_owned())];
        assert_eq!(values("B012345678\tBinoculars, large", None), named("B012345678", "Binoculars, large"));
        assert_eq!(values("123456789012\t53412", None), named("123456789012", "53412"));
        assert_eq!(values("Summer 12345, 67890", Some(ItemKind::Campaign)), named("Summer 12345", "67890"));
    }

    #[test]
    fn links_to_products_hold_asins() {
        let link = "https://www.amazon.com/Coffee/dp/B012345678/ref=x";
        assert_eq!(values(link, None), [("B012345678".to_owned(), String::new())]);
        assert_eq!(values(&format!("{link}\tCoffee"), None), [("B012345678".to_owned(), "Coffee".to_owned())]);
        assert_eq!(
            values(&format!("asin,title\n{link},Coffee"), None),
            [("B012345678".to_owned(), "Coffee".to_owned())]
        );
        assert!(values("https://www.amazon.com/dp/none", None).is_empty());
    }
}
