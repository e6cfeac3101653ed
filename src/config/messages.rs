//! Settings for outgoing messages: mail, and the private networks that webhooks may reach.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Url;

use super::reader::Reader;
use crate::vault::Secret;

/// The SMTP server and the sender.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// `smtp://` or `smtps://`, with user and password.
    pub url: Secret,
    /// The sender's address, `reports@example.com` or `RecomAMP <reports@example.com>`.
    pub from: String,
}

/// Requires both settings or neither.
pub(super) fn mail(reader: &mut Reader<'_>) -> Option<MailSettings> {
    const URL: &str = "smtps://user:password@mail.example.com";
    const FROM: &str = "RecomAMP <recomamp@example.com>";
    let url = reader.text("SMTP_URL").filter(|text| {
        let fits = text.parse::<Url>().is_ok_and(|url| matches!(url.scheme(), "smtp" | "smtps") && url.has_host());
        if !fits {
            // OK not to repeat the value because it may contain a password.
            reader.fault("SMTP_URL", "has to be an smtp or smtps address", URL);
        }
        fits
    });
    let from = reader.text("MAIL_FROM").filter(|text| {
        let fits = text.parse::<lettre::message::Mailbox>().is_ok();
        if !fits {
            reader.fault("MAIL_FROM", "has to be an email address, alone or as `Name <address>`", FROM);
        }
        fits
    });
    match (url, from) {
        (Some(url), Some(from)) => Some(MailSettings { url: Secret::new(url), from }),
        (Some(_), None) if !reader.is_given("MAIL_FROM") => {
            reader.fault("MAIL_FROM", "is missing although the mail server is set", FROM);
            None
        }
        (None, Some(_)) if !reader.is_given("SMTP_URL") => {
            reader.fault("SMTP_URL", "is missing although the sender of mail is set", URL);
            None
        }
        _ => None,
    }
}

/// Addresses and networks.
pub(super) fn networks(reader: &mut Reader<'_>, name: &str, example: &str) -> Vec<IpNet> {
    let text = reader.text(name).unwrap_or_default();
    let entries = text.split([',', ' ', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
    let networks: Result<Vec<IpNet>, _> =
        entries.map(|entry| entry.parse().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from))).collect();
    networks.unwrap_or_else(|_| {
        reader.fault(name, "has to hold addresses or networks, separated by commas", example);
        Vec::new()
    })
}
