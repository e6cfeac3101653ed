//! The outbox: stores a message with its readers, mails and endpoints in one transaction.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::model::{Audience, Draft, Kind};
use super::store;
use crate::db::{Result, Tx};
use crate::ids::{DeliveryId, MailId, MessageId};
use crate::schedules::Zones;
use crate::web::Site;

/// Messages with the same cause within this time are merged while one of them is unread.
const SAME: TimeDelta = TimeDelta::hours(24);
/// The maximum size of a webhook body in bytes; facts, and then sentences, are omitted from larger ones.
const LARGEST: usize = 20_000;

/// Writes messages, each with its readers and deliveries, in the caller's transaction.
#[derive(Clone, Debug)]
pub(super) struct Outbox {
    pub site: Site,
    pub zones: Zones,
}

impl Outbox {
    /// Writes a message to its recipients; returns `None` if nobody wants it.
    pub(super) async fn put(
        &self,
        tx: &mut Tx,
        now: DateTime<Utc>,
        draft: &Draft,
        audience: &Audience,
    ) -> Result<Option<MessageId>> {
        if draft.kind == Kind::ExecutionFailed && store::coalesce(tx, now, now - SAME, draft).await? {
            return Ok(None);
        }
        let id = self.site.random.id::<MessageId>(now);
        let (mut readers, mut receivers) = (Vec::new(), store::endpoints(tx, None).await?);
        let people: BTreeSet<_> = audience.concerned.union(&audience.readers).collect();
        for person in people {
            let Some(reader) = store::reader(tx, person, draft.instance.as_ref()).await? else { continue };
            receivers.extend(store::endpoints(tx, Some(person)).await?);
            if audience.readers.contains(person) {
                readers.push((person, reader));
            }
        }
        let is_about =
            |endpoint: &str| draft.detail.about.iter().any(|(name, id)| name == "endpoint" && id == endpoint);
        receivers.retain(|receiver| {
            // OK to leave out the one that it is about: that one does not work.
            receiver.sends.takes(draft.kind) && !is_about(receiver.id.as_str())
        });
        if readers.is_empty() && receivers.is_empty() {
            return Ok(None);
        }
        store::put(tx, now, &id, draft).await?;
        for (person, reader) in readers {
            let due = reader.preferences.due(now, &self.zones).filter(|_| self.site.config.mail.is_some());
            let mail = match due {
                Some(due) => Some(store::attach_mail(tx, now, self.site.random.id::<MailId>(now), person, due).await?),
                None => None,
            };
            store::receive(tx, now, &id, person, mail.as_ref()).await?;
        }
        for receiver in receivers {
            let body = self.body(&id, now, draft, receiver.is_chat);
            let delivery = self.site.random.id::<DeliveryId>(now);
            let sent = (draft.kind.name(), draft.instance.as_ref(), body.as_str());
            store::deliver(tx, now, &delivery, &receiver.id, &id, sent).await?;
        }
        Ok(Some(id))
    }

    /// Wakes the sending worker, after the commit.
    pub(super) fn wake(&self) {
        self.site.wakes.wake(super::COURIER);
    }

    /// A full URL, for use outside of RecomAMP.
    pub(super) fn url(&self, href: &str) -> String {
        format!("{}{href}", self.site.config.public_url.as_str().trim_end_matches('/'))
    }

    /// The body for an endpoint: an event for programs, or a text for a chat.
    pub(super) fn body(&self, id: &MessageId, at: DateTime<Utc>, draft: &Draft, is_chat: bool) -> String {
        if is_chat {
            return json!({ "text": self.chat_text(draft) }).to_string();
        }
        let (mut lines, mut facts) = (draft.detail.lines.as_slice(), draft.detail.facts.as_slice());
        loop {
            let about: serde_json::Map<_, _> =
                draft.detail.about.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            let body = json!({
                "type": draft.kind.name(),
                "timestamp": at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
                "data": {
                    "id": id, "title": draft.title, "lines": lines, "facts": facts, "fix": draft.detail.fix,
                    "url": self.url(&draft.href), "about": about,
                },
            })
            .to_string();
            match (body.len() < LARGEST, facts.split_last(), lines.split_last()) {
                (false, Some((_, fewer)), _) => facts = fewer,
                (false, None, Some((_, fewer))) => lines = fewer,
                _ => return body,
            }
        }
    }

    /// A message for a chat that accepts `{"text": …}`, such as Slack, Mattermost, Google Chat and Teams.
    fn chat_text(&self, draft: &Draft) -> String {
        let mark =
            if draft.kind.is_problem() && draft.kind.tone() != crate::web::shell::Tone::Success { "⚠ " } else { "" };
        let mut lines = vec![format!("{mark}{}", plain(&draft.title))];
        lines.extend(draft.detail.lines.iter().map(|line| plain(line)));
        let facts: Vec<String> = draft.detail.facts.iter().map(|fact| plain(&fact.line())).collect();
        if !facts.is_empty() {
            lines.push(facts.join(" · "));
        }
        if !draft.detail.fix.is_empty() {
            lines.push(format!("What to do: {}", plain(&draft.detail.fix)));
        }
        lines.push(self.url(&draft.href));
        lines.join("\n")
    }
}

/// Escapes chat markup, because query names could otherwise mention people or become links.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
