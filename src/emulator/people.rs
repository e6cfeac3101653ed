//! The sample users who can sign in, and their accounts.
//!
//! The same in every emulator, so that guides and tests can name them: two analysts of one agency (one administers
//! its accounts, one doesn't), an analyst of another agency, a seller without any AMC account who uses self-service
//! AMC, and a manager of a third agency whose clients' instances are mostly listed only under the clients' accounts.
//! All names, addresses and ids are made up; email addresses are at `example.com`, and no id has a length that Amazon
//! uses.

/// Someone who can sign in with the emulated Login with Amazon.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// The key in forms and state.
    pub(crate) key: &'static str,
    /// The name on the consent page and in the profile.
    pub(crate) name: &'static str,
    /// The address in the profile.
    pub(crate) email: &'static str,
    /// The id in the profile.
    pub(crate) user_id: &'static str,
    pub(crate) seats: &'static [Seat],
}

/// A person's access to an account.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) account: &'static Account,
    /// Whether the person may create, change and delete instances.
    pub(crate) admin: bool,
}

/// An account with instances.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// The entity id.
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// The marketplace that must be sent with the entity id.
    pub(crate) marketplace: &'static str,
    /// The marketplace's country, currency and time zone.
    pub(crate) place: Place,
    pub(crate) kind: AccountKind,
    /// Whether AMC's terms are accepted initially; until then, every instance call is refused.
    pub(crate) terms_accepted: bool,
    /// Ids of other accounts' instances that are also listed here.
    pub(crate) also: &'static [&'static str],
}

/// How an account gives access to AMC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountKind {
    /// Listed under `/amc/accounts`.
    Amc,
    /// Listed under `/v2/profiles`; its only instance is created by the first request for it.
    SponsoredAds {
        /// The number of the advertising profile.
        profile: u64,
    },
    /// A client of an agency, with instances created by the agency: listed under `/adsAccounts/list`, and optionally
    /// under `/v2/profiles`.
    Client {
        /// The number of the advertising profile.
        profile: u64,
        /// Whether it is among the profiles.
        has_profile: bool,
    },
    /// Listed under `/amc/accounts`, but every call that names it is refused.
    Refused,
}

/// A marketplace's country, currency and time zone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// ISO 3166-1, two letters.
    pub(crate) country: &'static str,
    /// ISO 4217, three letters.
    pub(crate) currency: &'static str,
    /// Name in the tz database.
    pub(crate) zone: &'static str,
}

const US: Place = Place { country: "US", currency: "USD", zone: "America/Los_Angeles" };
const UK: Place = Place { country: "UK", currency: "GBP", zone: "Europe/London" };
const JP: Place = Place { country: "JP", currency: "JPY", zone: "Asia/Tokyo" };

/// Agency A in North America: the account with many instances.
pub(crate) const AGENCY_A_US: Account = Account {
    id: "ENTITYSAMPLEA1US",
    name: "Agency A North America (sample)",
    marketplace: "ATVPDKIKX0DER",
    place: US,
    kind: AccountKind::Amc,
    terms_accepted: true,
    also: &[],
};

/// Agency A in Europe.
pub(crate) const AGENCY_A_UK: Account = Account {
    id: "ENTITYSAMPLEA2UK",
    name: "Agency A Europe (sample)",
    marketplace: "A1F83G8C2ARO7P",
    place: UK,
    kind: AccountKind::Amc,
    terms_accepted: true,
    also: &[],
};

/// Agency B in Japan.
pub(crate) const AGENCY_B_JP: Account = Account {
    id: "ENTITYSAMPLEB1JP",
    name: "Agency B Japan (sample)",
    marketplace: "A1VC38T7YXB528",
    place: JP,
    kind: AccountKind::Amc,
    terms_accepted: true,
    also: &[],
};

