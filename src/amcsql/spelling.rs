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
        let lower = candidate.to_ascii_lowercase();
        let Some(distance) = distance(&word, &lower, allowed).filter(|_| alike(&word, &lower)) else { continue };
        if best.is_none_or(|(least, name)| (distance, candidate) < (least, name)) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// Whether each word of two names with the same number of words may be a typo of the other: `event_name` isn't one of
/// `event_dt`.
fn alike(a: &str, b: &str) -> bool {
    if a.split('_').count() != b.split('_').count() {
        return true;
    }
    a.split('_').zip(b.split('_')).all(|(a, b)| distance(a, b, (a.len().max(b.len()) / 3).max(1)).is_some())
}

/// The candidate with whole words more or fewer than `word` at one end: `campaign` for `campaign_name`, `tracked_asin`
/// for `asin`. Case-insensitive. Of several that are contained in `word` the longest; `None` if several contain it.
pub(super) fn extended<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let (mut within, mut around): (Option<&str>, Vec<&str>) = (None, Vec::new());
    for candidate in candidates {
        let lower = candidate.to_ascii_lowercase();
        if is_end(&lower, &word) && within.is_none_or(|it| it.len() < lower.len()) {
            within = Some(candidate);
        } else if is_end(&word, &lower) && !around.iter().any(|it| it.eq_ignore_ascii_case(candidate)) {
            around.push(candidate);
        }
    }
    match (within, around.as_slice()) {
        (Some(within), _) => Some(within),
        (None, [only]) => Some(*only),
        _ => None,
    }
}

/// Whether `long` starts or ends with the words of `short`, and has more.
fn is_end(short: &str, long: &str) -> bool {
    !short.is_empty()
        && (long.strip_prefix(short).is_some_and(|rest| rest.starts_with('_'))
            || long.strip_suffix(short).is_some_and(|rest| rest.ends_with('_')))
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

    #[test]
    fn another_word_in_a_name_is_no_slip() {
        let names = ["conversion_event_name", "conversion_event_dt_utc", "event_dt"];
        assert_eq!(closest("conversion_event_dt", names.into_iter()), Some("conversion_event_dt_utc"));
        assert_eq!(closest("conversion_event_dt", ["conversion_event_name"].into_iter()), None);
        assert_eq!(closest("conversoin_evnt_nam", names.into_iter()), Some("conversion_event_name"));
    }

    #[test]
    fn a_name_with_words_more_or_fewer_is_found() {
        let names =
            ["campaign", "campaign_id", "tracked_asin", "event_dt", "event_dt_utc", "total_cost", "impression_cost"];
        let found = |word: &str| extended(word, names.into_iter());
        assert_eq!(found("campaign_name"), Some("campaign"));
        assert_eq!(found("Campaign_Id_Text"), Some("campaign_id"));
        assert_eq!(found("conversion_event_dt"), Some("event_dt"));
        assert_eq!(found("asin"), Some("tracked_asin"));
        for several_or_none in ["cost", "utcs", "campaigns", ""] {
            assert_eq!(found(several_or_none), None, "{several_or_none}");
        }
    }
}
