//! Messages about connections to Amazon.

use crate::notices::model::{Detail, Draft, Fact, Kind};
use crate::notices::store::Lost;
use crate::web::words::counted;

/// The prefix of causes for lost connections.
pub(super) const CONNECTION: &str = "connection:";

/// The message about a grant that Amazon no longer accepts.
pub(super) fn lost(lost: &Lost) -> Draft {
    let schedules = match lost.schedules {
        0 => Vec::new(),
        number => vec![Fact::new("On hold", counted(number, "schedule", "schedules"))],
    };
    Draft {
        kind: Kind::ConnectionRevoked,
        cause: format!("{CONNECTION}{}", lost.id),
        title: "Reconnect to Amazon".to_owned(),
        detail: Detail {
            lines: vec![
                format!("Amazon access for {} was revoked or has expired.", lost.region.label()),
                "Executions that need it are on hold; nothing is lost.".to_owned(),
            ],
            facts: schedules,
            fix: "Select Reconnect on the Connections page.".to_owned(),
            about: vec![("connection".to_owned(), lost.id.to_string())],
        },
        href: "/settings/connections".to_owned(),
        instance: None,
    }
}

/// The message that it works again.
pub(super) fn restored(cause: &str) -> Draft {
    Draft {
        kind: Kind::ConnectionRestored,
        cause: format!("{cause}-over"),
        title: "Amazon access is restored".to_owned(),
        detail: Detail {
            lines: vec!["Executions that were on hold continue.".to_owned()],
            about: vec![("connection".to_owned(), cause.trim_start_matches(CONNECTION).to_owned())],
            ..Detail::default()
        },
        href: "/settings/connections".to_owned(),
        instance: None,
    }
}