/// Agency B in North America, whose terms aren't accepted.
pub(crate) const AGENCY_B_US: Account = Account {
    id: "ENTITYSAMPLEB2US",
    name: "Agency B North America, terms not accepted (sample)",
    marketplace: "ATVPDKIKX0DER",
    place: US,
    kind: AccountKind::Amc,
    terms_accepted: false,
    also: &[],
};

/// A sponsored-ads entity of agency A's customer.
const BRAND_US: Account = Account {
    id: "ENTITYSAMPLESA1US",
    name: "Brand of agency A (sample)",
    marketplace: "ATVPDKIKX0DER",
    place: US,
    kind: AccountKind::SponsoredAds { profile: 1_000_000_000_001 },
    terms_accepted: true,
    also: &[],
};

/// The seller's own sponsored-ads entity.
pub(crate) const SELLER_US: Account = Account {
    id: "ENTITYSAMPLESA2US",
    name: "Outside seller (sample)",
    marketplace: "ATVPDKIKX0DER",
    place: US,
    kind: AccountKind::SponsoredAds { profile: 1_000_000_000_002 },
    terms_accepted: true,
    also: &[],
};

/// The manager account of agency C: its clients' instances are only listed under the clients' accounts.
pub(crate) const AGENCY_C_US: Account = Account {
    id: "ENTITYSAMPLEC1US",
    name: "Agency C manager account (sample)",
    marketplace: "ATVPDKIKX0DER",
    place: US,
    kind: AccountKind::Amc,
    terms_accepted: true,
    also: &["amcsamplec2"],
};

/// An account of agency C that is listed but always refuses.
const AGENCY_C_CLOSED: Account = Account {
    id: "ENTITYSAMPLEC2US",
    name: "Agency C former account (sample)",
    marketplace: "ATVPDKIKX0DER",
    place: US,
    kind: AccountKind::Refused,
    terms_accepted: true,
    also: &[],
};

/// A client of agency C.
pub(crate) const CLIENT_ELM_US: Account = Account {
    id: "ENTITYSAMPLEC3US",
    name: "Elm Bikes (sample client)",
    marketplace: "ATVPDKIKX0DER",
    place: US,
    kind: AccountKind::Client { profile: 1_000_000_000_003, has_profile: false },
    terms_accepted: true,
    also: &[],
};

/// A client of agency C that is also among its profiles.
pub(crate) const CLIENT_FERN_US: Account = Account {
    id: "ENTITYSAMPLEC4US",
    name: "Fern Tea (sample client)",
    marketplace: "ATVPDKIKX0DER",
    place: US,
    kind: AccountKind::Client { profile: 1_000_000_000_004, has_profile: true },
    terms_accepted: true,
    also: &[],
};

/// A client of agency C in Europe.
const CLIENT_FERN_UK: Account = Account {
    id: "ENTITYSAMPLEC5UK",
    name: "Fern Tea UK (sample client)",
    marketplace: "A1F83G8C2ARO7P",
    place: UK,
    kind: AccountKind::Client { profile: 1_000_000_000_005, has_profile: false },
    terms_accepted: true,
    also: &[],
};

/// Everyone who can sign in; `auto_consent` signs in the first.
pub(crate) const PEOPLE: [Person; 5] = [
    Person {
        key: "ada",
        name: "Ada (agency A)",
        email: "ada@example.com",
        user_id: "amzn1.account.SAMPLEADA",
        seats: &[
            Seat { account: &AGENCY_A_US, admin: true },
            Seat { account: &AGENCY_A_UK, admin: true },
            Seat { account: &BRAND_US, admin: true },
        ],
    },
    Person {
        key: "ben",
        name: "Ben (agency A, no administrator)",
        email: "ben@example.com",
        user_id: "amzn1.account.SAMPLEBEN",
        seats: &[Seat { account: &AGENCY_A_US, admin: false }],
    },
    Person {
        key: "chie",
        name: "Chie (agency B)",
        email: "chie@example.com",
        user_id: "amzn1.account.SAMPLECHIE",
        seats: &[Seat { account: &AGENCY_B_JP, admin: true }, Seat { account: &AGENCY_B_US, admin: true }],
    },
    Person {
        key: "dag",
        name: "Dag (seller without an AMC account)",
        email: "dag@example.com",
        user_id: "amzn1.account.SAMPLEDAG",
        seats: &[Seat { account: &SELLER_US, admin: true }],
    },
    Person {
        key: "mia",
        name: "Mia (agency C, manager login)",
        email: "mia@example.com",
        user_id: "amzn1.account.SAMPLEMIA",
        seats: &[
            Seat { account: &AGENCY_C_US, admin: true },
            Seat { account: &AGENCY_C_CLOSED, admin: false },
            Seat { account: &CLIENT_ELM_US, admin: false },
            Seat { account: &CLIENT_FERN_US, admin: false },
            Seat { account: &CLIENT_FERN_UK, admin: false },
        ],
    },
];

