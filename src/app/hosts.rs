//! Which hosts this process calls.

use std::net::SocketAddr;

use url::Url;

use crate::amazon::{self, Hosts, Region, RegionHosts, Timeouts};
use crate::config::Config;
use crate::emulator::Emulator;
use crate::vault::Secret;

/// The address at which this process reaches its own AMC emulator.
pub(super) fn internal(address: SocketAddr) -> anyhow::Result<Url> {
    let host = if address.ip().is_unspecified() { "127.0.0.1".parse()? } else { address.ip() };
    Ok(Url::parse(&format!("http://{}/emulator/", SocketAddr::new(host, address.port())))?)
}

/// Which hosts this process calls, and with which credentials: Amazon, a test server, or its own AMC emulator.
pub(crate) fn client_settings(
    config: &Config,
    address: SocketAddr,
    emulator: Option<&Emulator>,
) -> anyhow::Result<amazon::Settings> {
    let Some(app) = &config.amazon else {
        let inside = internal(address)?;
        let hosts = Hosts {
            consent: config.public_url.join("emulator/ap/oa")?,
            token: inside.join("auth/o2/token")?,
            profile: inside.join("user/profile")?,
            api: inside,
        };
        let (client_id, client_secret) = emulator.map(Emulator::client).unwrap_or_default();
        return Ok(amazon::Settings {
            client_id,
            client_secret: Secret::new(client_secret),
            hosts: RegionHosts { na: hosts.clone(), eu: hosts.clone(), fe: hosts },
            timeouts: Timeouts::default(),
        });
    };
    let own = |region: Region, index: usize| {
        let (default, set) = (Hosts::amazon(region), config.hosts[index].clone());
        Hosts {
            consent: set.consent.unwrap_or(default.consent),
            token: set.token.unwrap_or(default.token),
            profile: set.profile.unwrap_or(default.profile),
            api: set.api.unwrap_or(default.api),
        }
    };
    Ok(amazon::Settings {
        client_id: app.client_id.clone(),
        client_secret: app.client_secret.clone(),
        hosts: RegionHosts { na: own(Region::Na, 0), eu: own(Region::Eu, 1), fe: own(Region::Fe, 2) },
        timeouts: Timeouts::default(),
    })
}
