//! Mail: a person's messages as text and HTML, sent by SMTP, with one-click unsubscribe (RFC 8058).

use std::time::Duration;

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message as Letter, Tokio1Executor};

use super::model::{Fact, Message};
use super::outbox::Outbox;
use super::store::{self, OutgoingMail};
use crate::config::MailSettings;
use crate::db::lease::Lease;
use crate::db::{self, Scope};
use crate::ids::{PersonId, ProcessId};
use crate::vault::{Secret, Vault};
use crate::workers::Tick;

/// Maximum number of mails sent per tick.
const MOST: i64 = 10;
/// Longer than an attempt takes.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// Time limit for one SMTP command.
const PATIENCE: Duration = Duration::from_secs(30);
/// The waits between attempts.
const WAITS: [TimeDelta; 7] = [
    TimeDelta::minutes(1),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(6),
    TimeDelta::hours(12),
    TimeDelta::hours(24),
];
/// The context to which unsubscribe tokens are bound.
const UNSUBSCRIBE: &str = "notices/unsubscribe";

/// Time limit for a mail that somebody is waiting for.
const SHORT: Duration = Duration::from_secs(10);

/// Sends mail by SMTP.
#[derive(Clone, Debug)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

#[derive(Template)]
#[template(path = "notices/mail.html")]
struct Html<'a> {
    title: &'a str,
    messages: Vec<Shown<'a>>,
    more: i64,
    all: String,
    settings: String,
    unsubscribe: String,
}

struct Shown<'a> {
    message: &'a Message,
    url: String,
}

/// Why a mail wasn't sent.
struct MailError {
    why: String,
    is_permanent: bool,
}

impl From<SmtpError> for MailError {
    fn from(error: SmtpError) -> Self {
        // OK to store because this is the server's response, without our password or the mail's content. It isn't
        // logged because it may contain addresses.
        Self { is_permanent: error.is_permanent(), why: error.to_string() }
    }
}

impl MailError {
    fn permanent(why: impl ToString) -> Self {
        Self { why: why.to_string(), is_permanent: true }
    }
}

