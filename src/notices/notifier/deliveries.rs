//! Reports rules that fail to deliver results, and deliveries that people asked for and that were given up: once while it
//! lasts, and once when it is over.

use std::collections::BTreeSet;

use super::{MOST, Notifier};
use crate::db::{self, Tx};
use crate::notices::compose;
use crate::notices::model::{Audience, Draft};
use crate::notices::store::{self, ManualDelivery};
use crate::workers::Tick;

impl Notifier {
    /// Reports deliveries that fail, and those that work again.
    pub(super) async fn deliveries(&self, tick: &mut Tick) -> db::Result<()> {
        let mut tx = self.write().await?;
        self.rules(&mut tx, tick).await?;
        self.manual_deliveries(&mut tx, tick).await?;
        tx.commit().await
    }

    /// Reports rules that started failing, and those that deliver again.
    async fn rules(&self, tx: &mut Tx, tick: &mut Tick) -> db::Result<()> {
        for one in store::failing_rules(tx, MOST).await? {
            tick.looked += 1;
            let draft = compose::delivery_failed(&one);
            if store::open(tx, self.now(), &draft.cause, None).await? {
                tick.changed += usize::from(self.notify_followers(tx, &one.about, &draft).await?);
            }
        }
        for cause in store::ended_rule_failures(tx).await? {
            let rule = store::working_rule(tx, cause.trim_start_matches(compose::DELIVERY_FAILING)).await?;
            let closed = store::close(tx, &cause).await?.and_then(|incident| incident.message);
            if let (Some(rule), Some(message)) = (rule, closed) {
                let draft = compose::delivery_recovered(&rule);
                tick.changed += usize::from(self.notify_again(tx, &message, &draft).await?);
            }
        }
        Ok(())
    }

    /// Reports deliveries that somebody asked for and that were given up, and those that arrived after a retry.
    async fn manual_deliveries(&self, tx: &mut Tx, tick: &mut Tick) -> db::Result<()> {
        for one in store::given_up(tx, MOST).await? {
            tick.looked += 1;
            let draft = compose::delivery_given_up(&one);
            if store::open(tx, self.now(), &draft.cause, Some(&one.person)).await? {
                tick.changed += usize::from(self.notify_person(tx, &one, &draft).await?);
            }
        }
        for cause in store::ended_deliveries(tx).await? {
            let arrived = store::arrived(tx, cause.trim_start_matches(compose::DELIVERY_GIVEN_UP)).await?;
            let closed = store::close(tx, &cause).await?.and_then(|incident| incident.message);
            if let (Some(arrived), Some(message)) = (arrived, closed) {
                let draft = compose::delivery_arrived(&arrived);
                tick.changed += usize::from(self.notify_again(tx, &message, &draft).await?);
            }
        }
        Ok(())
    }

    /// Writes to the person who asked for a delivery, if they want to know of failures.
    async fn notify_person(&self, tx: &mut Tx, delivery: &ManualDelivery, draft: &Draft) -> db::Result<bool> {
        let Some(reader) = store::reader(tx, &delivery.person, Some(&delivery.instance)).await? else {
            return Ok(false);
        };
        let concerned = BTreeSet::from([delivery.person.clone()]);
        let readers = if reader.preferences.failures { concerned.clone() } else { BTreeSet::new() };
        self.open_with(tx, draft, &Audience { concerned, readers }).await
    }
}
