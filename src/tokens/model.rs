//! The text of a token, and what a token allows.
//!
//! A token reads `recomamp_pat_`, 32 characters of randomness (160 bits) and 6 of a checksum, all in Crockford's
//! base 32. The checksum is of the rest: a mistyped or invented token is refused without asking the database, and a
//! scanner for leaked secrets can tell a token from similar text.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

use crate::ids::{InstanceId, Random, TokenId};
use crate::vault::Secret;
use crate::web::components::State as Color;

/// How every token begins.
const PREFIX: &str = "recomamp_pat_";
/// Crockford's base 32 in lower case: no letter looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Random bytes of a token.
const BYTES: usize = 20;
/// Characters of the random part, and of the checksum.
const RANDOM: usize = 32;
const CHECKSUM: usize = 6;
/// Characters of the end that are stored for display.
const HINT: usize = 4;
/// Maximum length of a name, in characters.
pub(super) const NAME_LENGTH: usize = 100;
/// Maximum number of active tokens of a person.
pub(super) const MOST: i64 = 50;
/// The lifetimes to choose from, in days; the last is the longest.
pub(super) const LIFETIMES: [i64; 5] = [7, 30, 90, 180, 365];

/// The bits of `bytes`, five for each character.
fn encode(bytes: &[u8]) -> String {
    let (mut text, mut held, mut bits) = (String::new(), 0_u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[((held >> bits) & 31) as usize]));
        }
    }
    text
}

fn checksum(body: &str) -> String {
    let mut text = encode(&Sha256::digest(format!("{PREFIX}{body}"))[..CHECKSUM]);
    text.truncate(CHECKSUM);
    text
}

/// A new token.
pub(super) fn fresh(random: &Random) -> Secret {
    let body = encode(&random.bytes::<BYTES>());
    let checksum = checksum(&body);
    Secret::new(format!("{PREFIX}{body}{checksum}"))
}

/// Whether a text has the form and the checksum of a token.
pub fn is_token(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(PREFIX) else { return false };
    let is_known = rest.len() == RANDOM + CHECKSUM && rest.bytes().all(|letter| ALPHABET.contains(&letter));
    is_known && rest[RANDOM..] == checksum(&rest[..RANDOM])
}

/// The stored form of a token.
pub(super) fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

/// The end of a token, for display.
pub(super) fn hint(token: &Secret) -> &str {
    let text = token.expose();
    text.get(text.len().saturating_sub(HINT)..).unwrap_or_default()
}

/// A kind of things that a token can allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    Instances,
    Queries,
    Executions,
    Schedules,
    DataSources,
    Templates,
    Guides,
}

impl Area {
    pub const ALL: [Self; 7] = [
        Self::Instances,
        Self::Queries,
        Self::Executions,
        Self::Schedules,
        Self::DataSources,
        Self::Templates,
        Self::Guides,
    ];

    /// As in a scope.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instances => "instances",
            Self::Queries => "queries",
            Self::Executions => "executions",
            Self::Schedules => "schedules",
            Self::DataSources => "data-sources",
            Self::Templates => "templates",
            Self::Guides => "guides",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Instances => "Instances",
            Self::Queries => "Queries",
            Self::Executions => "Executions and results",
            Self::Schedules => "Schedules",
            Self::DataSources => "Data sources",
            Self::Templates => "Query templates",
            Self::Guides => "Guides",
        }
    }

    /// What changing means, where anything can be changed.
    pub const fn changes(self) -> Option<&'static str> {
        match self {
            Self::Queries => Some("Read, create, change and delete; store on AMC"),
            Self::Executions => Some("Read, run and cancel"),
            Self::Schedules => Some("Read, create, change, pause and delete"),
            Self::Instances | Self::DataSources | Self::Templates | Self::Guides => None,
        }
    }
}

/// What a token may do with a kind of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Read,
    /// Change, run or delete; includes reading.
    Write,
}

