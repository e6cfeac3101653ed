//! Lists of ASINs and campaigns as people have them: one per line, copied from a spreadsheet, or exported from
//! Amazon.
//!
//! A list with a header names its columns; without one, the form of each line decides, which may be a list itself.
//! Unrecognized lines are reported, and nothing is guessed: for a line that could be either, the form's choice applies.

mod rows;

use std::collections::HashSet;

use rows::{in_link, plain, rows, split_up};

use crate::web::components::count;

/// Maximum number of items of one kind in a brand. A list parameter accepts more, but a form with both kinds must fit
/// into the maximum size of a request.
pub(super) const MOST: usize = 50_000;
/// Maximum length of a campaign or product name, in characters.
const LONGEST: usize = 300;
/// How many unrecognized lines are listed; more are counted.
const TOLD: usize = 100;
/// How many characters of a line are shown.
const SHOWN: usize = 120;
/// Length of an ASIN.
const ASIN: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemKind {
    Asin,
    /// A campaign, by its id or, if that is unknown, by its name.
    Campaign,
}

impl ItemKind {
    pub(super) const ALL: [Self; 2] = [Self::Asin, Self::Campaign];

    /// As stored and as sent by forms.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asin => "asin",
            Self::Campaign => "campaign",
        }
    }

    /// Parses [`ItemKind::name`].
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }
}

/// An ASIN or a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub kind: ItemKind,
    /// The ASIN; the campaign's id or name.
    pub value: String,
    /// The product's or campaign's name; may be empty.
    pub label: String,
}

impl Item {
    /// As a line of a list.
    pub(super) fn line(&self) -> String {
        if self.label.is_empty() { self.value.clone() } else { format!("{}\t{}", self.value, self.label) }
    }
}

/// A parsed list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ListRead {
    /// Distinct items in the order of the list, each with the brand named in the list, or empty.
    pub(super) items: Vec<(String, Item)>,
    /// The number of repeated lines.
    pub(super) duplicates: usize,
    /// Unrecognized lines: number, text and reason.
    pub(super) rejected: Vec<(usize, String, &'static str)>,
    /// How many more lines were unrecognized than are listed.
    pub(super) more_rejected: usize,
}

/// The content of a list's column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Asin,
    CampaignId,
    CampaignName,
    ProductName,
    Name,
    Brand,
    Other,
}

impl Column {
    /// Parses a column header: `Campaign ID`, `campaign_id`, `(Child) ASIN`.
    fn of(head: &str) -> Self {
        let plain: String = head.to_lowercase().chars().map(|it| if it.is_alphanumeric() { it } else { ' ' }).collect();
        let words: Vec<&str> = plain.split_whitespace().collect();
        let has = |word: &str| words.contains(&word);
        match words.as_slice() {
            _ if has("asin") || has("asins") => Self::Asin,
            ["campaignid"] => Self::CampaignId,
            ["campaignname" | "campaign" | "campaigns"] => Self::CampaignName,
            _ if has("campaign") && (has("id") || has("ids")) => Self::CampaignId,
            _ if has("campaign") && (has("name") || has("names")) => Self::CampaignName,
            ["brand" | "brands"] | ["brand", "name"] => Self::Brand,
            ["title" | "product"] | ["item" | "product", "name" | "title"] => Self::ProductName,
            ["name" | "label"] => Self::Name,
            _ => Self::Other,
        }
    }
}

/// The positions of columns that are used; empty if none of them holds ASINs or campaigns.
pub(super) fn used_columns(names: &[&str]) -> Vec<usize> {
    let columns: Vec<Column> = names.iter().map(|name| Column::of(name)).collect();
    let is_item = |column: &Column| matches!(column, Column::Asin | Column::CampaignId | Column::CampaignName);
    let used = columns.iter().enumerate().filter(|(_, column)| **column != Column::Other);
    if columns.iter().any(is_item) { used.map(|(at, _)| at).collect() } else { Vec::new() }
}

