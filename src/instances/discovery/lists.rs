//! The accounts to ask, combined from Amazon's three lists, each pair of account and marketplace once.

use std::collections::HashSet;

use crate::amazon::{self, AdvertiserAccount, ErrorKind, Listing, Region};
use crate::connections::CallError;
use crate::instances::store::{Candidate, Pair, Said};
use crate::web::words::counted;

/// A listed account: its name, and its region if known.
pub(super) type Listed = (Pair, Option<String>, Option<Region>);

/// The combined lists, in the order in which accounts are requested.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) candidates: Vec<Candidate>,
    known: HashSet<(String, String)>,
    notes: Vec<String>,
    errors: Vec<String>,
    lacks: bool,
}

impl Lists {
    /// Adds a list. Accounts from earlier lists are unchanged.
    pub(super) fn add(&mut self, listed_by: &'static str, region: Region, list: Listing<Listed>) {
        if list.skipped > 0 {
            self.notes.push(format!("In Amazon's list of accounts: {}", skipped(list.skipped)));
            self.lacks = true;
        }
        for (pair, name, served_by) in list.items {
            if self.known.insert((pair.entity.to_string(), pair.marketplace.to_string())) {
                let name = name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| pair.entity.to_string());
                let is_elsewhere = served_by.is_some_and(|served_by| served_by != region);
                self.candidates.push(Candidate { pair, name, listed_by, is_elsewhere });
            }
        }
    }

    /// Adds a list of advertisers, or records why there is none. A login that may not list them has none.
    pub(super) fn add_or_lack(
        &mut self,
        listed_by: &'static str,
        what: &str,
        region: Region,
        listed: Result<Listing<AdvertiserAccount>, CallError>,
    ) -> Result<(), CallError> {
        let of =
            |one: AdvertiserAccount| (Pair { entity: one.entity, marketplace: one.marketplace }, one.name, one.region);
        match listed {
            Ok(listed) => {
                let items = listed.items.into_iter().map(of).collect();
                self.add(listed_by, region, Listing { skipped: listed.skipped, items });
            }
            Err(CallError::Amazon(error)) => {
                self.lacks = true;
                if !matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::Missing { .. }) {
                    self.lacks(what, &error);
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Records that a list couldn't be read.
    pub(super) fn lacks(&mut self, what: &str, error: &amazon::Error) {
        self.lacks = true;
        self.errors.push(format!("Couldn't list the {what}. {}", said(error)));
    }

    /// Whether the lists are complete, so that accounts that aren't listed no longer exist; with what was skipped and
    /// what couldn't be read.
    pub(super) fn said(&self) -> Said {
        let joined = |texts: &[String]| (!texts.is_empty()).then(|| texts.join(" "));
        Said { is_complete: !self.lacks, note: joined(&self.notes), error: joined(&self.errors) }
    }
}

/// Amazon's error, with its message if there is one.
pub(super) fn said(error: &amazon::Error) -> String {
    match error.amazons_words() {
        Some(words) => format!("{} Amazon says: {}", error.happened(), words.chars().take(300).collect::<String>()),
        None => error.happened(),
    }
}

/// The note that entries couldn't be read.
pub(super) fn skipped(entries: usize) -> String {
    let entries = counted(i64::try_from(entries).unwrap_or(i64::MAX), "entry", "entries");
    format!("Skipped {entries} without an ID.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amazon::{EntityId, MarketplaceId};

    fn pair(entity: &str) -> Pair {
        Pair { entity: EntityId(entity.to_owned()), marketplace: MarketplaceId("M".to_owned()) }
    }

    fn advertisers(names: &[(&str, Option<Region>)]) -> Listing<AdvertiserAccount> {
        let one = |(entity, region): &(&str, Option<Region>)| {
            let Pair { entity, marketplace } = pair(entity);
            AdvertiserAccount { entity, marketplace, region: *region, name: None }
        };
        Listing { items: names.iter().map(one).collect(), skipped: 0 }
    }

    #[test]
    fn each_account_is_asked_once_however_many_lists_name_it() {
        let mut lists = Lists::default();
        lists.add("amc", Region::Na, Listing { items: vec![(pair("A"), Some("Agency".into()), None)], skipped: 0 });
        let found = advertisers(&[("A", Some(Region::Na)), ("B", Some(Region::Na)), ("C", Some(Region::Eu))]);
        lists.add_or_lack("advertisers", "x", Region::Na, Ok(found)).unwrap();
        lists.add_or_lack("profiles", "x", Region::Na, Ok(advertisers(&[("B", None)]))).unwrap();
        let asked: Vec<_> = lists
            .candidates
            .iter()
            .map(|one| (one.pair.entity.as_str(), one.name.as_str(), one.listed_by, one.is_elsewhere))
            .collect();
        assert_eq!(
            asked,
            [("A", "Agency", "amc", false), ("B", "B", "advertisers", false), ("C", "C", "advertisers", true)]
        );
        assert!(lists.said().is_complete && lists.said().note.is_none());
    }

    #[test]
    fn a_login_that_may_not_list_advertisers_changes_and_forgets_nothing() {
        let mut lists = Lists::default();
        let refused = amazon::Error::from(ErrorKind::Forbidden);
        lists.add_or_lack("advertisers", "x", Region::Na, Err(refused.into())).unwrap();
        let said = lists.said();
        assert!(!said.is_complete && said.note.is_none() && said.error.is_none());
    }
}
