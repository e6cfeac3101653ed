//! Retries, and sizes for display.

use super::*;

#[test]
fn waits_grow_over_three_days_and_end() {
    let mut at = DateTime::UNIX_EPOCH;
    for attempts in 1..=9 {
        let next = next_attempt(at, attempts, 0.5).unwrap();
        assert!(next > at);
        at = next;
    }
    assert!((70..74).contains(&(at - DateTime::UNIX_EPOCH).num_hours()));
    assert_eq!(next_attempt(at, 10, 0.5), None);
}

#[test]
fn sizes_have_units() {
    assert_eq!((size(999).as_str(), size(2_100).as_str(), size(3_200_000_000).as_str()), ("999 B", "2.1 KB", "3.2 GB"));
    assert_eq!((took(350).as_str(), took(63_000).as_str()), ("350 ms", "1m 3s"));
}
