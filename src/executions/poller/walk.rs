//! Reads a list of executions page by page, no further than necessary.

use super::{Address, Poller};
use crate::amazon::{self, ExecutionFilter};
use crate::connections::CallError;
use crate::ids::ConnectionId;

/// Why reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The search is complete.
    Enough,
    /// The list has ended.
    AtItsEnd,
    /// The page limit was reached.
    TooLong,
}

impl Poller {
    /// Passes up to `pages` pages of an instance's list to `is_enough`, until that returns true.
    pub(super) async fn walk(
        &self,
        (address, connection): (&Address, &ConnectionId),
        filter: &ExecutionFilter,
        pages: usize,
        mut is_enough: impl FnMut(Vec<amazon::Execution>) -> bool + Send,
    ) -> Result<Ended, CallError> {
        let client = self.room.grants.client();
        let mut next: Option<String> = None;
        for _ in 0..pages {
            let token_of_page = next.as_deref();
            let page = address
                .call(&self.room.grants, connection, |token, pair| async move {
                    let account = token.caller().of(&pair.entity, &pair.marketplace);
                    client.executions(account, &address.amc_id, filter, token_of_page).await
                })
                .await?;
            if is_enough(page.items) {
                return Ok(Ended::Enough);
            }
            next = page.next;
            if next.is_none() {
                return Ok(Ended::AtItsEnd);
            }
        }
        Ok(Ended::TooLong)
    }
}
