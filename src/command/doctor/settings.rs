//! Checks the settings: valid, and reasonable.

use super::Finding;
use crate::config::{Config, Faults};

const CHECK: &str = "settings";

/// Invalid settings, one finding each.
pub(super) fn faults(faults: &Faults) -> Vec<Finding> {
    faults
        .0
        .iter()
        .map(|fault| {
            let todo = format!("Set it, for example: {}", fault.example);
            Finding::fault(CHECK, format!("{} {}.", fault.name, fault.what), todo)
        })
        .collect()
}

pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let kind = if config.is_demo() {
        "All settings can be used. Without credentials for Amazon RecomAMP runs in demo mode."
    } else {
        "All settings can be used."
    };
    let mut findings = vec![Finding::ok(CHECK, kind)];
    if config.is_open_and_local() {
        findings.push(Finding::warning(
            CHECK,
            format!(
                "It listens at {} for others, who cannot sign in: {} is this machine itself.",
                config.listen, config.public_url
            ),
            "Set RECOMAMP_PUBLIC_URL to the address by which browsers reach RecomAMP.",
        ));
    }
    if config.is_demo() {
        return findings;
    }
    if config.public_url.scheme() == "http" && !config.is_public_loopback() {
        findings.push(Finding::warning(
            CHECK,
            "RECOMAMP_PUBLIC_URL begins with http: session cookies travel where others can read them.",
            "Put a reverse proxy with TLS in front and set the https address.",
        ));
    }
    if config.allowed_emails.is_empty() {
        findings.push(Finding::warning(
            CHECK,
            "RECOMAMP_ALLOWED_EMAILS is empty: after the first person nobody new can sign in.",
            "Set the addresses or domains of those who may.",
        ));
    }
    findings
}