impl Level {
    /// As in a scope.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Read, Self::Write].into_iter().find(|level| level.name() == text)
    }
}

/// What a token allows, `executions:write queries:read`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeMap<Area, Level>);

impl Scopes {
    /// Parses scopes separated by spaces; unknown ones are left out.
    pub fn parse(text: &str) -> Self {
        let scope = |word: &str| {
            let (area, level) = word.split_once(':')?;
            Some((Area::ALL.into_iter().find(|known| known.name() == area)?, Level::parse(level)?))
        };
        Self(text.split_whitespace().filter_map(scope).collect())
    }

    pub fn set(&mut self, area: Area, level: Level) {
        self.0.insert(area, level);
    }

    /// What is allowed with a kind of things.
    pub fn level(&self, area: Area) -> Option<Level> {
        self.0.get(&area).copied()
    }

    pub fn allow(&self, area: Area, level: Level) -> bool {
        self.level(area).is_some_and(|allowed| allowed >= level)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each scope by its name.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|(area, level)| format!("{}:{}", area.name(), level.name())).collect()
    }
}

/// Whether a token works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Active,
    Expired,
    Revoked,
}

impl Standing {
    pub(super) const ALL: [Self; 3] = [Self::Active, Self::Expired, Self::Revoked];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Expired => "Expired",
            Self::Revoked => "Revoked",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.name() == text)
    }
}

/// A token, as its person sees it.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) id: TokenId,
    pub(super) name: String,
    /// The last characters.
    pub(super) hint: String,
    pub(super) scopes: Scopes,
    /// The instances to which it is limited; `None` for all.
    pub(super) instances: Option<Vec<InstanceId>>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, accurate to a minute.
    pub(super) used_at: Option<DateTime<Utc>>,
    /// The network address of its last use.
    pub(super) used_from: Option<String>,
}

impl Token {
    pub(super) fn standing(&self, now: DateTime<Utc>) -> Standing {
        match self.revoked_at {
            Some(_) => Standing::Revoked,
            None if now >= self.expires_at => Standing::Expired,
            None => Standing::Active,
        }
    }

    pub(super) fn color(&self, now: DateTime<Utc>) -> Color {
        match self.standing(now) {
            Standing::Active if self.expires_at - now < TimeDelta::days(7) => Color::Waiting,
            Standing::Active => Color::Done,
            Standing::Expired | Standing::Revoked => Color::Stopped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_checksum_that_a_slip_or_an_invention_misses() {
        let token = fresh(&Random::system());
        let text = token.expose();
        assert!(is_token(text) && text.len() == PREFIX.len() + RANDOM + CHECKSUM, "{text}");
        assert!(text.ends_with(hint(&token)) && hint(&token).len() == HINT);
        for place in PREFIX.len()..text.len() {
            let mut slip = text.to_owned();
            let other = if &text[place..=place] == "x" { "y" } else { "x" };
            slip.replace_range(place..=place, other);
            assert!(!is_token(&slip), "{slip}");
        }
        for odd in ["", PREFIX, &text[1..], &text[..text.len() - 1], &format!("{text}x"), &text.to_uppercase()] {
            assert!(!is_token(odd), "{odd}");
        }
        assert!(!is_token(&format!("{PREFIX}{}", "ü".repeat(19))));
        assert_ne!(fresh(&Random::system()).expose(), text);
    }

    #[test]
    fn changing_includes_reading_and_what_is_not_named_is_not_allowed() {
        let scopes = Scopes::parse("queries:write executions:read nonsense queries: flows:read");
        assert!(scopes.allow(Area::Queries, Level::Read) && scopes.allow(Area::Queries, Level::Write));
        assert!(scopes.allow(Area::Executions, Level::Read) && !scopes.allow(Area::Executions, Level::Write));
        assert!(!scopes.allow(Area::Instances, Level::Read));
        assert_eq!(scopes.names(), ["queries:write", "executions:read"]);
        assert!(Scopes::parse("").is_empty());
    }
}