/// Parses a list. `meant` is the kind of ambiguous lines.
pub(super) fn read(text: &str, meant: Option<ItemKind>) -> ListRead {
    let mut read = ListRead::default();
    let mut seen = HashSet::new();
    let rows = rows(text);
    let head = rows.first().map(|(_, cells)| cells.iter().map(|cell| Column::of(cell)).collect::<Vec<_>>());
    let names = |column: &Column| matches!(column, Column::Asin | Column::CampaignId | Column::CampaignName);
    let head =
        head.filter(|columns| columns.iter().any(names) && !rows.first().is_some_and(|(_, cells)| is_item(cells)));
    let rows = rows.into_iter().skip(usize::from(head.is_some()));
    let rows: Vec<(usize, Vec<String>)> = if head.is_some() {
        rows.collect()
    } else {
        rows.flat_map(|(line, cells)| split_up(cells, meant).into_iter().map(move |cells| (line, cells))).collect()
    };
    for (line, cells) in rows {
        let found = match &head {
            Some(columns) => of_columns(columns, &cells),
            None => of_form(&cells, meant).map(|item| vec![(String::new(), item)]),
        };
        match found {
            Ok(items) => {
                for (brand, item) in items {
                    if seen.insert((brand.to_lowercase(), item.kind, item.value.clone())) {
                        read.items.push((brand, item));
                    } else {
                        read.duplicates += 1;
                    }
                }
            }
            Err(_) if read.rejected.len() == TOLD => read.more_rejected += 1,
            Err(reason) => {
                let shown = cells.join(" · ").chars().take(SHOWN).collect();
                read.rejected.push((line, shown, reason));
            }
        }
    }
    read
}

/// Parses the text area for editing a brand: one item per line, followed by a tab and its name.
pub(super) fn read_lines(text: &str, kind: ItemKind) -> ListRead {
    let mut read = ListRead::default();
    let mut seen = HashSet::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let (value, label) = line.split_once('\t').unwrap_or((line, ""));
        match item(kind, &plain(value), &plain(label)) {
            Ok(item) if seen.insert(item.value.clone()) => read.items.push((String::new(), item)),
            Ok(_) => read.duplicates += 1,
            Err(_) if read.rejected.len() == TOLD => read.more_rejected += 1,
            Err(reason) => read.rejected.push((number + 1, line.chars().take(SHOWN).collect(), reason)),
        }
    }
    read
}

fn is_asin(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    let is_book = || upper.bytes().take(ASIN - 1).all(|byte| byte.is_ascii_digit());
    upper.len() == ASIN
        && upper.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        && (upper.starts_with('B') || is_book())
}

fn is_id(text: &str) -> bool {
    (5..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a line without a header is an item.
fn is_item(cells: &[String]) -> bool {
    cells.first().is_some_and(|cell| is_asin(cell) || is_id(cell))
}

/// The items of a line with known columns.
fn of_columns(columns: &[Column], cells: &[String]) -> Result<Vec<(String, Item)>, &'static str> {
    let get = |wanted: Column| {
        let at = columns.iter().position(|column| *column == wanted);
        at.and_then(|at| cells.get(at)).map(String::as_str).filter(|cell| !cell.is_empty())
    };
    let brand = get(Column::Brand).unwrap_or_default().to_owned();
    let mut items = Vec::new();
    if let Some(value) = get(Column::Asin).map(in_link) {
        let label = get(Column::ProductName).or(get(Column::Name)).unwrap_or_default();
        items.push(item(ItemKind::Asin, value, label)?);
    }
    let name = get(Column::CampaignName);
    if let Some(id) = get(Column::CampaignId) {
        if !is_id(id) {
            return Err("A campaign id has digits only.");
        }
        items.push(item(ItemKind::Campaign, id, name.or(get(Column::Name)).unwrap_or_default())?);
    } else if let Some(name) = name {
        items.push(item(ItemKind::Campaign, name, "")?);
    }
    if items.is_empty() {
        return Err("The line has no ASIN and no campaign.");
    }
    Ok(items.into_iter().map(|item| (brand.clone(), item)).collect())
}

/// The item of a line without a header: its first cell, followed by a name.
fn of_form(cells: &[String], meant: Option<ItemKind>) -> Result<Item, &'static str> {
    let value = cells.first().map(String::as_str).unwrap_or_default();
    let value = if meant == Some(ItemKind::Campaign) { value } else { in_link(value) };
    let label = cells.get(1).map(String::as_str).unwrap_or_default();
    match meant {
        Some(kind) => item(kind, value, label),
        None if value.starts_with(['B', 'b']) && is_asin(value) => item(ItemKind::Asin, value, label),
        None if is_asin(value) && is_id(value) => {
            Err("Ten digits can be an ASIN or a campaign id. Say what the list holds.")
        }
        None if is_asin(value) => item(ItemKind::Asin, value, label),
        None if is_id(value) => item(ItemKind::Campaign, value, label),
        None => {
            Err("This isn't an ASIN or a campaign ID. For campaign names, choose that the list contains campaigns.")
        }
    }
}

