//! What a program needs to call an emulator of its own without a consent page.

use super::state::InstanceKind;
use super::{Emulator, Fault, login};

/// An instance, and a sample user who reaches it.
#[derive(Clone, Debug)]
pub struct Passage {
    /// The instance's id at AMC.
    pub instance: String,
    /// The account to name in calls.
    pub entity: String,
    /// Its marketplace.
    pub marketplace: String,
    /// A refresh token of the sample user.
    pub refresh_token: String,
}

impl Emulator {
    /// The way to the instance with this id, or, if this emulator doesn't have it, to another one of the same kind;
    /// `None` if it has none that a sample user reaches.
    pub fn passage(&self, instance: &str, is_sandbox: bool) -> Option<Passage> {
        let kind = if is_sandbox { InstanceKind::Sandbox } else { InstanceKind::Standard };
        let mut instances = self.store().read(|state| state.instances.values().cloned().collect::<Vec<_>>());
        instances.sort_by_key(|one| (one.id != instance, one.kind != kind));
        let tokens = self.store().write(|edit| login::standing_grants(self, edit));
        instances.iter().filter(|one| one.kind == kind).find_map(|one| {
            tokens.iter().find_map(|(person, token)| {
                let seat = person.seats.iter().find(|seat| seat.account.id == one.account)?;
                self.has_accepted_terms(seat.account).then(|| Passage {
                    instance: one.id.clone(),
                    entity: seat.account.id.to_owned(),
                    marketplace: seat.account.marketplace.to_owned(),
                    refresh_token: token.clone(),
                })
            })
        })
    }

    /// Adds a fault; `false` if there are too many.
    pub fn add_fault(&self, fault: Fault) -> bool {
        self.faults().add(fault)
    }

    /// Removes all faults.
    pub fn remove_faults(&self) {
        self.faults().remove(None);
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::clock::Clock;
    use crate::emulator::Options;
    use crate::ids::Random;

    #[test]
    fn an_instance_of_somebody_elses_is_replaced_by_one_of_the_same_kind() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { folder: folder.path().to_owned(), ..Options::default() };
        let (clock, _) = Clock::manual(DateTime::UNIX_EPOCH);
        let emulator = Emulator::open(options, clock, Random::system()).unwrap();
        let found = |instance, is_sandbox| emulator.passage(instance, is_sandbox).map(|passage| passage.instance);
        assert_eq!(found("amcsampleb1", false).as_deref(), Some("amcsampleb1"));
        assert_eq!(found("amcofsomebody", false).as_deref(), Some("amcsamplea1"));
        assert!(found("amcofsomebody", true).is_some_and(|instance| instance.ends_with("sb")));
    }
}
