//! The form of a destination.

use url::Url;

use super::folder;
use super::model::{DestinationKind, Place};
use crate::bucket;
use crate::vault::Secret;
use crate::warehouse::Tls;
use crate::web::Fields;
use crate::web::components::{Choice, Errors};

/// Longest name, in characters.
const NAME: usize = 100;
/// Longest value of any other field, in characters.
const VALUE: usize = 500;
/// PostgreSQL's port.
const PORT: u16 = 5_432;

/// What the form contains, as it was typed.
#[derive(Clone, Debug, Default)]
pub(super) struct DestinationForm {
    pub name: String,
    pub path: String,
    pub endpoint: String,
    pub region: String,
    pub bucket: String,
    pub prefix: String,
    pub key_id: String,
    pub host: String,
    pub port: String,
    pub database: String,
    pub user: String,
    pub schema: String,
    pub tls: String,
    pub secret: String,
}

/// What a valid form says.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub name: String,
    pub place: Place,
    /// A new secret; none if the field was left blank.
    pub secret: Option<Secret>,
}

const fn tls_name(tls: Tls) -> &'static str {
    match tls {
        Tls::Verify => "verify",
        Tls::Require => "require",
        Tls::Off => "off",
    }
}

/// The options for encryption.
pub(super) fn tls_choices() -> Vec<Choice> {
    vec![
        Choice::new("verify", "Encrypted, with a verified certificate"),
        Choice::new("require", "Encrypted, certificate not verified"),
        Choice::new("off", "Not encrypted"),
    ]
}

impl DestinationForm {
    /// An empty form.
    pub(super) fn new() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            port: PORT.to_string(),
            schema: "public".to_owned(),
            tls: tls_name(Tls::Verify).to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.trimmed(name).to_owned();
        Self {
            name: text("name"),
            path: text("path"),
            endpoint: text("endpoint"),
            region: text("region"),
            bucket: text("bucket"),
            prefix: text("prefix"),
            key_id: text("key_id"),
            host: text("host"),
            port: text("port"),
            database: text("database"),
            user: text("user"),
            schema: text("schema"),
            tls: text("tls"),
            secret: fields.get("secret").to_owned(),
        }
    }

    /// The form of a stored destination, without its secret.
    pub(super) fn stored(name: &str, place: &Place) -> Self {
        let mut form = Self { name: name.to_owned(), ..Self::new() };
        match place {
            Place::Folder { path } => form.path.clone_from(path),
            Place::Bucket { endpoint, region, bucket, prefix, key_id } => {
                form.endpoint = endpoint.as_ref().map(Url::to_string).unwrap_or_default();
                form.region.clone_from(region);
                form.bucket.clone_from(bucket);
                form.prefix.clone_from(prefix);
                form.key_id.clone_from(key_id);
            }
            Place::Postgres { host, port, database, user, schema, tls } => {
                form.host.clone_from(host);
                form.port = port.to_string();
                form.database.clone_from(database);
                form.user.clone_from(user);
                form.schema.clone_from(schema);
                tls_name(*tls).clone_into(&mut form.tls);
            }
        }
        form
    }

    /// What it says for this kind, or everything that is wrong with it. `was` is where the destination has been until
    /// now, with a stored secret or without: a stored secret is only used for the receiver that it was entered for.
    pub(super) fn read(&self, kind: DestinationKind, was: Option<(&Place, bool)>) -> Result<Read, Errors> {
        let mut errors = Errors::new();
        if !is_text(&self.name, NAME) {
            errors.add("name", format!("Enter a name of up to {NAME} characters."));
        }
        let place = match kind {
            DestinationKind::Folder => self.folder(&mut errors),
            DestinationKind::Bucket => self.bucket(&mut errors),
            DestinationKind::Postgres => self.postgres(&mut errors),
        };
        let secret = Some(&self.secret).filter(|secret| !secret.is_empty());
        if secret.is_some_and(|secret| !is_text(secret, VALUE)) {
            errors.add("secret", format!("Enter up to {VALUE} characters on one line."));
        }
        if let Some(place) = &place {
            let is_stored = was.is_some_and(|(was, has_secret)| has_secret && was.receiver() == place.receiver());
            let needs_one = match place {
                Place::Folder { .. } => false,
                Place::Bucket { key_id, .. } => !key_id.is_empty(),
                // OK without one: a server may trust this machine.
                Place::Postgres { .. } => was.is_some_and(|(_, has_secret)| has_secret),
            };
            if needs_one && secret.is_none() && !is_stored {
                let why = if was.is_some() {
                    "Enter it again: it is only sent to the server and the user that it was entered for."
                } else {
                    "Enter the secret of the access key."
                };
                errors.add("secret", why);
            }
        }
        match place {
            Some(place) if errors.is_empty() => {
                Ok(Read { name: self.name.clone(), place, secret: secret.map(Secret::new) })
            }
            _ => Err(errors),
        }
    }

    fn folder(&self, errors: &mut Errors) -> Option<Place> {
        let path = self.path.trim_matches('/');
        if path.chars().count() > VALUE || !folder::is_inside(path) || self.path.starts_with('/') {
            errors.add(
                "path",
                "Enter a folder below that of RECOMAMP_DELIVERIES_DIR, such as reports/weekly, without “..”.",
            );
            return None;
        }
        Some(Place::Folder { path: path.to_owned() })
    }

    fn bucket(&self, errors: &mut Errors) -> Option<Place> {
        let before = errors.len();
        let endpoint = match self.endpoint.as_str() {
            "" => None,
            text => match text.parse::<Url>() {
                Ok(url)
                    if matches!(url.scheme(), "http" | "https")
                        && url.has_host()
                        && url.username().is_empty()
                        && url.password().is_none()
                        && url.query().is_none() =>
                {
                    Some(url)
                }
                _ => {
                    errors.add(
                        "endpoint",
                        "Enter an address such as https://s3.example.com, or leave it blank for Amazon S3.",
                    );
                    None
                }
            },
        };
        if !is_word(&self.region) {
            errors.add("region", "Enter a region such as eu-central-1.");
        }
        let parsed = bucket::parse(&format!("s3://{}/{}", self.bucket, self.prefix));
        if self.bucket.contains('/') || parsed.is_err() {
            errors.add(
                "bucket",
                "Enter the bucket's name: 3 to 63 lowercase letters, digits, - and .; the prefix is a path.",
            );
        }
        if !self.key_id.is_empty() && !is_word(&self.key_id) {
            errors.add("key_id", "Enter the ID of the access key as the service shows it.");
        }
        let (bucket, prefix) = parsed.ok()?;
        (errors.len() == before).then(|| Place::Bucket {
            endpoint,
            region: self.region.clone(),
            bucket,
            prefix,
            key_id: self.key_id.clone(),
        })
    }

    fn postgres(&self, errors: &mut Errors) -> Option<Place> {
        let before = errors.len();
        if !is_word(&self.host) || self.host.contains(['/', '@']) {
            errors.add("host", "Enter a host name or an IP address.");
        }
        let port = self.port.parse::<u16>().ok().filter(|port| *port > 0);
        if port.is_none() {
            errors.add("port", format!("Enter a port from 1 to 65535, usually {PORT}."));
        }
        for (field, text, what) in [
            ("database", &self.database, "the database"),
            ("user", &self.user, "the user"),
            ("schema", &self.schema, "the schema"),
        ] {
            if !is_text(text, 63) {
                errors.add(field, format!("Enter the name of {what}."));
            }
        }
        let tls = [Tls::Verify, Tls::Require, Tls::Off].into_iter().find(|tls| tls_name(*tls) == self.tls);
        if tls.is_none() {
            errors.add("tls", "Choose how the connection is encrypted.");
        }
        let (port, tls) = (port?, tls?);
        (errors.len() == before).then(|| Place::Postgres {
            host: self.host.clone(),
            port,
            database: self.database.clone(),
            user: self.user.clone(),
            schema: self.schema.clone(),
            tls,
        })
    }
}

