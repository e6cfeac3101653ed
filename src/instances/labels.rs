//! Labels of instances, for finding them among hundreds.

use crate::web::naming;

/// Maximum number of labels of an instance.
const MOST: usize = 20;
/// Maximum length of a label, in characters.
const LENGTH: usize = 40;

/// Parses comma-separated labels, without duplicates (case-insensitively). The error describes what is invalid.
pub(super) fn read(line: &str) -> Result<Vec<String>, String> {
    let mut labels: Vec<String> = Vec::new();
    for label in line.split([',', '\n']) {
        let plain = naming::plain(label).replace(char::is_control, " ");
        let label = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        if label.is_empty() || labels.iter().any(|known| known.to_lowercase() == label.to_lowercase()) {
            continue;
        }
        if let Some(fault) = naming::fault(&label, LENGTH) {
            return Err(fault);
        }
        labels.push(label);
    }
    if labels.len() > MOST {
        return Err(format!("An instance can have at most {MOST} labels. Keep those that people filter by."));
    }
    Ok(labels)
}

/// As stored, separated by commas.
pub(super) fn stored(labels: &[String]) -> String {
    labels.join(",")
}

/// Parses [`stored`].
pub(super) fn kept(text: &str) -> Vec<String> {
    text.split(',').filter(|label| !label.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_each_once_and_kept_as_written() {
        let labels = read(" EU clients, priority ,eu Clients,,\u{200B}").unwrap();
        assert_eq!(labels, ["EU clients", "priority"]);
        assert_eq!(kept(&stored(&labels)), labels);
        assert!(read(&"x".repeat(41)).is_err());
        assert!(read(&(0..21).map(|n| n.to_string()).collect::<Vec<_>>().join(",")).is_err());
        assert!(kept("").is_empty());
    }
}
