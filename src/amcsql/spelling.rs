//! Finds the name that was probably meant.

/// Names longer than this are not compared: no source or column has one.
const LONGEST: usize = 80;

/// The candidate closest to `word`, when it is close enough to be a slip: about one change per four
/// characters. Case does not count; of equally close ones the first in alphabetical order wins.
pub(super) fn closest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    if word.len() > LONGEST {
        return None;
    }
    let allowed = (word.chars().count() / 4).clamp(1, 4);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate.len().abs_diff(word.len()) > allowed {
            continue;
        }
        let Some(distance) = distance(&word, &candidate.to_ascii_lowercase(), allowed) else { continue };
        if best.is_none_or(|(least, name)| (distance, candidate) < (least, name)) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// Insertions, deletions, changes and swaps of neighbours between two words; `None` past `limit`.
pub fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut cost = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                cost = cost.min(before_last[j - 1] + 1);
            }
            row.push(cost);
        }
        if row.iter().min().is_none_or(|least| *least > limit) {
            return None;
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|it| *it <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word() {
        let names = ["impressions", "impression_dt", "clicks", "campaign", "campaign_id"];
        assert_eq!(closest("impresions", names.into_iter()), Some("impressions"));
        assert_eq!(closest("CAMPAING", names.into_iter()), Some("campaign"));
        assert_eq!(closest("campaign_i", names.into_iter()), Some("campaign_id"));
    }

    #[test]
    fn a_different_word_finds_none() {
        assert_eq!(closest("revenue", ["clicks", "campaign"].into_iter()), None);
        assert_eq!(closest("ab", ["xy"].into_iter()), None);
        assert_eq!(closest(&"a".repeat(10_000), ["a"].into_iter()), None);
    }
}
