//! A person's notification settings for one schedule.

use crate::web::Fields;
use crate::web::components::Errors;

/// Maximum delay after a slot for a late result: a week, in minutes.
const LATEST: i64 = 10_080;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Subscription {
    pub results: bool,
    pub failures: bool,
    pub no_rows: bool,
    pub unusual: bool,
    /// A share from 0 to 1 of suppressed rows.
    pub suppressed_above: Option<f64>,
    pub late_minutes: Option<i64>,
}

impl Subscription {
    /// The defaults for the owner.
    pub(super) const fn usual(results: bool, failures: bool) -> Self {
        Self { results, failures, no_rows: true, unusual: true, suppressed_above: None, late_minutes: None }
    }

    /// No notifications: the default for everyone else.
    pub(super) const fn nothing() -> Self {
        Self { no_rows: false, unusual: false, ..Self::usual(false, false) }
    }
}

/// The submitted form.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SubscriptionForm {
    pub is: Subscription,
    /// In percent.
    pub suppressed: String,
    pub late: String,
}

impl From<Subscription> for SubscriptionForm {
    fn from(is: Subscription) -> Self {
        Self {
            suppressed: is
                .suppressed_above
                .map(|share| format!("{}", (share * 1_000.0).round() / 10.0))
                .unwrap_or_default(),
            late: is.late_minutes.map(|minutes| minutes.to_string()).unwrap_or_default(),
            is,
        }
    }
}

impl SubscriptionForm {
    /// Parses a form; returns it with its errors.
    pub(super) fn read(fields: &Fields) -> (Self, Errors) {
        let mut errors = Errors::new();
        let is = |name: &str| fields.get(name) == "true";
        let text = |name: &str| fields.trimmed(name).chars().take(20).collect::<String>();
        let (suppressed, late) = (text("suppressed"), text("late"));
        let mut read = Subscription {
            results: is("results"),
            failures: is("failures"),
            no_rows: is("no_rows"),
            unusual: is("unusual"),
            suppressed_above: None,
            late_minutes: None,
        };
        if !suppressed.is_empty() {
            let percent = suppressed.trim_end_matches('%').trim().parse::<f64>().ok();
            read.suppressed_above = percent.filter(|share| (0.0..=100.0).contains(share)).map(|share| share / 100.0);
            if read.suppressed_above.is_none() {
                errors.add("suppressed", "Enter a percentage from 0 to 100.");
            }
        }
        if !late.is_empty() {
            read.late_minutes = late.parse::<i64>().ok().filter(|minutes| (1..=LATEST).contains(minutes));
            if read.late_minutes.is_none() {
                errors.add("late", format!("Enter a number of minutes from 1 to {LATEST}."));
            }
        }
        (Self { is: read, suppressed, late }, errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_values_are_shown_as_typed() {
        let fields = Fields::parse(b"results=true&no_rows=true&suppressed=12.5%25&late=90");
        let (read, errors) = SubscriptionForm::read(&fields);
        assert!(errors.is_empty());
        assert_eq!((read.is.suppressed_above, read.is.late_minutes), (Some(0.125), Some(90)));
        let again = SubscriptionForm::from(read.is);
        assert_eq!((again.suppressed.as_str(), again.late.as_str()), ("12.5", "90"));
    }

    #[test]
    fn invalid_numbers_are_reported() {
        for odd in
            ["suppressed=101", "suppressed=-1", "suppressed=NaN", "late=0", "late=soon", "late=99999999999999999999"]
        {
            let (_, errors) = SubscriptionForm::read(&Fields::parse(odd.as_bytes()));
            assert_eq!(errors.len(), 1, "{odd}");
        }
    }
}
