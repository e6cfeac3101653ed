//! Where a destination is: a folder, a bucket or a schema of a database.

use serde::{Deserialize, Serialize};

use crate::bucket::Bucket;
use crate::vault::Secret;
use crate::warehouse::{Tls, Warehouse};

/// Where a destination is, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Place {
    /// Below the folder of the settings.
    Folder {
        path: String,
    },
    Bucket {
        /// The address of the service; none for Amazon S3.
        endpoint: Option<url::Url>,
        region: String,
        bucket: String,
        prefix: String,
        /// The ID of the access key; empty for the role of the machine.
        key_id: String,
    },
    Postgres {
        host: String,
        port: u16,
        database: String,
        user: String,
        schema: String,
        tls: Tls,
    },
}

impl Place {
    /// Who gets the secret: it is entered again when this changes.
    pub(super) fn receiver(&self) -> String {
        match self {
            Self::Folder { .. } => String::new(),
            Self::Bucket { endpoint, key_id, .. } => {
                format!("{key_id}@{}", endpoint.as_ref().map(url::Url::as_str).unwrap_or_default())
            }
            Self::Postgres { host, port, user, tls, .. } => format!("{user}@{host}:{port} {tls:?}"),
        }
    }

    /// In one line, for administrators.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Folder { path } => format!("{}/", path.trim_end_matches('/')),
            Self::Bucket { bucket, prefix, endpoint, .. } => {
                let host = endpoint.as_ref().and_then(url::Url::host_str).map(|host| format!(" on {host}"));
                let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
                format!("s3://{bucket}{prefix}{}", host.unwrap_or_default())
            }
            Self::Postgres { host, port, database, schema, .. } => {
                format!("{host}:{port}, {database}, schema {schema}")
            }
        }
    }
}

/// The bucket of a destination.
pub(super) fn bucket_of(place: &Place, secret: Option<Secret>) -> Option<Bucket> {
    let Place::Bucket { endpoint, region, bucket, prefix, key_id } = place else { return None };
    let key = secret.filter(|_| !key_id.is_empty()).map(|secret| (key_id.clone(), secret));
    Some(Bucket {
        name: bucket.clone(),
        prefix: prefix.clone(),
        endpoint: endpoint.clone(),
        region: region.clone(),
        key,
    })
}

/// The database of a destination, and the schema there.
pub(super) fn warehouse_of(place: &Place, secret: Option<Secret>) -> Option<(Warehouse, &str)> {
    let Place::Postgres { host, port, database, user, schema, tls } = place else { return None };
    let password = secret.unwrap_or_else(|| Secret::new(""));
    let warehouse = Warehouse {
        host: host.clone(),
        port: *port,
        database: database.clone(),
        user: user.clone(),
        password,
        tls: *tls,
    };
    Some((warehouse, schema))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_for_one_receiver() {
        let place = |host: &str, schema: &str| Place::Postgres {
            host: host.to_owned(),
            port: 5_432,
            database: "d".to_owned(),
            user: "u".to_owned(),
            schema: schema.to_owned(),
            tls: Tls::Verify,
        };
        assert_eq!(place("a", "x").receiver(), place("a", "y").receiver());
        assert_ne!(place("a", "x").receiver(), place("b", "x").receiver());
    }
}
