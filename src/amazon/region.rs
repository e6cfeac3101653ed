//! The three regions of the Ads API and their URLs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::db::{Column, FromValue, Kind, Value, WrongValue};

/// A region of the Ads API. Terms, hosts and accounts belong to one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Region {
    /// North America.
    #[serde(rename = "NA")]
    Na,
    /// Europe and the Middle East.
    #[serde(rename = "EU")]
    Eu,
    /// The Far East.
    #[serde(rename = "FE")]
    Fe,
}

impl Region {
    /// All regions, in the order in which Amazon lists them.
    pub const ALL: [Self; 3] = [Self::Na, Self::Eu, Self::Fe];

    /// `NA`, `EU` or `FE`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Na => "NA",
            Self::Eu => "EU",
            Self::Fe => "FE",
        }
    }

    /// Its name in a sentence: `North America`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Na => "North America",
            Self::Eu => "Europe",
            Self::Fe => "Asia-Pacific",
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// A text that isn't a region code.
#[derive(Debug, thiserror::Error)]
#[error("not a region: use NA, EU or FE")]
pub struct UnknownRegion;

impl FromStr for Region {
    type Err = UnknownRegion;

    fn from_str(text: &str) -> Result<Self, UnknownRegion> {
        Self::ALL.into_iter().find(|region| region.code() == text).ok_or(UnknownRegion)
    }
}

impl Column for Region {
    const KIND: Kind = Kind::Text;
}

impl From<Region> for Value {
    fn from(region: Region) -> Self {
        region.code().into()
    }
}

impl FromValue for Region {
    fn from_value(value: Value) -> Result<Self, WrongValue> {
        String::from_value(value)?.parse().map_err(|_| WrongValue::new("region (NA, EU or FE)"))
    }
}

/// The URLs of one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// The full URL of the consent page.
    pub consent: Url,
    /// The full URL of the token endpoint.
    pub token: Url,
    /// The full URL of the person's profile.
    pub profile: Url,
    /// The base URL of the Ads API (`/amc/…`); may have its own path.
    pub api: Url,
}

impl Hosts {
    /// Amazon's own URLs (Amazon Ads documentation, authorization grants, access tokens, AMC first call; Login with
    /// Amazon documentation, customer profile).
    pub fn amazon(region: Region) -> Self {
        let [consent, login, api] = match region {
            Region::Na => ["https://www.amazon.com", "https://api.amazon.com", "https://advertising-api.amazon.com"],
            Region::Eu => {
                ["https://eu.account.amazon.com", "https://api.amazon.co.uk", "https://advertising-api-eu.amazon.com"]
            }
            Region::Fe => {
                ["https://apac.account.amazon.com", "https://api.amazon.co.jp", "https://advertising-api-fe.amazon.com"]
            }
        };
        Self {
            consent: address(consent, "/ap/oa"),
            token: address(login, "/auth/o2/token"),
            profile: address(login, "/user/profile"),
            api: address(api, "/"),
        }
    }

    fn each(&self) -> [&Url; 4] {
        [&self.consent, &self.token, &self.profile, &self.api]
    }
}

#[expect(clippy::expect_used, reason = "the addresses are constants, and a test makes each of them")]
fn address(host: &str, path: &str) -> Url {
    let mut url = Url::parse(host).expect("a constant address");
    url.set_path(path);
    url
}

/// The URLs of all regions; Amazon's own unless replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionHosts {
    /// North America.
    pub na: Hosts,
    /// Europe and the Middle East.
    pub eu: Hosts,
    /// The Far East.
    pub fe: Hosts,
}

impl RegionHosts {
    /// The URLs of `region`.
    pub const fn of(&self, region: Region) -> &Hosts {
        match region {
            Region::Na => &self.na,
            Region::Eu => &self.eu,
            Region::Fe => &self.fe,
        }
    }

    /// Whether any URL requires TLS.
    pub(super) fn need_tls(&self) -> bool {
        self.all(|url| url.scheme() != "http").is_some()
    }

    /// The first URL that isn't `http` or `https` with a host.
    pub(super) fn unusable(&self) -> Option<&Url> {
        self.all(|url| !matches!(url.scheme(), "http" | "https") || !url.has_host())
    }

    fn all(&self, is: impl Fn(&Url) -> bool) -> Option<&Url> {
        [&self.na, &self.eu, &self.fe].into_iter().flat_map(Hosts::each).find(|url| is(url))
    }
}

impl Default for RegionHosts {
    fn default() -> Self {
        Self { na: Hosts::amazon(Region::Na), eu: Hosts::amazon(Region::Eu), fe: Hosts::amazon(Region::Fe) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_has_amazons_addresses_unless_replaced() {
        let hosts = RegionHosts::default();
        assert_eq!(hosts.of(Region::Na).consent.as_str(), "https://www.amazon.com/ap/oa");
        assert_eq!(hosts.of(Region::Eu).token.as_str(), "https://api.amazon.co.uk/auth/o2/token");
        assert_eq!(hosts.of(Region::Fe).profile.as_str(), "https://api.amazon.co.jp/user/profile");
        assert_eq!(hosts.of(Region::Fe).api.as_str(), "https://advertising-api-fe.amazon.com/");
        assert!(hosts.need_tls());
        assert_eq!(hosts.unusable(), None);
    }

    #[test]
    fn a_region_is_read_from_its_code_only() {
        for region in Region::ALL {
            assert_eq!(region.to_string().parse::<Region>().unwrap(), region);
            assert_eq!(Region::from_value(region.into()).unwrap(), region);
        }
        assert!("na".parse::<Region>().is_err());
        assert!("US".parse::<Region>().is_err());
    }

    #[test]
    fn an_address_without_a_host_is_noticed() {
        let mut hosts = RegionHosts::default();
        hosts.eu.api = Url::parse("ftp://amazon.example/").unwrap();
        assert_eq!(hosts.unusable(), Some(&hosts.eu.api));
    }
}
