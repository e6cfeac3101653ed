//! The worker that sends webhooks, and mail if an SMTP server is configured.
//!
//! A delivery is claimed, sent outside of any transaction, and then recorded if the claim is still valid. So two
//! processes never make the same attempt. If the process crashes before recording, the delivery is sent again with the
//! same id, which lets the receiver ignore duplicates.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::{BoxFuture, join_all};
use reqwest::header::{CONTENT_TYPE, HeaderName};
use url::Url;

use super::{Attempt, DeliveryState, OFF_AFTER, Signer, next_attempt, sealed_place};
use crate::db::lease::Lease;
use crate::db::{self, Scope, Tx};
use crate::ids::{EndpointId, ProcessId};
use crate::notices::mail::Mailer;
use crate::notices::model::{Audience, Detail, Draft, Kind};
use crate::notices::outbox::Outbox;
use crate::notices::store::{self, Outgoing, Tried};
use crate::outbound::{Answer, Failure, Outbound};
use crate::vault::Secret;
use crate::web::components::date_time;
use crate::workers::{Tick, Worker};

/// Deliveries sent concurrently.
const AT_ONCE: i64 = 16;
/// Maximum number of batches per tick; the next tick handles the rest.
const ROUNDS: usize = 20;
/// Longer than an attempt takes.
const LEASE: TimeDelta = TimeDelta::seconds(90);
/// How long deliveries are stored.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Maximum number of old deliveries deleted per tick.
const FORGOTTEN: i64 = 500;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

#[derive(Debug)]
pub(in crate::notices) struct Courier {
    outbox: Outbox,
    outbound: Outbound,
    mailer: Option<Mailer>,
    process: ProcessId,
}

impl Courier {
    /// Creates a worker that sends deliveries from this outbox, with leases of `process`.
    pub(in crate::notices) fn new(
        outbox: Outbox,
        outbound: Outbound,
        mailer: Option<Mailer>,
        process: ProcessId,
    ) -> Self {
        Self { outbox, outbound, mailer, process }
    }

    fn now(&self) -> DateTime<Utc> {
        self.outbox.site.clock.now()
    }

    async fn write(&self) -> db::Result<Tx> {
        self.outbox.site.db.write(&Scope::System).await
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let mut tick = Tick::default();
        self.look_after_endpoints().await?;
        for _ in 0..ROUNDS {
            let mut tx = self.write().await?;
            let due = store::claim_deliveries(&mut tx, &self.process, (self.now(), LEASE), AT_ONCE).await?;
            tx.commit().await?;
            if due.is_empty() {
                break;
            }
            tick.looked += due.len();
            for done in join_all(due.iter().map(|lease| self.send(lease))).await {
                match done {
                    Ok(true) => tick.changed += 1,
                    Ok(false) => tick.failed += 1,
                    Err(error) => {
                        tick.failed += 1;
                        tracing::error!(%error, "a webhook attempt wasn't recorded; it will be repeated");
                    }
                }
            }
        }
        if let Some(mailer) = &self.mailer {
            mailer.send_due(&self.outbox, &self.process, &mut tick).await?;
        }
        let mut tx = self.outbox.site.db.read(&Scope::System).await?;
        let mail = if self.mailer.is_some() { store::next_mail(&mut tx).await? } else { None };
        tick.next = store::next_delivery(&mut tx).await?.into_iter().chain(mail).min();
        Ok(tick)
    }

