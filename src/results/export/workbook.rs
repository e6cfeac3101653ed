//! Rows as a workbook with one sheet (Office Open XML, ECMA-376), with a frozen header.
//!
//! Excel keeps 15 digits of a number: an integer with more becomes text, and so does its whole column, since a column
//! of mixed types sorts incorrectly. A fraction stays a number and is rounded after 15 digits: a sum that silently
//! skips some texts is worse. Texts are texts, so none runs as a formula.

use std::fmt::Write as _;

use arrow::array::{Array, ArrayRef, RecordBatch};

use super::Form;
use crate::results::cell::write_exact;
use crate::results::column::StoredColumn;
use crate::results::error::Error;
use crate::results::kind::Kind;
use crate::results::open::Opened;
use crate::results::values::{DAY, Value};
use crate::web::zip::Zip;

/// Rows below the header of a sheet (Excel's specifications and limits).
pub const MOST_ROWS: u64 = 1_048_575;
/// Columns of a sheet.
const MOST_COLUMNS: u64 = 16_384;
/// Maximum number of cells: more would exceed the archive's 4 GiB per file.
const MOST_CELLS: u64 = 50_000_000;
/// Maximum length of a cell, in UTF-16 units as Excel counts; a longer text ends with `…`.
const MOST_TEXT: usize = 32_767;
/// Digits of a number that Excel keeps.
const DIGITS: usize = 15;
/// Days from Excel's day 0, 1899-12-30, to 1970-01-01; and the first day on which Excel's dates are correct.
const EPOCH: i64 = 25_569;
const FIRST_DAY: i64 = 61;
/// Excel doesn't support days after 9999-12-31.
const LAST_DAY: i64 = 2_958_465;

const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const WORKBOOK: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><bookViews><workbookView/></bookViews><sheets><sheet name="Result" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const WORKBOOK_RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
/// Cell styles: 0 default, 1 bold, 2 date, 3 time, 4 text.
const STYLES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>"#;
const SHEET: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>"#;

pub(super) struct Workbook {
    zip: Zip,
    columns: Vec<Column>,
    row: u64,
}

struct Column {
    name: String,
    letters: String,
    kind: Kind,
    /// Whether its numbers are written as text.
    as_text: bool,
}

impl Workbook {
    /// A workbook for this many rows; an error if they don't fit.
    pub(super) fn new(opened: &Opened, rows: u64) -> Result<Self, Error> {
        let columns = opened.columns.len() as u64;
        for (found, of, limit) in [
            (rows, "rows", MOST_ROWS),
            (columns, "columns", MOST_COLUMNS),
            (rows.saturating_mul(columns), "cells", MOST_CELLS),
        ] {
            if found > limit {
                return Err(Error::TooLargeForExcel { found, of, limit });
            }
        }
        let column = |(place, column): (usize, &StoredColumn)| Column {
            name: column.name.clone(),
            letters: letters(place),
            kind: column.kind,
            as_text: column.kind == Kind::Integer
                && opened.extremes(place).is_some_and(|(least, greatest)| is_long(least) || is_long(greatest)),
        };
        let columns = opened.columns.iter().enumerate().map(column).collect();
        Ok(Self { zip: Zip::new(), columns, row: 0 })
    }

    fn begin_row(&mut self, out: &mut String) {
        self.row += 1;
        // OK because writing to a String cannot fail.
        let _ = write!(out, r#"<row r="{}">"#, self.row);
    }
}

impl Form for Workbook {
    fn rows(&self) -> usize {
        256
    }

