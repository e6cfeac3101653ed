//! People's preferences for messages.

use crate::db::{Error, FromRow, Result, Row, Tx, WrongValue, sql};
use crate::ids::PersonId;
use crate::notices::preferences::{MailMode, Preferences};

/// The preferences in a row, if it has any.
pub(super) fn read(row: &Row) -> Result<Option<Preferences>> {
    let Some(mail) = row.get::<Option<String>>("mail")? else { return Ok(None) };
    let wrong = Error::Inconsistent { column: "mail", source: WrongValue::new("known word") };
    Ok(Some(Preferences {
        mail: MailMode::parse(&mail).ok_or(wrong)?,
        digest_at: row.get("digest_at")?,
        quiet_from: row.get("quiet_from")?,
        quiet_until: row.get("quiet_until")?,
        zone: row.get("zone")?,
        results: row.get("results")?,
        failures: row.get("failures")?,
        manual: row.get("manual")?,
    }))
}

struct Stored(Option<Preferences>);

impl FromRow for Stored {
    fn from_row(row: &Row) -> Result<Self> {
        read(row).map(Self)
    }
}

/// A person's preferences, or the defaults.
pub(in crate::notices) async fn preferences(tx: &mut Tx, person: &PersonId) -> Result<Preferences> {
    const FIND: &str = "select mail, digest_at, quiet_from, quiet_until, zone, results, failures, manual \
        from notice_preferences where person_id = $1";
    let stored = sql(FIND).bind(person).optional::<Stored>(tx).await?;
    Ok(stored.and_then(|Stored(own)| own).unwrap_or_default())
}

/// Stores a person's preferences.
pub(in crate::notices) async fn set_preferences(tx: &mut Tx, person: &PersonId, own: &Preferences) -> Result<()> {
    const SET: &str = "insert into notice_preferences (person_id, mail, digest_at, quiet_from, quiet_until, zone, \
        results, failures, manual) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (person_id) do update set \
        mail = $2, digest_at = $3, quiet_from = $4, quiet_until = $5, zone = $6, results = $7, failures = $8, manual = $9";
    sql(SET)
        .bind(person)
        .bind(own.mail.name())
        .bind(&own.digest_at)
        .bind(&own.quiet_from)
        .bind(&own.quiet_until)
        .bind(&own.zone)
        .bind(own.results)
        .bind(own.failures)
        .bind(own.manual)
        .execute(tx)
        .await
        .map(drop)
}