/// Some text on one line.
fn is_text(text: &str, most: usize) -> bool {
    !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

fn is_word(text: &str) -> bool {
    is_text(text, VALUE) && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres() -> DestinationForm {
        DestinationForm {
            name: "Warehouse".to_owned(),
            host: "db.internal".to_owned(),
            database: "marketing".to_owned(),
            user: "recomamp".to_owned(),
            secret: "word".to_owned(),
            ..DestinationForm::new()
        }
    }

    #[test]
    fn all_that_is_wrong_is_reported_at_once() {
        let form = DestinationForm { port: "0".to_owned(), tls: "no".to_owned(), ..DestinationForm::default() };
        let errors = form.read(DestinationKind::Postgres, None).unwrap_err();
        for field in ["name", "host", "port", "database", "user", "schema", "tls"] {
            assert!(!errors.of(field).is_empty(), "{field}");
        }
        let errors = DestinationForm::default().read(DestinationKind::Bucket, None).unwrap_err();
        assert!(!errors.of("bucket").is_empty() && !errors.of("region").is_empty());
    }

    #[test]
    fn a_folder_stays_below_its_root() {
        for (path, fits) in [("", true), ("a/b", true), ("../a", false), ("/etc", false), ("a/../../b", false)] {
            let form = DestinationForm { name: "F".to_owned(), path: path.to_owned(), ..DestinationForm::new() };
            assert_eq!(form.read(DestinationKind::Folder, None).is_ok(), fits, "{path}");
        }
    }

    #[test]
    fn a_stored_secret_is_not_sent_to_another_server() {
        let place = postgres().read(DestinationKind::Postgres, None).unwrap().place;
        let blank = DestinationForm { secret: String::new(), ..postgres() };
        let same = DestinationForm { schema: "reports".to_owned(), ..blank.clone() };
        assert!(same.read(DestinationKind::Postgres, Some((&place, true))).is_ok());
        let other = DestinationForm { host: "elsewhere.example".to_owned(), ..blank };
        let errors = other.read(DestinationKind::Postgres, Some((&place, true))).unwrap_err();
        assert!(errors.of("secret").contains("Enter it again"));
    }

    #[test]
    fn what_is_stored_comes_back_without_its_secret() {
        let read = postgres().read(DestinationKind::Postgres, None).unwrap();
        let form = DestinationForm::stored(&read.name, &read.place);
        assert_eq!((form.host.as_str(), form.port.as_str(), form.secret.as_str()), ("db.internal", "5432", ""));
        assert_eq!(form.read(DestinationKind::Postgres, None).unwrap().place, read.place);
    }
}
