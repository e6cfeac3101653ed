//! Who may use a route.

/// Who may use a route: the least that a caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anyone, signed in or not.
    Anyone,
    /// Anyone who has the secret in the address, such as that of a public link.
    Link,
    /// Everyone who is signed in. What they see and may do there depends on their roles.
    SignedIn,
    /// The person whose thing it is; for others, it doesn't exist.
    Owner,
    /// Viewers of the thing's instance, and those with a higher role. For people without a role there, it doesn't
    /// exist.
    Viewer,
    Analyst,
    Manager,
    /// Administrators of the installation. Others are refused with this sentence; without one, the address doesn't
    /// exist for them.
    Administrator(Option<&'static str>),
    /// The server's operator: callers on the same machine, or with the token of the settings.
    Operator,
    /// Callers of the API: programs with any personal token, and browsers with a session.
    Token,
}

impl Who {
    /// All of them, from the widest.
    pub const ALL: [Self; 10] = [
        Self::Anyone,
        Self::Link,
        Self::SignedIn,
        Self::Owner,
        Self::Viewer,
        Self::Analyst,
        Self::Manager,
        Self::Administrator(None),
        Self::Operator,
        Self::Token,
    ];

    /// The name in addresses and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Link => "link",
            Self::SignedIn => "signed-in",
            Self::Owner => "owner",
            Self::Viewer => "viewer",
            Self::Analyst => "analyst",
            Self::Manager => "manager",
            Self::Administrator(_) => "administrator",
            Self::Operator => "operator",
            Self::Token => "token",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Anyone => "Anyone",
            Self::Link => "Anyone with the link",
            Self::SignedIn => "Everyone signed in",
            Self::Owner => "Owner",
            Self::Viewer => "Viewer",
            Self::Analyst => "Analyst",
            Self::Manager => "Manager",
            Self::Administrator(_) => "Administrator",
            Self::Operator => "Operator",
            Self::Token => "API token",
        }
    }

    /// What it means, for display.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Anyone => "Signed in or not.",
            Self::Link => "Everyone who has the secret in the address, such as a public link or an invitation.",
            Self::SignedIn => "Everyone who is signed in. Lists show only what you may see.",
            Self::Owner => {
                "The person whose thing it is, such as a token or a draft. Administrators also manage invitations, \
                 public links and everyone's webhooks."
            }
            Self::Viewer => "Viewers, analysts and managers of the instance; of a private query, its owner.",
            Self::Analyst => "Analysts and managers of the instance; of a private query, its owner.",
            Self::Manager => "Managers of the instance. Administrators may also share it.",
            Self::Administrator(_) => "Administrators of this installation.",
            Self::Operator => "The server's operator: programs on the same machine, or with the metrics token.",
            Self::Token => "Programs with an API token, whatever its scopes, and browsers that are signed in.",
        }
    }

    /// The one with this name.
    pub fn known(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|who| who.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_name() {
        for who in Who::ALL {
            assert_eq!(Who::known(who.name()), Some(who));
        }
        assert_eq!(Who::known("stranger"), None);
    }
}
