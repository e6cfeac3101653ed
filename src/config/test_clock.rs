//! A clock that a test moves while the program runs as a process of its own.
//!
//! It is refused where a call could reach Amazon: a moved clock must not start executions there.

use url::{Host, Url};

use super::reader::Reader;
use super::{Config, RegionHosts};
use crate::clock::Clock;

/// Reports a moved clock that could act on Amazon.
pub(super) fn check(config: &Config, reader: &mut Reader<'_>) {
    if config.test_clock.is_some() && config.reaches_amazon() {
        reader.fault(
            "TEST_CLOCK",
            "is for tests: it needs the AMC emulator, or addresses of this machine for all of Amazon's hosts",
            "/tmp/offset, without RECOMAMP_AMAZON_CLIENT_ID",
        );
    }
}

impl Config {
    /// The clock of the program.
    pub fn clock(&self) -> Clock {
        self.test_clock.clone().map_or_else(Clock::system, Clock::moved_by)
    }

    /// Whether any call can leave this machine for Amazon.
    fn reaches_amazon(&self) -> bool {
        let is_here = |url: &Option<Url>| match url.as_ref().and_then(Url::host) {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        let are_here =
            |hosts: &RegionHosts| [&hosts.consent, &hosts.token, &hosts.profile, &hosts.api].into_iter().all(is_here);
        !self.is_demo() && !self.hosts.iter().all(are_here)
    }
}
