//! Reports rules that fail to deliver results, once while it lasts, and once when they deliver again.

use super::{MOST, Notifier};
use crate::db;
use crate::notices::compose;
use crate::notices::store;
use crate::workers::Tick;

impl Notifier {
    /// Reports rules that started failing, and those that deliver again.
    pub(super) async fn deliveries(&self, tick: &mut Tick) -> db::Result<()> {
        let mut tx = self.write().await?;
        for one in store::failing_rules(&mut tx, MOST).await? {
            tick.looked += 1;
            let draft = compose::delivery_failed(&one);
            if store::open(&mut tx, self.now(), &draft.cause, None).await? {
                tick.changed += usize::from(self.notify_followers(&mut tx, &one.about, &draft).await?);
            }
        }
        for cause in store::ended_rule_failures(&mut tx).await? {
            let rule = store::working_rule(&mut tx, cause.trim_start_matches(compose::DELIVERY_FAILING)).await?;
            let closed = store::close(&mut tx, &cause).await?.and_then(|incident| incident.message);
            if let (Some(rule), Some(message)) = (rule, closed) {
                let draft = compose::delivery_recovered(&rule);
                tick.changed += usize::from(self.notify_again(&mut tx, &message, &draft).await?);
            }
        }
        tx.commit().await
    }
}
