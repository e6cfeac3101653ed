//! Where a run stands, as every page that shows one says it: the list, the run itself, its query, the first page.

use super::components;

/// Where an execution stands. AMC's own words are kept beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Stored here, not sent yet: no free slot, or Amazon cannot be reached.
    Waiting,
    /// Being sent. After a crash or an unclear answer AMC is asked whether it arrived.
    Sending,
    /// AMC has it and has not begun.
    Pending,
    /// AMC works on it.
    Running,
    /// AMC is done; the result is being fetched.
    Fetching,
    /// The result is kept here.
    Succeeded,
    /// It ended without a result.
    Failed,
    /// AMC would not run it.
    Rejected,
    /// Somebody stopped it.
    Cancelled,
    /// AMC does not know it any more.
    Lost,
}

impl RunState {
    /// All states, in the order of a run.
    pub const ALL: [Self; 10] = [
        Self::Waiting,
        Self::Sending,
        Self::Pending,
        Self::Running,
        Self::Fetching,
        Self::Succeeded,
        Self::Failed,
        Self::Rejected,
        Self::Cancelled,
        Self::Lost,
    ];

    /// As it is stored and as addresses name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Fetching => "fetching",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
        }
    }

    /// Reads [`RunState::name`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }

    /// What people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Sending => "Sending",
            Self::Pending => "Pending at AMC",
            Self::Running => "Running",
            Self::Fetching => "Fetching result",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Rejected => "Rejected",
            Self::Cancelled => "Canceled",
            Self::Lost => "Lost",
        }
    }

    /// The colour that carries it.
    pub const fn colour(self) -> components::State {
        match self {
            Self::Waiting | Self::Pending => components::State::Waiting,
            Self::Sending | Self::Running | Self::Fetching => components::State::Running,
            Self::Succeeded => components::State::Done,
            Self::Failed | Self::Rejected | Self::Lost => components::State::Failed,
            Self::Cancelled => components::State::Stopped,
        }
    }

    /// Whether it stays so.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Rejected | Self::Cancelled | Self::Lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_survives_its_name() {
        for state in RunState::ALL {
            assert_eq!(RunState::parse(state.name()), Some(state));
        }
        assert_eq!(RunState::parse("done"), None);
    }
}
