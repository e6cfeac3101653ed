//! The instances of a new emulator.

use chrono::{DateTime, TimeDelta, Utc};

use super::instance::{Advertiser, Instance, InstanceKind};
use crate::emulator::people::{
    AGENCY_A_UK, AGENCY_A_US, AGENCY_B_JP, AGENCY_B_US, AGENCY_C_US, Account, CLIENT_ELM_US, CLIENT_FERN_US,
};

/// The age of the instances when the emulator starts.
const AGE: TimeDelta = TimeDelta::days(500);

/// Standard instances and sandboxes of all AMC accounts; those of sponsored-ads entities are created on demand.
pub(crate) fn instances(now: DateTime<Utc>) -> Vec<Instance> {
    use InstanceKind::{Sandbox, Standard};
    let rows = [
        ("amcsamplea1", "Acorn Coffee US", Standard, &AGENCY_A_US),
        ("amcsamplea2", "Birch Outdoor US", Standard, &AGENCY_A_US),
        ("amcsamplea3", "Cedar Home US", Standard, &AGENCY_A_US),
        ("amcsampleasb", "Agency A Sandbox", Sandbox, &AGENCY_A_US),
        ("amcsamplea4", "Acorn Coffee UK", Standard, &AGENCY_A_UK),
        ("amcsamplea4sb", "Agency A UK Sandbox", Sandbox, &AGENCY_A_UK),
        ("amcsampleb1", "Dahlia Beauty JP", Standard, &AGENCY_B_JP),
        ("amcsamplebsb", "Agency B Sandbox", Sandbox, &AGENCY_B_JP),
        ("amcsampleb2", "Dahlia Beauty US", Standard, &AGENCY_B_US),
        ("amcsamplecsb", "Agency C Sandbox", Sandbox, &AGENCY_C_US),
        ("amcsamplec1", "Elm Bikes US", Standard, &CLIENT_ELM_US),
        ("amcsamplec2", "Fern Tea US", Standard, &CLIENT_FERN_US),
    ];
    rows.into_iter().enumerate().map(|(at, row)| instance(row, at, now - AGE)).collect()
}

fn instance(
    (id, name, kind, account): (&str, &str, InstanceKind, &Account),
    at: usize,
    made: DateTime<Utc>,
) -> Instance {
    let brand = name.rsplit_once(' ').map_or(name, |(brand, _)| brand);
    Instance {
        id: id.to_owned(),
        name: name.to_owned(),
        kind,
        account: account.id.to_owned(),
        advertiser_name: Some(brand.to_owned()),
        // OK that only the first has a bucket: this shows both forms of `outputS3URI`.
        bucket: if at == 0 { "emulated-amc-results".to_owned() } else { String::new() },
        aws_account: if at == 0 { "000000000001".to_owned() } else { String::new() },
        upload_account: format!("{:012}", 900 + at),
        collaboration: None,
        requested: made,
        completes: made,
        idempotency_token: None,
        advertisers: advertisers(brand, at, account),
        updates: Vec::new(),
    }
}

fn advertisers(brand: &str, at: usize, account: &Account) -> Vec<Advertiser> {
    let number = 5_000_000_001 + 10 * at as u64;
    vec![
        Advertiser { id: number.to_string(), name: format!("{brand} DSP"), kind: "DISPLAY".into(), marketplace: None },
        Advertiser {
            id: format!("ENTITYSAMPLEADV{at}"),
            name: format!("{brand} Sponsored Ads"),
            kind: "SPONSORED_ADS".into(),
            marketplace: Some(account.marketplace.to_owned()),
        },
    ]
}