    fn head(&mut self) -> Result<Vec<u8>, Error> {
        for (name, text) in [
            ("[Content_Types].xml", TYPES),
            ("_rels/.rels", RELATIONS),
            ("xl/workbook.xml", WORKBOOK),
            ("xl/_rels/workbook.xml.rels", WORKBOOK_RELATIONS),
            ("xl/styles.xml", STYLES),
            ("xl/worksheets/sheet1.xml", SHEET),
        ] {
            self.zip.begin(name)?;
            self.zip.add(text.as_bytes())?;
        }
        let mut out = String::new();
        for (place, column) in self.columns.iter().enumerate() {
            let width = (column.name.chars().count() + 3).clamp(12, 60);
            // OK because writing to a String cannot fail.
            let _ = write!(out, r#"<col min="{0}" max="{0}" width="{width}" customWidth="1"/>"#, place + 1);
        }
        out.push_str("</cols><sheetData>");
        self.begin_row(&mut out);
        for column in &self.columns {
            write_text(&mut out, &column.letters, self.row, 1, &column.name);
        }
        out.push_str("</row>");
        self.zip.add(out.as_bytes())?;
        Ok(self.zip.take())
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, Error> {
        let (mut out, mut text) = (String::new(), String::new());
        for row in 0..batch.num_rows() {
            self.begin_row(&mut out);
            for (column, array) in self.columns.iter().zip(batch.columns()) {
                if array.is_valid(row) {
                    text.clear();
                    column.write(&mut out, &mut text, self.row, array, row);
                }
            }
            out.push_str("</row>");
        }
        self.zip.add(out.as_bytes())?;
        Ok(self.zip.take())
    }

    fn tail(&mut self) -> Result<Vec<u8>, Error> {
        self.zip.add(b"</sheetData></worksheet>")?;
        self.zip.finish()?;
        Ok(self.zip.take())
    }
}

impl Column {
    /// Writes the cell of a value; `text` is a reusable buffer.
    fn write(&self, out: &mut String, text: &mut String, number: u64, array: &ArrayRef, row: usize) {
        write_exact(text, self.kind, array, row);
        let micros = Value::of(self.kind, array, row).and_then(|value| value.micros(self.kind));
        // OK because writing to a String cannot fail.
        let _ = match (self.kind, micros.and_then(serial)) {
            (Kind::Date, Some((day, _))) => write!(out, r#"<c r="{}{number}" s="2"><v>{day}</v></c>"#, self.letters),
            (Kind::Timestamp { .. }, Some((day, part))) => {
                write!(out, r#"<c r="{}{number}" s="3"><v>{}</v></c>"#, self.letters, day as f64 + part)
            }
            (Kind::Boolean, _) => {
                write!(out, r#"<c r="{}{number}" t="b"><v>{}</v></c>"#, self.letters, u8::from(text == "true"))
            }
            (kind, _) if kind.is_number() && !self.as_text && is_kept(text) => {
                write!(out, r#"<c r="{}{number}"><v>{text}</v></c>"#, self.letters)
            }
            (kind, _) => {
                write_text(out, &self.letters, number, if kind.is_number() { 4 } else { 0 }, text);
                Ok(())
            }
        };
    }
}

/// An instant as Excel's day and fraction of a day, truncated to milliseconds, which is all that Excel shows. The
/// last microsecond of a day would otherwise be rounded to the next day, and that of the year 9999 would be invalid.
fn serial(micros: i64) -> Option<(i64, f64)> {
    const MILLISECOND: i64 = 1_000;
    let (day, part) = (micros.div_euclid(DAY) + EPOCH, micros.rem_euclid(DAY));
    let part = part - part % MILLISECOND;
    (FIRST_DAY..=LAST_DAY).contains(&day).then(|| (day, part as f64 / DAY as f64))
}

fn is_long(number: i64) -> bool {
    number.unsigned_abs() >= 10_u64.pow(DIGITS as u32)
}

/// Whether Excel keeps all digits of a number's integer part; it doesn't support words such as `NaN`.
fn is_kept(text: &str) -> bool {
    let whole = text.split(['.', 'e', 'E']).next().unwrap_or_default();
    let digits = whole.trim_start_matches(['-', '0']).len();
    digits <= DIGITS && text.ends_with(|last: char| last.is_ascii_digit())
}

/// `A`, `B`, … `Z`, `AA`: a column's letters by its index.
fn letters(place: usize) -> String {
    let last = char::from(b'A' + (place % 26) as u8);
    if place < 26 { last.to_string() } else { format!("{}{last}", letters(place / 26 - 1)) }
}

fn write_text(out: &mut String, letters: &str, number: u64, style: u8, text: &str) {
    // OK because writing to a String cannot fail.
    let _ = write!(out, r#"<c r="{letters}{number}" t="inlineStr" s="{style}"><is><t xml:space="preserve">"#);
    let mut room = MOST_TEXT - 1;
    let is_long = text.len() > room && text.encode_utf16().count() > MOST_TEXT;
    for (at, character) in text.char_indices() {
        if is_long && room < character.len_utf16() {
            out.push('…');
            break;
        }
        room = room.saturating_sub(character.len_utf16());
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // Characters that XML can't contain, and texts that look like their escapes, are escaped as Office does.
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\r' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "_x{:04X}_", u32::from(character));
            }
            '_' if looks_marked(&text[at..]) => out.push_str("_x005F_"),
            other => out.push(other),
        }
    }
    out.push_str("</t></is></c>");
}

/// Whether a text begins with `_xHHHH_`.
fn looks_marked(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 7 && bytes[1] == b'x' && bytes[6] == b'_' && bytes[2..6].iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lettered_as_excel_does() {
        assert_eq!([0, 25, 26, 51, 52, 701, 702].map(letters), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn whole_numbers_that_would_lose_digits_are_found() {
        for kept in ["0", "-12.5", "123456789012345", "0.000000000123456789012345", "1.5E21", "3267250.740000002"] {
            assert!(is_kept(kept), "{kept}");
        }
        for lost in ["1234567890123456", "-1234567890123456.5", "NaN", "Infinity"] {
            assert!(!is_kept(lost), "{lost}");
        }
        assert!(is_long(i64::MIN) && !is_long(999_999_999_999_999));
    }

    #[test]
    fn days_are_counted_from_excels_own_beginning() {
        assert_eq!(serial(0), Some((25_569, 0.0)));
        assert_eq!(serial(DAY / 2), Some((25_569, 0.5)));
        assert_eq!(serial(-70_000 * 365 * DAY), None);
        let last = (LAST_DAY - EPOCH + 1) * DAY - 1;
        let (day, part) = serial(last).unwrap();
        assert!(day == LAST_DAY && (day as f64 + part) < (LAST_DAY + 1) as f64, "9999-12-31T23:59:59.999999");
    }

    #[test]
    fn texts_hold_no_mark_up_and_nothing_that_xml_refuses() {
        let mut out = String::new();
        write_text(&mut out, "A", 1, 0, "a<b>&\u{1}_x0041_ =1+1");
        assert!(out.contains(">a&lt;b&gt;&amp;_x0001__x005F_x0041_ =1+1</t>"), "{out}");
        out.clear();
        write_text(&mut out, "A", 1, 0, &"é".repeat(40_000));
        assert_eq!(out.chars().filter(|letter| *letter == 'é').count(), MOST_TEXT - 1);
        assert!(out.contains("…</t>"));
    }
}
