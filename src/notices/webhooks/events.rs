//! Which events an endpoint gets: all, those about problems, or the kinds that its owner chose.

use std::collections::BTreeSet;

use crate::notices::model::Kind;

macro_rules! groups {
    ($($variant:ident = $name:literal, $label:literal: $($kind:ident)|+;)+) => {
        /// A kind of events to choose.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(in crate::notices) enum EventGroup {
            $($variant,)+
        }

        impl EventGroup {
            pub(in crate::notices) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            pub(in crate::notices) const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            pub(in crate::notices) const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }

            /// The group of a message; none for a test, which every endpoint gets.
            const fn of(kind: Kind) -> Option<Self> {
                match kind {
                    $($(Kind::$kind)|+ => Some(Self::$variant),)+
                    Kind::Test => None,
                }
            }
        }
    };
}

groups! {
    Failures = "failures", "Failures": ExecutionFailed | ScheduleFailed | SchedulePaused
        | BackfillIncomplete | BackfillPaused | DeliveryFailed;
    Recoveries = "recoveries", "Recoveries": ScheduleRecovered | DeliveryRecovered | ConnectionRestored;
    Results = "results", "Results": ExecutionSucceeded | ScheduleSucceeded | BackfillFinished;
    Conditions = "conditions", "Unusual and late results": ResultUnusual | ScheduleLate;
    Access = "access", "Amazon access revoked": ConnectionRevoked;
    Webhooks = "webhooks", "Other webhooks that fail": WebhookFailing | WebhookDisabled;
    Backups = "backups", "Backups": BackupFailed | BackupRecovered;
}

impl EventGroup {
    pub(in crate::notices) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|group| group.name() == text)
    }
}

/// What an endpoint gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::notices) enum Sends {
    All,
    Problems,
    Chosen(BTreeSet<EventGroup>),
}

impl Sends {
    /// What is stored in `sends` and `events`; an unknown event, from another version, is left out.
    pub(in crate::notices) fn stored(sends: &str, events: &str) -> Self {
        match (sends, events) {
            ("problems", "") => Self::Problems,
            (_, "") => Self::All,
            (_, events) => Self::Chosen(events.split(' ').filter_map(EventGroup::parse).collect()),
        }
    }

    /// The column `sends`.
    pub(in crate::notices) const fn sends(&self) -> &'static str {
        if matches!(self, Self::Problems) { "problems" } else { "all" }
    }

    /// The column `events`.
    pub(in crate::notices) fn events(&self) -> String {
        match self {
            Self::Chosen(groups) => groups.iter().map(|group| group.name()).collect::<Vec<_>>().join(" "),
            Self::All | Self::Problems => String::new(),
        }
    }

    /// The value in the form.
    pub(in crate::notices) const fn choice(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Problems => "problems",
            Self::Chosen(_) => "chosen",
        }
    }

    /// Whether a message of this kind is sent.
    pub(in crate::notices) fn takes(&self, kind: Kind) -> bool {
        match self {
            Self::All => true,
            Self::Problems => kind.is_problem(),
            Self::Chosen(groups) => EventGroup::of(kind).is_none_or(|group| groups.contains(&group)),
        }
    }

    /// `Failures, Recoveries`.
    pub(in crate::notices) fn describe(&self) -> String {
        match self {
            Self::All => "Results and problems".to_owned(),
            Self::Problems => "Problems only".to_owned(),
            Self::Chosen(groups) => groups.iter().map(|group| group.label()).collect::<Vec<_>>().join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_is_sent_and_nothing_else_but_tests() {
        let sends = Sends::stored("all", "failures recoveries");
        let sent: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| sends.takes(*kind)).collect();
        assert_eq!(
            sent,
            [
                Kind::ExecutionFailed,
                Kind::ScheduleFailed,
                Kind::ScheduleRecovered,
                Kind::SchedulePaused,
                Kind::BackfillIncomplete,
                Kind::BackfillPaused,
                Kind::DeliveryFailed,
                Kind::DeliveryRecovered,
                Kind::ConnectionRestored,
                Kind::Test
            ]
        );
        assert_eq!(
            (sends.events().as_str(), sends.describe().as_str()),
            ("failures recoveries", "Failures, Recoveries")
        );
        assert_eq!(Sends::stored("all", &sends.events()), sends);
    }

    #[test]
    fn all_is_all_and_problems_are_no_results() {
        assert!(Kind::ALL.iter().all(|kind| Sends::stored("all", "").takes(*kind)));
        let problems = Sends::stored("problems", "");
        assert!(!problems.takes(Kind::ScheduleSucceeded) && problems.takes(Kind::ScheduleRecovered));
    }
}
