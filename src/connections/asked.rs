//! The answers of a connection's accounts when asked for their instances.

use super::store::{self, AskedAccount};
use crate::db::{Result, Tx};
use crate::ids::ConnectionId;
use crate::web::components::State as Color;
use crate::web::words::counted;

/// The accounts on a connection's page.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Those that listed instances or failed, and all AMC accounts.
    pub(super) shown: Vec<AskedAccount>,
    /// Advertiser accounts through which the person can't use AMC or that have no instance: most of an agency's.
    others: i64,
    elsewhere: i64,
    waiting: i64,
    /// What couldn't be listed, and what was skipped.
    pub(super) notes: Vec<String>,
}

impl Asked {
    pub(super) async fn new(tx: &mut Tx, connection: &ConnectionId) -> Result<Self> {
        let mut asked = Self { notes: store::survey_notes(tx, connection).await?, ..Self::default() };
        for account in store::asked_accounts(tx, connection).await? {
            match account.state.as_str() {
                "elsewhere" => asked.elsewhere += 1,
                "waiting" if account.asked_at.is_none() => asked.waiting += 1,
                _ if account.is_worth_showing() => asked.shown.push(account),
                _ => asked.others += 1,
            }
        }
        Ok(asked)
    }

    /// How many accounts that should answer failed.
    pub(super) fn problems(&self) -> usize {
        self.shown.iter().filter(|account| account.is_problem()).count()
    }

    /// A short note that some accounts failed.
    pub(super) fn brief(&self) -> String {
        match i64::try_from(self.problems()).unwrap_or(i64::MAX) {
            0 => String::new(),
            problems => {
                let accounts = counted(problems, "account", "accounts");
                format!("{accounts} didn't list instances. See below.")
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shown.is_empty() && self.rest().is_empty() && self.notes.is_empty()
    }

    /// Notes on what isn't listed individually.
    pub(super) fn rest(&self) -> Vec<String> {
        let accounts = |number: i64| counted(number, "account", "accounts");
        let said = [
            (self.waiting, "still to be asked."),
            (self.others, "of advertisers without an AMC instance that you may use."),
            (self.elsewhere, "in another region. Connect that region to ask for their instances."),
        ];
        said.into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{} {what}", accounts(number)))
            .collect()
    }
}

impl AskedAccount {
    fn is_worth_showing(&self) -> bool {
        self.is_amc_account || self.found > 0 || self.state == "failed"
    }

    fn is_problem(&self) -> bool {
        self.state == "failed" || (self.problem.is_some() && self.state != "waiting")
    }

    /// The label of its answer.
    pub(super) fn word(&self) -> &'static str {
        match self.state.as_str() {
            "answered" => "Answered",
            "refused" => "Refused",
            "failed" => "Failed",
            _ => "Waiting",
        }
    }

    pub(super) fn color(&self) -> Color {
        match self.state.as_str() {
            "answered" => Color::Done,
            "refused" => Color::Stopped,
            "failed" => Color::Failed,
            _ => Color::Waiting,
        }
    }
}
