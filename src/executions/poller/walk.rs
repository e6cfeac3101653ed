//! Reading a list of executions page by page, no further than it helps.

use super::{Address, Poller};
use crate::amazon::{self, ExecutionFilter};
use crate::connections::CallError;
use crate::ids::ConnectionId;

/// Why no more pages were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// What was looked for is known.
    Enough,
    /// That was the whole list.
    AtItsEnd,
    /// There is more, but so many pages are enough.
    TooLong,
}

impl Poller {
    /// Gives `pages` pages of an instance's list at most to `is_enough`, until it says so.
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
