//! Checks connectivity to Amazon's hosts, and this machine's clock against theirs.

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::Finding;
use crate::amazon::{Client, Probe, Region};
use crate::app::client_settings;
use crate::clock::Clock;
use crate::config::Config;

const CHECK: &str = "reach";
/// A clock that is off by more shows wrong times on pages.
const OFF: TimeDelta = TimeDelta::seconds(30);
/// A clock that is off by more misjudges the expiry of tokens and links.
const FAR_OFF: TimeDelta = TimeDelta::minutes(5);

/// Probes every host in the settings; hosts of the regions in `used` must respond.
pub(super) async fn examine(config: &Config, used: &[Region], now: DateTime<Utc>) -> Vec<Finding> {
    let mut settings = match client_settings(config, config.listen, None) {
        Ok(settings) => settings,
        Err(error) => return vec![Finding::fault(CHECK, format!("{error}."), "Check the addresses in the settings.")],
    };
    if config.is_demo() {
        // OK because a probe sends no credentials; the client only needs some name.
        "doctor".clone_into(&mut settings.client_id);
    }
    match Client::new(settings, Clock::system()) {
        Ok(client) if config.is_demo() => inside(&client).await,
        Ok(client) => outside(&client, used, now).await,
        Err(error) => {
            let todo = "Install the system's CA certificates, and check RECOMAMP_AMAZON_CLIENT_ID.";
            vec![Finding::fault(CHECK, format!("Nothing can be called: {error}."), todo)]
        }
    }
}

/// Demo mode: the AMC emulator is part of the program, if that is running.
async fn inside(client: &Client) -> Vec<Finding> {
    let address = client.hosts(Region::Na).api.clone();
    let mut findings = Vec::new();
    match client.probe(&address).await {
        Ok(probe) => {
            findings.push(Finding::ok(CHECK, "The AMC emulator is mounted and answers; Amazon is not called."));
            findings.extend(clock(&[(address, probe)], Clock::system().now()));
        }
        Err(_) => findings.push(Finding::ok(
            CHECK,
            "The AMC emulator is mounted when RecomAMP runs, which it does not now; Amazon is not called.",
        )),
    }
    findings
}

async fn outside(client: &Client, used: &[Region], now: DateTime<Utc>) -> Vec<Finding> {
    let (mut findings, mut probes) = (Vec::new(), Vec::new());
    for region in Region::ALL {
        let hosts = client.hosts(region);
        let (mut silent, mut slowest) = (Vec::new(), std::time::Duration::ZERO);
        for url in [&hosts.token, &hosts.api] {
            match client.probe(url).await {
                Ok(probe) => {
                    slowest = slowest.max(probe.took);
                    probes.push((url.clone(), probe));
                }
                Err(error) => silent.push(format!("{} ({error})", host(url))),
            }
        }
        findings.push(region_finding(region, &silent, slowest, used.contains(&region)));
    }
    findings.extend(clock(&probes, now));
    findings
}

fn region_finding(region: Region, silent: &[String], slowest: std::time::Duration, used: bool) -> Finding {
    let code = region.code();
    if silent.is_empty() {
        return Finding::ok(CHECK, format!("{code}: Amazon's hosts answer, within {} ms.", slowest.as_millis()));
    }
    let what = format!("{code}: {} cannot be reached.", silent.join(", "));
    let todo = "Check the network, the proxy, the firewall and name resolution of this machine.";
    if used { Finding::fault(CHECK, what, todo) } else { Finding::warning(CHECK, what, todo) }
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// Compares the clock with the hosts'; the smallest difference counts, since a host may be wrong as well.
fn clock(probes: &[(Url, Probe)], now: DateTime<Utc>) -> Option<Finding> {
    const CHECK: &str = "clock";
    const ADVICE: &str = "Turn on automatic time synchronization (NTP).";
    let off = |(url, probe): &(Url, Probe)| Some((now - probe.date?, host(url).to_owned()));
    let (off, host) = probes.iter().filter_map(off).min_by_key(|(off, _)| off.abs())?;
    let what = format!("This machine's clock is {} s from that of {host}.", off.num_seconds().abs());
    Some(match off.abs() {
        off if off > FAR_OFF => Finding::fault(CHECK, what, ADVICE),
        off if off > OFF => Finding::warning(CHECK, what, ADVICE),
        _ => Finding::ok(CHECK, what),
    })
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn the_clock_is_judged_by_the_host_that_is_nearest() {
        let now = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
        let probe = |seconds| {
            let date = Some(now + TimeDelta::seconds(seconds));
            (Url::parse("https://api.amazon.com").unwrap(), Probe { date, took: std::time::Duration::ZERO })
        };
        let state = |probes: &[(Url, Probe)]| clock(probes, now).unwrap().state;
        assert_eq!(state(&[probe(2), probe(900)]), State::Ok);
        assert_eq!(state(&[probe(-31)]), State::Warning);
        assert_eq!(state(&[probe(301)]), State::Fault);
        assert!(clock(&[], now).is_none());
    }

    #[test]
    fn a_region_that_nobody_uses_may_be_silent() {
        let silent = ["api.amazon.com (no route)".to_owned()];
        let took = std::time::Duration::from_millis(3);
        assert_eq!(region_finding(Region::Na, &silent, took, true).state, State::Fault);
        assert_eq!(region_finding(Region::Na, &silent, took, false).state, State::Warning);
        assert_eq!(region_finding(Region::Na, &[], took, true).state, State::Ok);
    }
}
