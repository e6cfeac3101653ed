//! Truncates names that are too long for a chart so that they remain distinct.
//!
//! Campaigns follow naming schemes, so their names begin alike, and often end alike. A name is truncated in the
//! middle; if that makes two names equal, their common beginning is dropped instead.

use std::collections::HashMap;

/// The names with at most `room` characters each (but never fewer than eight), distinct if they were.
pub(super) fn distinct(names: &[String], room: usize) -> Vec<String> {
    let room = room.max(8);
    // A common ending of all long names doesn't distinguish them.
    let long: Vec<&str> = names.iter().map(String::as_str).filter(|name| name.chars().count() > room).collect();
    let end = if long.len() > 1 { common_end(&long) } else { 0 };
    let short = |name: &String| {
        let length = name.chars().count();
        let cut = if length > room && length - end >= 4 { end } else { 0 };
        let kept: String = name.chars().take(length - cut).collect();
        if cut > 0 { format!("{}…", middle(kept.trim_end(), room - 1)) } else { middle(&kept, room) }
    };
    let mut labels: Vec<String> = names.iter().map(short).collect();
    for places in equals(names, &labels) {
        let group: Vec<&str> = places.iter().map(|place| names[*place].as_str()).collect();
        let common = common_start(&group);
        for place in places {
            let rest: String = names[place].chars().skip(common).collect();
            labels[place] = format!("…{}", middle(&rest, room - 1));
        }
    }
    // Names that are still equal are numbered.
    for places in equals(names, &labels) {
        for (number, place) in (1..).zip(places) {
            let end = format!(" ({number})");
            labels[place] = format!("{}{end}", middle(&names[place], room.saturating_sub(end.len())));
        }
    }
    labels
}

/// The indexes of different names with equal labels.
fn equals(names: &[String], labels: &[String]) -> Vec<Vec<usize>> {
    let mut groups: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, label) in labels.iter().enumerate() {
        groups.entry(label).or_default().push(place);
    }
    let differ = |places: &Vec<usize>| places.iter().any(|place| names[*place] != names[places[0]]);
    groups.into_values().filter(differ).collect()
}

/// The length of their common beginning, cut at a word boundary.
fn common_start(names: &[&str]) -> usize {
    let Some((first, rest)) = names.split_first() else { return 0 };
    let is_common = |(place, letter): &(usize, char)| rest.iter().all(|name| name.chars().nth(*place) == Some(*letter));
    let common: Vec<char> = first.chars().enumerate().take_while(is_common).map(|(_, letter)| letter).collect();
    let word = common.iter().rposition(|letter| !letter.is_alphanumeric()).map_or(0, |end| end + 1);
    if common.len() - word > 12 { common.len() } else { word }
}

/// The length of their common ending, cut at a word boundary.
fn common_end(names: &[&str]) -> usize {
    let turned: Vec<String> = names.iter().map(|name| name.chars().rev().collect()).collect();
    common_start(&turned.iter().map(String::as_str).collect::<Vec<_>>())
}

fn middle(text: &str, room: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= room {
        return text.to_owned();
    }
    let kept = room.saturating_sub(1);
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    letters[..head].iter().chain(['…'].iter()).chain(&letters[letters.len() - tail..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[&str], room: usize) -> Vec<String> {
        distinct(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), room)
    }

    #[test]
    fn near_twins_stay_apart_wherever_they_differ() {
        let start = ["Acme | Brand | US | Desktop | Spring", "Beta | Brand | US | Desktop | Spring"];
        let end = ["Acme | Brand | US | Spring | Desktop", "Acme | Brand | US | Spring | Mobile"];
        let between =
            ["Acme | Brand | US | Spring | 2026 | Prospecting", "Acme | Brand | DE | Spring | 2026 | Prospecting"];
        for names in [start, end, between] {
            let short = labels(&names, 16);
            assert_ne!(short[0], short[1], "{names:?}");
            assert!(short.iter().all(|label| label.chars().count() <= 16), "{short:?}");
        }
        let scheme = [
            "Mirelune | Display | Own shop | 2026 H2",
            "Tundrel | Display | Own shop | 2026 H2",
            "Tundrel | Video | Reach | 2026 H2",
        ];
        let short = labels(&scheme, 20);
        assert!(short.iter().all(|label| !label.contains("2026")), "{short:?}");
        assert_eq!(short.iter().collect::<std::collections::HashSet<_>>().len(), 3, "{short:?}");
    }

    #[test]
    fn short_names_stay_and_equal_ones_are_not_numbered() {
        assert_eq!(labels(&["a", "a", "b"], 10), ["a", "a", "b"]);
        let twins: Vec<String> = (0..3).map(|n| format!("{}{n}{}", "x".repeat(40), "y".repeat(40))).collect();
        let short = distinct(&twins, 12);
        assert_eq!(short.iter().collect::<std::collections::HashSet<_>>().len(), 3, "{short:?}");
        assert_eq!(distinct(&[], 10), Vec::<String>::new());
    }
}
