//! A person's messages, for rooms that show them elsewhere than in the list.

use super::model::Message;
use super::store;
use crate::db::{PageRange, Result, Tx};
use crate::ids::PersonId;

/// The newest messages of a person, at most `most`.
pub async fn told(tx: &mut Tx, person: &PersonId, most: i64) -> Result<Vec<Message>> {
    let lines = store::list(tx, person, &store::Filter::default(), PageRange::first(most)).await?;
    Ok(lines.into_iter().map(|line| line.message).collect())
}