impl Mailer {
    /// Creates a mailer; `None` if the server's URL is invalid, which is logged.
    pub fn new(settings: &MailSettings) -> Option<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(settings.url.expose());
        match (transport, settings.from.parse()) {
            (Ok(transport), Ok(from)) => Some(Self { transport: transport.timeout(Some(PATIENCE)).build(), from }),
            (Err(error), _) => {
                tracing::error!(%error, "no mail is sent: RECOMAMP_SMTP_URL is invalid");
                None
            }
            // OK because the settings have been validated.
            (_, Err(_)) => None,
        }
    }

    /// Sends one plain-text mail immediately, to any address, with a time limit of ten seconds. The error is the server's
    /// response.
    pub async fn send_text(&self, address: &str, subject: &str, text: String) -> Result<(), String> {
        let address: Address = address.parse().map_err(|_| "The address can't be used.".to_owned())?;
        let letter = Letter::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text)
            .map_err(|error| error.to_string())?;
        match tokio::time::timeout(SHORT, self.transport.send(letter)).await {
            Ok(sent) => sent.map(drop).map_err(|error| error.to_string()),
            Err(_) => Err("The mail server didn't respond within ten seconds.".to_owned()),
        }
    }

    /// Sends the mails that are due.
    pub(super) async fn send_due(&self, outbox: &Outbox, process: &ProcessId, tick: &mut Tick) -> db::Result<()> {
        let site = &outbox.site;
        let mut tx = site.db.write(&Scope::System).await?;
        let due = store::claim_mails(&mut tx, process, (site.clock.now(), LEASE), MOST).await?;
        tx.commit().await?;
        for lease in due {
            tick.looked += 1;
            if self.send(outbox, &lease).await? {
                tick.changed += 1;
            } else {
                tick.failed += 1;
            }
        }
        Ok(())
    }

    async fn send(&self, outbox: &Outbox, lease: &Lease) -> db::Result<bool> {
        let site = &outbox.site;
        let mut tx = site.db.read(&Scope::System).await?;
        let Some(mail) = store::outgoing_mail(&mut tx, lease).await? else { return Ok(false) };
        let (messages, count) = store::carried(&mut tx, &mail).await?;
        drop(tx);
        let outcome = if !mail.is_wanted || messages.is_empty() {
            Err(MailError::permanent("The person no longer wants it, or no longer has access."))
        } else {
            self.post(outbox, &mail, &messages, count).await
        };
        let now = site.clock.now();
        let mut tx = site.db.write(&Scope::System).await?;
        match &outcome {
            Ok(()) => store::mailed(&mut tx, now, lease, ("sent", ""), None).await?,
            Err(error) => {
                let next = next_try(now, mail.attempts, site.random.fraction()).filter(|_| !error.is_permanent);
                let state = if next.is_some() { "waiting" } else { "failed" };
                if mail.is_wanted && !messages.is_empty() {
                    tracing::warn!(mail.id = %mail.id, is_permanent = error.is_permanent, retried = next.is_some(), "mail was not sent");
                }
                store::mailed(&mut tx, now, lease, (state, &error.why), next).await?
            }
        };
        tx.commit().await?;
        Ok(outcome.is_ok())
    }

    async fn post(
        &self,
        outbox: &Outbox,
        mail: &OutgoingMail,
        messages: &[Message],
        count: i64,
    ) -> Result<(), MailError> {
        let token = token(&outbox.site.vault, &mail.person);
        let unsubscribe = outbox.url(&format!("/unsubscribe?token={token}"));
        let letter = self.letter(outbox, mail, messages, count, &unsubscribe)?;
        self.transport.send(letter).await.map(drop).map_err(MailError::from)
    }

    fn letter(
        &self,
        outbox: &Outbox,
        mail: &OutgoingMail,
        messages: &[Message],
        count: i64,
        unsubscribe: &str,
    ) -> Result<Letter, MailError> {
        let title = match messages {
            [one] => one.title.clone(),
            _ => format!("{count} notices from RecomAMP"),
        };
        let page = Html {
            title: &title,
            messages: messages.iter().map(|message| Shown { message, url: outbox.url(&message.href) }).collect(),
            more: count - i64::try_from(messages.len()).unwrap_or(count),
            all: outbox.url("/notices"),
            settings: outbox.url("/settings/notices"),
            unsubscribe: unsubscribe.to_owned(),
        };
        let (text, html) = (page.text(), page.render().map_err(MailError::permanent)?);
        let address: Address = mail.email.parse().map_err(MailError::permanent)?;
        let header = |name: &'static str, value: String| {
            // OK because these are ASCII without line breaks, and an address must not be split.
            HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value)
        };
        let host = self.from.email.domain();
        Letter::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(mail.name.clone()), address))
            .subject(title.clone())
            .message_id(Some(format!("<{}@{host}>", mail.id)))
            .raw_header(header("List-Unsubscribe", format!("<{unsubscribe}>")))
            .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()))
            .raw_header(header("Auto-Submitted", "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(text, html))
            .map_err(MailError::permanent)
    }
}

impl Html<'_> {
    /// The plain-text version.
    fn text(&self) -> String {
        let mut blocks = Vec::new();
        for Shown { message, url } in &self.messages {
            let mut lines = vec![message.title.clone()];
            lines.extend(message.sentences());
            lines.extend(message.detail.facts.iter().map(Fact::line));
            lines.push(url.clone());
            blocks.push(lines.join("\n"));
        }
        if self.more > 0 {
            blocks.push(format!("{} more: {}", self.more, self.all));
        }
        blocks.push(format!("-- \nNotice settings: {}\nUnsubscribe: {}", self.settings, self.unsubscribe));
        blocks.join("\n\n")
    }
}

/// The time of the next attempt after this number of earlier attempts; `None` after the last one.
fn next_try(now: DateTime<Utc>, attempts: i64, fraction: f64) -> Option<DateTime<Utc>> {
    let wait = *WAITS.get(usize::try_from(attempts).ok()?)?;
    Some(now + TimeDelta::milliseconds((wait.num_milliseconds() as f64 * (0.9 + 0.2 * fraction)) as i64))
}

/// A token that only allows switching off this person's mail.
fn token(vault: &Vault, person: &PersonId) -> String {
    vault.seal(&Secret::new(person.as_str()), UNSUBSCRIBE)
}

/// The person in a token; `None` if it is invalid.
pub(super) fn named(vault: &Vault, token: &str) -> Option<PersonId> {
    vault.open(token, UNSUBSCRIBE).ok()?.expose().parse().ok()
}
