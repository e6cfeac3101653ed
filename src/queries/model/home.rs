//! Who sees a query, and its default instance.

use crate::ids::InstanceId;

/// Who sees a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Home {
    /// Its owner alone.
    #[default]
    Private,
    /// The people of an instance, according to their roles there.
    Instance(InstanceId),
    /// Everyone who is signed in.
    Everyone,
}

impl Home {
    /// The stored name, without the instance.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Instance(_) => "instance",
            Self::Everyone => "everyone",
        }
    }

    /// The instance whose people see it, if any.
    pub const fn instance(&self) -> Option<&InstanceId> {
        match self {
            Self::Instance(id) => Some(id),
            Self::Private | Self::Everyone => None,
        }
    }

    /// In words; `instance` is the name of the one that it is, where the reader has access to it.
    pub(in crate::queries) fn seen_by(&self, instance: Option<&str>) -> String {
        match (self, instance) {
            (Self::Private, _) => "Only the owner".to_owned(),
            (Self::Everyone, _) => "Everyone".to_owned(),
            (Self::Instance(_), Some(name)) => format!("People of {name}"),
            (Self::Instance(_), None) => "People of an instance you have no access to".to_owned(),
        }
    }

    /// What is stored. An instance that is gone leaves the query to its owner.
    pub(in crate::queries) fn stored(name: &str, instance: Option<InstanceId>) -> Self {
        match (name, instance) {
            ("everyone", _) => Self::Everyone,
            ("instance", Some(id)) => Self::Instance(id),
            _ => Self::Private,
        }
    }

    /// What a form sends: `private`, `everyone`, or the id of an instance.
    pub(in crate::queries) fn parse(sent: &str) -> Option<Self> {
        match sent {
            "private" => Some(Self::Private),
            "everyone" => Some(Self::Everyone),
            id => id.parse().ok().map(Self::Instance),
        }
    }

    /// As [`Home::parse`] reads it.
    pub fn value(&self) -> String {
        self.instance().map_or_else(|| self.name().to_owned(), ToString::to_string)
    }
}

/// What of a query is not its text: who sees it, and where it runs by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    pub home: Home,
    /// The default instance.
    pub default_instance: Option<InstanceId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_read_as_it_is_sent_and_stored() {
        let id: InstanceId = "ins_01jzzzzzzzzzzzzzzzzzzzzzzz".parse().unwrap();
        for home in [Home::Private, Home::Everyone, Home::Instance(id)] {
            assert_eq!(Home::parse(&home.value()), Some(home.clone()));
            assert_eq!(Home::stored(home.name(), home.instance().cloned()), home);
        }
        for odd in ["", "instance", "public", "ins_1"] {
            assert_eq!(Home::parse(odd), None, "{odd}");
        }
        assert_eq!(Home::stored("instance", None), Home::Private, "its instance is gone");
    }
}
