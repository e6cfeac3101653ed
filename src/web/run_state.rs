//! The states of an execution, shared by every page that shows one.

use super::components;

/// The state of an execution. AMC's own status is stored beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Stored here, not sent yet: there is no free slot, or Amazon can't be reached.
    Waiting,
    /// Being sent. After a crash or an unclear answer it is looked up at AMC.
    Sending,
    /// AMC has it and hasn't begun.
    Pending,
    /// AMC is running it.
    Running,
    /// AMC is done; the result is being downloaded.
    Fetching,
    /// The result is stored here.
    Succeeded,
    /// It ended without a result.
    Failed,
    /// AMC rejected it.
    Rejected,
    /// Somebody canceled it.
    Cancelled,
    /// AMC no longer knows it.
    Lost,
}

impl RunState {
    /// All states, in their usual order.
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

    /// As stored and as used in addresses.
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

    /// Parses [`RunState::name`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }

    /// The label for people.
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

    pub const fn color(self) -> components::State {
        match self {
            Self::Waiting | Self::Pending => components::State::Waiting,
            Self::Sending | Self::Running | Self::Fetching => components::State::Running,
            Self::Succeeded => components::State::Done,
            Self::Failed | Self::Rejected | Self::Lost => components::State::Failed,
            Self::Cancelled => components::State::Stopped,
        }
    }

    /// Whether the state can't change any more.
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
