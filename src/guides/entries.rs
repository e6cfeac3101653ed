//! Reads `key: value` lines and lists, the form of a guide's head and of the fields of its queries.
//!
//! It looks like YAML and is much less: no nesting, no types, no quotes to get wrong. A value is the rest
//! of its line, `[a, b]`, or the lines below that begin with `- `. What is not understood is a fault with
//! its line, never a guess.

use super::model::Fault;

/// One key with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The line of the file, from 1.
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

impl Entry {
    /// The value as one text; a list by lines.
    pub(super) fn text(&self) -> String {
        self.values.join("\n")
    }
}

/// The entries of `text`, whose first line is line `first` of the file.
pub(super) fn read(text: &str, first: usize, faults: &mut Vec<Fault>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (index, whole) in text.lines().enumerate() {
        let (line, content) = (first + index, whole.trim());
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if let Some(item) = content.strip_prefix("- ") {
            match entries.last_mut() {
                Some(entry) => entry.values.push(item.trim().to_owned()),
                None => faults.push(Fault::new(line, "An item of a list stands below the `key:` that it belongs to.")),
            }
        } else if let Some((key, value)) = content.split_once(':').filter(|(key, _)| is_key(key)) {
            if entries.iter().any(|known| known.key == key) {
                faults.push(Fault::new(line, format!("`{key}` is given twice. Keep one.")));
            }
            entries.push(Entry { line, key: key.to_owned(), values: values(value.trim()) });
        } else {
            faults.push(Fault::new(line, "Write `key: value`, or `- item` below a `key:`."));
        }
    }
    entries
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.'))
}

fn values(text: &str) -> Vec<String> {
    let Some(list) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
    };
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_on_the_line_in_brackets_or_below() {
        let mut faults = Vec::new();
        let entries = read(
            "title: Reach: the basics\n\n# a remark\ntags: [a, b ,]\nsources:\n  - x\n  - y | z\n",
            2,
            &mut faults,
        );
        assert_eq!(faults, []);
        let seen: Vec<_> = entries.iter().map(|entry| (entry.line, entry.key.as_str(), entry.text())).collect();
        assert_eq!(
            seen,
            [(2, "title", "Reach: the basics".into()), (5, "tags", "a\nb".into()), (6, "sources", "x\ny | z".into())]
        );
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_line() {
        let mut faults = Vec::new();
        read("- lost\ntitle = x\na: 1\na: 2", 1, &mut faults);
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [1, 2, 4]);
    }
}
