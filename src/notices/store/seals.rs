//! The sealed addresses and secrets of endpoints.

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{EndpointId, WebhookSecretId};

/// A sealed text, with the row that it belongs to.
#[derive(Clone, Debug)]
pub(in crate::notices) enum SealedText {
    Address(EndpointId, String),
    Secret(WebhookSecretId, String),
}

/// All sealed texts of all endpoints.
pub(in crate::notices) async fn sealed_texts(tx: &mut Tx) -> Result<Vec<SealedText>> {
    const ADDRESSES: &str = "select id, sealed_url from webhook_endpoints order by id";
    const SECRETS: &str = "select id, sealed from webhook_secrets order by id";
    struct Address(EndpointId, String);
    impl FromRow for Address {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("id")?, row.get("sealed_url")?))
        }
    }
    struct Signing(WebhookSecretId, String);
    impl FromRow for Signing {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("id")?, row.get("sealed")?))
        }
    }
    let addresses = sql(ADDRESSES).all::<Address>(tx).await?;
    let secrets = sql(SECRETS).all::<Signing>(tx).await?;
    let addresses = addresses.into_iter().map(|Address(id, text)| SealedText::Address(id, text));
    Ok(addresses.chain(secrets.into_iter().map(|Signing(id, text)| SealedText::Secret(id, text))).collect())
}

/// Replaces a sealed text unless it has changed since; returns whether it did.
pub(in crate::notices) async fn seal_again(tx: &mut Tx, was: &SealedText, sealed: &str) -> Result<bool> {
    const ADDRESS: &str = "update webhook_endpoints set sealed_url = $3 where id = $1 and sealed_url = $2";
    const SECRET: &str = "update webhook_secrets set sealed = $3 where id = $1 and sealed = $2";
    let written = match was {
        SealedText::Address(id, was) => sql(ADDRESS).bind(id).bind(was).bind(sealed).execute(tx).await?,
        SealedText::Secret(id, was) => sql(SECRET).bind(id).bind(was).bind(sealed).execute(tx).await?,
    };
    Ok(written == 1)
}
