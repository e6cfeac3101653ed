//! A client of the AMC emulator, without RecomAMP.

use anyhow::Context as _;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::load::{self, Emulator};

/// A caller with a token.
pub(crate) struct Caller {
    pub(crate) base: String,
    client_id: String,
    token: String,
}

/// An account with instances, and a client that names it.
pub(crate) struct Account {
    pub(crate) client: reqwest::Client,
    /// Its standard instances.
    pub(crate) instances: Vec<String>,
}

impl Caller {
    /// With the refresh token that the AMC emulator printed at startup.
    pub(crate) async fn of(emulator: &Emulator) -> anyhow::Result<Self> {
        let (base, client_id) = (emulator.text("base"), emulator.text("client_id"));
        let tokens = load::client(HeaderMap::new())?.post(format!("{base}/auth/o2/token")).form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &emulator.text("refresh_token")),
            ("client_id", &client_id),
            ("client_secret", &emulator.text("client_secret")),
        ]);
        let tokens: Value = tokens.send().await?.error_for_status()?.json().await?;
        let token = tokens["access_token"].as_str().context("a token")?.to_owned();
        Ok(Self { base, client_id, token })
    }

    /// A client without an account, or with the one in `more`.
    pub(crate) fn client(&self, more: &[(&'static str, &str)]) -> anyhow::Result<reqwest::Client> {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {}", self.token))?);
        headers.insert("amazon-advertising-api-clientid", HeaderValue::from_str(&self.client_id)?);
        for (name, value) in more {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value)?);
        }
        load::client(headers)
    }

    /// All accounts with their standard instances.
    pub(crate) async fn accounts(&self) -> anyhow::Result<Vec<Account>> {
        let listed: Value = self
            .client(&[])?
            .get(format!("{}/amc/accounts", self.base))
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let mut accounts = Vec::new();
        for account in listed["amcAccounts"].as_array().context("accounts")? {
            let named = |name: &str| account[name].as_str().unwrap_or_default();
            let client = self.client(&[
                ("amazon-advertising-api-advertiserid", named("accountId")),
                ("amazon-advertising-api-marketplaceid", named("marketplaceId")),
            ])?;
            let list: Value = client.get(format!("{}/amc/instances", self.base)).send().await?.json().await?;
            let standard = list["instances"].as_array().into_iter().flatten();
            let standard = standard.filter(|instance| instance["instanceType"] == "STANDARD");
            let instances = standard.filter_map(|one| one["instanceId"].as_str().map(str::to_owned)).collect();
            accounts.push(Account { client, instances });
        }
        Ok(accounts)
    }
}
