//! The form of an endpoint.

use std::collections::BTreeSet;
use std::net::IpAddr;

use url::{Host, Url};

use super::sign;
use super::{EndpointKind, EventGroup, Sends};
use crate::outbound::Networks;
use crate::vault::Secret;
use crate::web::Fields;
use crate::web::components::Errors;

/// Maximum length of a name, in characters.
const NAME: usize = 100;
/// Maximum length of an address, in characters.
const ADDRESS: usize = 2_000;

/// The submitted form.
#[derive(Clone, Debug, Default)]
pub(in crate::notices) struct EndpointForm {
    pub name: String,
    pub kind: String,
    pub url: String,
    pub sends: String,
    /// The chosen kinds of events.
    pub events: BTreeSet<EventGroup>,
    pub secret: String,
    pub is_global: bool,
}

/// A valid form.
#[derive(Clone, Debug)]
pub(in crate::notices) struct Read {
    pub kind: EndpointKind,
    pub url: Url,
    pub host: String,
    pub sends: Sends,
    /// A secret of the owner's own.
    pub secret: Option<Secret>,
}

impl EndpointForm {
    pub(in crate::notices) fn new() -> Self {
        Self { kind: EndpointKind::Webhook.name().to_owned(), sends: "all".to_owned(), ..Self::default() }
    }

    pub(in crate::notices) fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.trimmed(name).to_owned();
        Self {
            name: text("name"),
            kind: text("kind"),
            url: text("url"),
            sends: text("sends"),
            events: fields.all("event").filter_map(EventGroup::parse).collect(),
            secret: text("secret"),
            is_global: fields.get("global") == "true",
        }
    }

    /// Parses the form, or returns all its errors.
    pub(in crate::notices) fn read(&self, networks: &Networks) -> Result<Read, Errors> {
        let mut errors = Errors::new();
        let is_text = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        if !is_text(&self.name) || self.name.chars().count() > NAME {
            errors.add("name", format!("Enter a name of up to {NAME} characters."));
        }
        let kind = EndpointKind::parse(&self.kind);
        if kind.is_none() {
            errors.add("kind", "Choose a type.");
        }
        let sends = self.chosen().map_err(|why| errors.add("sends", why)).ok();
        let url = self.address(networks).map_err(|why| errors.add("url", why)).ok();
        let secret = Some(self.secret.as_str()).filter(|text| !text.is_empty() && kind == Some(EndpointKind::Webhook));
        if let Some(Err(why)) = secret.map(sign::key) {
            errors.add("secret", why);
        }
        match (kind, url, sends) {
            (Some(kind), Some(url), Some(sends)) if errors.is_empty() => Ok(Read {
                kind,
                host: url.host_str().unwrap_or_default().to_owned(),
                url,
                sends,
                secret: secret.map(Secret::new),
            }),
            _ => Err(errors),
        }
    }

    fn chosen(&self) -> Result<Sends, &'static str> {
        match self.sends.as_str() {
            "all" => Ok(Sends::All),
            "problems" => Ok(Sends::Problems),
            "chosen" if self.events.is_empty() => Err("Choose at least one kind of event."),
            "chosen" => Ok(Sends::Chosen(self.events.clone())),
            _ => Err("Choose what is sent."),
        }
    }

    fn address(&self, networks: &Networks) -> Result<Url, &'static str> {
        const EXAMPLE: &str = "Enter an address such as https://example.com/hooks/recomamp.";
        const PLAIN: &str =
            "Use https. Plain http is only possible for private addresses that an administrator has allowed.";
        const PRIVATE: &str =
            "This address is in a private network. An administrator can allow it with RECOMAMP_WEBHOOK_ALLOW.";
        let is_long = self.url.chars().count() > ADDRESS;
        let mut url: Url = Some(&self.url).filter(|_| !is_long).and_then(|text| text.parse().ok()).ok_or(EXAMPLE)?;
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::from(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::from(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(EXAMPLE),
        };
        let is_plain = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(EXAMPLE),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("Remove the user and password from the address: they are not sent.");
        }
        if is_plain && !networks.has_inner() {
            return Err(PLAIN);
        }
        if literal.is_some_and(|address| !networks.may_dial(address, false)) {
            return Err(PRIVATE);
        }
        if literal.is_some_and(|address| !networks.may_dial(address, is_plain)) {
            return Err(PLAIN);
        }
        url.set_fragment(None);
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(url: &str, allowed: &[ipnet::IpNet]) -> String {
        let form = EndpointForm { name: "Mine".to_owned(), url: url.to_owned(), ..EndpointForm::new() };
        form.read(&Networks::new(allowed)).map_or_else(|errors| errors.of("url").to_owned(), |_| String::new())
    }

    #[test]
    fn invalid_addresses_are_refused_with_a_solution() {
        assert_eq!(error("https://example.com/hook?a=b#c", &[]), "");
        for (url, message) in [
            ("", "such as https"),
            ("example.com", "such as https"),
            ("ftp://example.com", "such as https"),
            ("javascript:alert(1)", "such as https"),
            ("https://", "such as https"),
            ("http://example.com", "Use https"),
            ("https://user:word@example.com", "user and password"),
            ("https://127.0.0.1/", "private network"),
            ("https://0x7f.1/", "private network"),
            ("https://[::ffff:10.0.0.1]/", "private network"),
            ("https://2130706433/", "private network"),
        ] {
            assert!(error(url, &[]).contains(message), "{url}: {}", error(url, &[]));
        }
        let long = format!("https://example.com/{}", "x".repeat(ADDRESS));
        assert!(error(&long, &[]).contains("such as https"));
        let allowed = ["10.0.0.0/8".parse().unwrap()];
        assert_eq!(error("http://10.1.2.3/", &allowed), "");
        assert!(error("http://93.184.215.14/", &allowed).contains("Use https"));
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let form = EndpointForm { secret: "short".to_owned(), ..EndpointForm::new() };
        let errors = form.read(&Networks::new(&[])).unwrap_err();
        for field in ["name", "url", "secret"] {
            assert!(!errors.of(field).is_empty(), "{field}");
        }
    }
}