impl Person {
    /// The person with that key.
    pub(crate) fn by_key(key: &str) -> Option<&'static Self> {
        PEOPLE.iter().find(|person| person.key == key)
    }

    /// The person's access to the account with that entity id and marketplace.
    pub(crate) fn seat(&self, entity: &str, marketplace: &str) -> Option<&'static Seat> {
        self.seats.iter().find(|seat| seat.account.id == entity && seat.account.marketplace == marketplace)
    }

    /// The accounts listed by `/amc/accounts`.
    pub(crate) fn amc_accounts(&self) -> impl Iterator<Item = &'static Account> {
        let listed = |account: &&Account| matches!(account.kind, AccountKind::Amc | AccountKind::Refused);
        self.seats.iter().map(|seat| seat.account).filter(listed)
    }

    /// The accounts listed by `/v2/profiles`, with their profile number.
    pub(crate) fn profiles(&self) -> impl Iterator<Item = (u64, &'static Account)> {
        let has_profile = |account: &Account| !matches!(account.kind, AccountKind::Client { has_profile: false, .. });
        self.advertisers().filter(move |(_, account)| has_profile(account))
    }

    /// The accounts listed by `/adsAccounts/list`, with their profile number.
    pub(crate) fn advertisers(&self) -> impl Iterator<Item = (u64, &'static Account)> {
        self.seats.iter().filter_map(|seat| match seat.account.kind {
            AccountKind::SponsoredAds { profile } | AccountKind::Client { profile, .. } => {
                Some((profile, seat.account))
            }
            AccountKind::Amc | AccountKind::Refused => None,
        })
    }
}

impl Account {
    /// The account of that entity id.
    pub(crate) fn by_id(id: &str) -> Option<&'static Self> {
        PEOPLE.iter().flat_map(|person| person.seats).map(|seat| seat.account).find(|account| account.id == id)
    }

    /// Whether an instance of `owner` is listed here.
    pub(crate) fn lists(&self, owner: &str, instance: &str) -> bool {
        self.id == owner || self.also.contains(&instance)
    }

    /// Whether this account uses self-service AMC.
    pub(crate) fn self_service(&self) -> bool {
        matches!(self.kind, AccountKind::SponsoredAds { .. })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nobody_reaches_another_agencys_account() {
        let chie = Person::by_key("chie").unwrap();
        assert!(chie.seat(AGENCY_A_US.id, AGENCY_A_US.marketplace).is_none());
        assert!(chie.seat(AGENCY_B_JP.id, AGENCY_B_JP.marketplace).is_some());
    }

    #[test]
    fn an_entity_id_with_another_marketplace_is_out_of_reach() {
        let ada = Person::by_key("ada").unwrap();
        assert!(ada.seat(AGENCY_A_US.id, AGENCY_A_UK.marketplace).is_none());
    }

    #[test]
    fn keys_and_ids_are_unique() {
        let keys: HashSet<_> = PEOPLE.iter().flat_map(|person| [person.key, person.email, person.user_id]).collect();
        assert_eq!(keys.len(), PEOPLE.len() * 3);
    }
}