fn item(kind: ItemKind, value: &str, label: &str) -> Result<Item, &'static str> {
    let value = match kind {
        ItemKind::Asin if is_asin(value) => value.to_ascii_uppercase(),
        ItemKind::Asin => return Err("An ASIN has ten letters and digits, such as B000000000."),
        ItemKind::Campaign if value.is_empty() => return Err("The campaign has no id and no name."),
        ItemKind::Campaign if value.chars().count() > LONGEST => return Err("The name of the campaign is too long."),
        ItemKind::Campaign => value.to_owned(),
    };
    Ok(Item { kind, value, label: label.chars().take(LONGEST).collect() })
}

/// What a brand has too many of: `60,000 ASINs, more than the 50,000 that a brand can have.` `None` if it fits.
pub(super) fn excess(asins: i64, campaigns: i64) -> Option<String> {
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let (number, what) = match (asins > most, campaigns > most) {
        (true, _) => (asins, "ASINs"),
        (_, true) => (campaigns, "campaigns"),
        _ => return None,
    };
    Some(format!("{} {what}, more than the {} that a brand can have.", count(number), count(MOST)))
}

/// A brand's values for a parameter with this name, one per line as in the form. `None` if the name isn't recognized,
/// or the brand has none.
pub fn fitting(name: &str, brand: &str, items: &[Item]) -> Option<Vec<String>> {
    let name = name.to_lowercase();
    let of = |kind: ItemKind| items.iter().filter(move |item| item.kind == kind);
    let values: Vec<String> = if name.contains("asin") {
        of(ItemKind::Asin).map(|item| item.value.clone()).collect()
    } else if name.contains("campaign") {
        let ids = of(ItemKind::Campaign).filter(|item| is_id(&item.value)).map(|item| item.value.clone());
        let called = |item: &Item| if item.label.is_empty() { item.value.clone() } else { item.label.clone() };
        let names = of(ItemKind::Campaign).map(called).filter(|name| !is_id(name));
        if name.contains("id") { ids.collect() } else { names.collect() }
    } else if ["brand", "brands", "brand_name", "brand_names"].contains(&name.as_str()) {
        vec![brand.to_owned()]
    } else {
        Vec::new()
    };
    let mut seen = HashSet::new();
    let values: Vec<String> = values.into_iter().filter(|value| seen.insert(value.clone())).collect();
    (!values.is_empty()).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(read: &ListRead) -> Vec<(&str, &str, &str)> {
        read.items.iter().map(|(brand, item)| (brand.as_str(), item.value.as_str(), item.label.as_str())).collect()
    }

    #[test]
    fn one_a_line_is_distinguished_by_its_form() {
        let list = read(
            "b012345678\n\n B0ABCDEFGH \u{a0}\n123456789012345\nB012345678\nSummer sale\n0123456789\n012345678X\n",
            None,
        );
        assert_eq!(
            values(&list),
            [("", "B012345678", ""), ("", "B0ABCDEFGH", ""), ("", "123456789012345", ""), ("", "012345678X", "")]
        );
        assert_eq!(list.duplicates, 1);
        assert_eq!(
            list.rejected.iter().map(|(line, text, _)| (*line, text.as_str())).collect::<Vec<_>>(),
            [(6, "Summer sale"), (7, "0123456789")]
        );
        let windows = read("B012345678\r\nB0ABCDEFGH\r\nodd\r\n", None);
        assert_eq!(windows.rejected.first().map(|(line, _, _)| *line), Some(3));
        let campaigns = read("Summer sale\n0123456789", Some(ItemKind::Campaign));
        assert_eq!((campaigns.items.len(), campaigns.rejected.len()), (2, 0));
    }

    #[test]
    fn heads_of_sheets_and_exports_are_understood() {
        let sheet = read(
            "Brand\tCampaign ID\tCampaign name\tImpressions\nAcme\t'123456\tSummer, sale\t5\nBolt\tx1\tOdd\t6\n",
            None,
        );
        assert_eq!(values(&sheet), [("Acme", "123456", "Summer, sale")]);
        assert_eq!(sheet.rejected, [(3, "Bolt · x1 · Odd · 6".to_owned(), "A campaign id has digits only.")]);
        let export =
            read("\u{feff}\"(Child) ASIN\",\"Title\"\n\"B012345678\",\"A \"\"good\"\" thing, red\"\n,\"none\"\n", None);
        assert_eq!(values(&export), [("", "B012345678", "A \"good\" thing, red")]);
        assert_eq!(export.rejected.len(), 1);
        let names = read("campaign\nSummer\nWinter\nSummer\n", None);
        assert_eq!((names.items.len(), names.duplicates), (2, 1));
        let both = read("asin;campaign_id\nB012345678;99999\n", None);
        assert_eq!(both.items.len(), 2);
    }

    #[test]
    fn a_list_that_is_nothing_is_read_too() {
        for text in ["", "\n\n", ",,,", "\"", "\t\t\n;;", "\u{200b}"] {
            assert_eq!(read(text, None).items, [], "{text:?}");
        }
        let many = (0..300).map(|n| format!("odd {n}")).collect::<Vec<_>>().join("\n");
        let list = read(&many, None);
        assert_eq!((list.rejected.len(), list.more_rejected), (TOLD, 200));
    }

    #[test]
    fn parameters_are_filled_in_by_their_names() {
        let item = |kind, value: &str, label: &str| Item { kind, value: value.to_owned(), label: label.to_owned() };
        let items = [
            item(ItemKind::Asin, "B012345678", "Thing"),
            item(ItemKind::Campaign, "123456", "Summer"),
            item(ItemKind::Campaign, "Winter", ""),
        ];
        let fit = |name: &str| fitting(name, "Acme", &items).map(|values| values.join(","));
        assert_eq!(fit("tracked_ASINs").as_deref(), Some("B012345678"));
        assert_eq!(fit("campaign_ids").as_deref(), Some("123456"));
        assert_eq!(fit("campaigns").as_deref(), Some("Summer,Winter"));
        assert_eq!(fit("brand").as_deref(), Some("Acme"));
        assert_eq!(fit("threshold"), None);
        assert_eq!(fitting("asins", "Acme", &items[1..]), None);
    }

    proptest::proptest! {
        #[test]
        fn any_list_is_read_and_each_item_is_its_own_line(text in "(asin|campaign id|brand|B0[A-Z0-9]{8}|[0-9]{6}|,|;|\t|\n|\"|'|[a-z ü\u{a0}]){0,40}") {
            for (_, item) in read(&text, None).items {
                let again = read_lines(&item.line(), item.kind);
                proptest::prop_assert_eq!(again.items, [(String::new(), item)]);
            }
        }
    }
}