    /// Notifies the owners of failing endpoints, and switches off endpoints that have been failing for too long.
    async fn look_after_endpoints(&self) -> db::Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        for one in store::to_warn(&mut tx, now).await? {
            if store::mark_warned(&mut tx, now, &one.id).await? {
                let off_at = one.failing_since.unwrap_or(now) + OFF_AFTER;
                let draft = about_endpoint(
                    Kind::WebhookFailing,
                    &one.id,
                    format!("Webhook {} is failing", one.name),
                    vec![
                        format!("No delivery to {} has succeeded for a day.", one.host),
                        format!(
                            "The webhook will be switched off on {} UTC unless a delivery succeeds before then.",
                            date_time(&off_at)
                        ),
                    ],
                );
                self.outbox.put(&mut tx, now, &draft, &Audience::of([one.owner])).await?;
            }
        }
        for one in store::to_switch_off(&mut tx, now).await? {
            let why = "No delivery has succeeded for five days.";
            self.switch_off(&mut tx, &one.id, why).await?;
        }
        store::forget_deliveries(&mut tx, now - KEPT, FORGOTTEN).await?;
        tx.commit().await
    }

    /// Switches an endpoint off, cancels its waiting deliveries, and notifies its owner.
    async fn switch_off(&self, tx: &mut Tx, id: &EndpointId, why: &str) -> db::Result<()> {
        let now = self.now();
        let Some(endpoint) = store::any_endpoint(tx, id).await? else { return Ok(()) };
        if !store::switch_endpoint(tx, now, id, Some(why)).await? {
            return Ok(());
        }
        store::cancel_deliveries(tx, now, id, "The webhook was switched off.").await?;
        let title = format!("Webhook {} was switched off", endpoint.name);
        let draft = about_endpoint(Kind::WebhookDisabled, id, title, vec![why.to_owned()]);
        self.outbox.put(tx, now, &draft, &Audience::of([endpoint.owner])).await?;
        tracing::info!(endpoint.id = %id, why, "a webhook was switched off");
        Ok(())
    }

    /// Makes one attempt; returns whether it was delivered.
    async fn send(&self, lease: &Lease) -> db::Result<bool> {
        let mut tx = self.outbox.site.db.read(&Scope::System).await?;
        let Some(outgoing) = store::outgoing(&mut tx, lease).await? else { return Ok(false) };
        let secrets = store::secrets(&mut tx, &outgoing.endpoint).await?;
        drop(tx);
        if !outgoing.is_active || !outgoing.is_allowed {
            let why = if outgoing.is_active {
                "The owner of the webhook no longer has access to this."
            } else {
                "The webhook was switched off."
            };
            return self.cancel(lease, &outgoing, why).await;
        }
        let vault = &self.outbox.site.vault;
        let opened: Vec<Secret> =
            secrets.iter().filter_map(|it| vault.open(&it.sealed, &sealed_place(&it.id)).ok()).collect();
        let url = vault.open(&outgoing.sealed_url, &url_place(&outgoing.endpoint)).ok();
        let Some(url) = url.and_then(|url| url.expose().parse::<Url>().ok()) else {
            return self.cancel(lease, &outgoing, "The webhook's address can't be decrypted. Enter it again.").await;
        };
        let began = self.now();
        let headers = headers(&outgoing, &Signer::new(&opened), began);
        let answer = self.outbound.post(&url, &headers, outgoing.body.clone(), began).await;
        self.written(lease, &outgoing, &headers, (began, answer)).await
    }

    async fn cancel(&self, lease: &Lease, outgoing: &Outgoing, why: &str) -> db::Result<bool> {
        let tried = Tried {
            state: DeliveryState::Canceled,
            attempts: outgoing.attempts,
            next: None,
            status: None,
            error: why.to_owned(),
        };
        let mut tx = self.write().await?;
        store::tried(&mut tx, self.now(), lease, &tried).await?;
        tx.commit().await?;
        Ok(false)
    }

    /// Records an attempt and the resulting state of the delivery and the endpoint.
    async fn written(
        &self,
        lease: &Lease,
        outgoing: &Outgoing,
        headers: &[(HeaderName, String)],
        (began, answer): (DateTime<Utc>, Result<Answer, Failure>),
    ) -> db::Result<bool> {
        let (now, number) = (self.now(), outgoing.attempts + 1);
        let status = answer.as_ref().ok().map(|answer| i64::from(answer.status));
        let arrived = matches!(status, Some(200..=299));
        let error = match &answer {
            Ok(_) if arrived => String::new(),
            Ok(answer) => refusal(answer.status),
            Err(failure) => failure.to_string(),
        };
        let patience = answer.as_ref().ok().filter(|it| matches!(it.status, 429 | 503)).and_then(|it| it.retry_after);
        let next = if arrived || status == Some(410) {
            None
        } else {
            next_attempt(now, number, patience, self.outbox.site.random.fraction())
        };
        let state = match next {
            _ if arrived => DeliveryState::Delivered,
            Some(_) => DeliveryState::Waiting,
            None => DeliveryState::Failed,
        };
        let attempt = Attempt {
            number,
            at: began,
            duration_ms: (now - began).num_milliseconds(),
            request: headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n"),
            status,
            answer: answer.map(|answer| answer.body).unwrap_or_default(),
            error: error.clone(),
        };
        let mut tx = self.write().await?;
        if !store::tried(&mut tx, now, lease, &Tried { state, attempts: number, next, status, error }).await? {
            // OK because another process has taken over the delivery and records its own attempt.
            return Ok(false);
        }
        store::log_attempt(&mut tx, &outgoing.id, &attempt).await?;
        store::note_endpoint(&mut tx, now, &outgoing.endpoint, !arrived).await?;
        if status == Some(410) {
            self.switch_off(&mut tx, &outgoing.endpoint, "The receiver answered 410 Gone.").await?;
        }
        tx.commit().await?;
        Ok(arrived)
    }
}

/// The context to which the sealed address of an endpoint is bound.
pub(in crate::notices) fn url_place(id: &EndpointId) -> String {
    format!("webhook_endpoints/{id}/url")
}

fn headers(outgoing: &Outgoing, signer: &Signer, now: DateTime<Utc>) -> Vec<(HeaderName, String)> {
    let mut headers = vec![(CONTENT_TYPE, "application/json".to_owned())];
    if !outgoing.is_chat {
        let timestamp = now.timestamp();
        headers.extend([
            (ID, outgoing.message.clone()),
            (TIMESTAMP, timestamp.to_string()),
            (SIGNATURE, signer.signature(&outgoing.message, timestamp, &outgoing.body)),
        ]);
    }
    headers
}

fn refusal(status: u16) -> String {
    let why = match status {
        300..=399 => "Redirects aren't followed: enter the target address.",
        401 | 403 => "The receiver rejected it: check the signing secret.",
        404 => "Nothing is at this address.",
        410 => "The receiver no longer accepts messages.",
        429 => "The receiver is limiting the rate of messages.",
        500..=599 => "The receiver has a problem.",
        _ => "Only 2xx counts as received.",
    };
    format!("The receiver answered {status}. {why}")
}

fn about_endpoint(kind: Kind, id: &EndpointId, title: String, lines: Vec<String>) -> Draft {
    let fix = match kind {
        Kind::WebhookDisabled => "Check the receiver, then switch the webhook on and send a test.",
        _ => "Check the receiver and the delivery log, then send a test.",
    };
    Draft {
        kind,
        cause: format!("{}:{id}", kind.name()),
        title,
        detail: Detail {
            lines,
            fix: fix.to_owned(),
            about: vec![("endpoint".to_owned(), id.to_string())],
            ..Detail::default()
        },
        href: format!("/settings/webhooks/{id}"),
        instance: None,
    }
}

impl Worker for Courier {
    fn name(&self) -> &'static str {
        crate::notices::COURIER
    }

    fn duty(&self) -> &'static str {
        "Sends webhooks and email, and retries what failed."
    }

    fn period(&self) -> Duration {
        Duration::from_secs(30)
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}
