//! Finds the intended name for a misspelled one.

/// Longer names aren't compared: no source or column has one.
const LONGEST: usize = 80;

/// The candidate closest to `word`, if it is close enough to be a typo: about one edit per four characters.
/// Case-insensitive; among equally close ones the alphabetically first wins.
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

/// The edit distance with insertions, deletions, substitutions and transpositions; `None` above `limit`.
pub fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    Some(strsim::osa_distance(a, b)).filter(|distance| *distance <= limit)
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
