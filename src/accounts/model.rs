//! Rules for who may sign in.

/// A person's role in the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Administers the installation.
    Administrator,
    Member,
}

impl Role {
    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Member => "member",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Administrator => "Administrator",
            Self::Member => "Member",
        }
    }

    /// Parses a role in a form or an address.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Administrator, Self::Member].into_iter().find(|role| role.name() == name)
    }
}

/// Whether a person may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonStatus {
    Active,
    /// An administrator suspended them until further notice; their work is kept.
    Suspended,
    /// They left: others own what they owned, and only their name is kept.
    Removed,
}

impl PersonStatus {
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Removed];

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Removed => "removed",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Suspended => "Suspended",
            Self::Removed => "Removed",
        }
    }

    /// Parses the stored name; anything unknown means no sign-in.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|status| status.name() == text).unwrap_or(Self::Suspended)
    }
}

/// The outcome of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// This person is signed in.
    In(crate::ids::PersonId),
    /// Their address isn't on the list.
    NotListed,
    /// An administrator suspended or removed them.
    Closed(PersonStatus),
}

/// A person as Amazon's profile describes them.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Amazon's id of the account.
    pub amazon_user_id: String,
    /// Their name; may be any text.
    pub name: String,
    pub email: String,
}

/// Whether somebody new may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// With this role.
    As(Role),
    /// Refused: they are neither known nor on the list.
    Refused,
}

/// Whether somebody who was admitted earlier still may sign in: administrators and invited people always, others while
/// they are on the list. So someone removed from the list loses access at the next start, signed in or not.
pub(super) fn stays(role: Role, is_invited: bool, demo: bool, allowed: &[String], email: &str) -> bool {
    role == Role::Administrator || is_invited || admission(false, demo, allowed, email) != Admission::Refused
}

/// Decides about somebody new: the first becomes administrator, later ones are admitted if the list has their address
/// or its domain. Demo mode admits everybody, since its people are sample users.
pub(super) fn admission(is_first: bool, demo: bool, allowed: &[String], email: &str) -> Admission {
    let email = email.trim().to_lowercase();
    let domain = email.rfind('@').map(|at| &email[at..]);
    let listed = || allowed.iter().any(|entry| *entry == email || Some(entry.as_str()) == domain);
    match (is_first, demo || listed()) {
        (true, _) => Admission::As(Role::Administrator),
        (false, true) => Admission::As(Role::Member),
        (false, false) => Admission::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_person_administers_and_others_need_to_be_listed() {
        let allowed = ["ada@example.com".to_owned(), "@agency.example".to_owned()];
        let later = |email| admission(false, false, &allowed, email);
        assert_eq!(admission(true, false, &[], "x@example.org"), Admission::As(Role::Administrator));
        assert_eq!(later("Ada@Example.com"), Admission::As(Role::Member));
        assert_eq!(later("bob@agency.example"), Admission::As(Role::Member));
        assert_eq!(later("bob@evil.example"), Admission::Refused);
        assert_eq!(later("bob@agency.example.evil.example"), Admission::Refused);
        assert_eq!(later("@agency.example@evil.example"), Admission::Refused);
        assert_eq!(later(""), Admission::Refused);
        assert_eq!(admission(false, true, &[], "x@example.org"), Admission::As(Role::Member));
        assert!(
            stays(Role::Member, false, false, &allowed, "bob@agency.example")
                && stays(Role::Member, false, true, &[], "x@example.org")
        );
        assert!(stays(Role::Administrator, false, false, &[], "x@example.org"));
        assert!(!stays(Role::Member, false, false, &allowed, "left@example.org"));
        assert!(stays(Role::Member, true, false, &allowed, "left@example.org"));
    }
}
