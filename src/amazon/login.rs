//! Login with Amazon: consent, codes, tokens, the person's profile (OAuth 2.0 with PKCE).
//!
//! The `oauth2` crate builds URLs, challenges and token requests; they are sent by the same [`Client`] as all other
//! calls, with the same limits and errors.

use std::time::Duration;

use futures::future::BoxFuture;
use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, TokenResponse as _, TokenUrl,
};
use reqwest::Method;
use serde_json::{Map, Value};
use url::Url;

use super::answer::Fields;
use super::client::Client;
use super::error::{Error, Unreadable};
use super::region::Region;
use crate::ids::Random;
use crate::vault::Secret;

/// The requested scopes: nearly all of the Ads API including AMC, and the person's profile.
pub const SCOPES: [&str; 2] = ["advertising::campaign_management", "profile"];

/// The default lifetime if a response doesn't say (Amazon Ads documentation, access tokens).
const USUAL_LIFETIME: Duration = Duration::from_hours(1);
/// The maximum lifetime; longer ones are limited to this, so the token is refreshed earlier than necessary.
const MAX_LIFETIME: Duration = Duration::from_hours(24);

type LoginClient = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;
pub(super) type TokenError = RequestTokenError<Error, oauth2::basic::BasicErrorResponse>;

/// Ties the answer of a consent page to the browser that requested it: both values are stored in its session.
#[derive(Clone, Debug)]
pub struct Handshake {
    /// Returned with the answer and must be equal.
    pub state: Secret,
    /// Proves at the exchange that the code was requested here (PKCE, `S256`).
    pub verifier: Secret,
}

impl Handshake {
    /// New random values of 256 bits each.
    pub fn new(random: &Random) -> Self {
        Self { state: Secret::new(random.token()), verifier: Secret::new(random.token()) }
    }
}

/// The tokens of a grant.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Valid for [`Tokens::expires_in`].
    pub access: Secret,
    /// For the next access token; store it again after every refresh.
    pub refresh: Secret,
    /// The lifetime of the access token, at most a day.
    pub expires_in: Duration,
}

/// A person's profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Amazon's stable id of the person for this application (`amzn1.account.…`).
    pub user_id: String,
    pub name: Option<String>,
    /// The person's email address.
    pub email: Option<String>,
    /// Fields that RecomAMP doesn't know, as sent.
    pub rest: Map<String, Value>,
}

impl Client {
    /// The URL of the consent page.
    pub fn authorization(&self, region: Region, redirect: &Url, handshake: &Handshake) -> Url {
        let verifier = PkceCodeVerifier::new(handshake.verifier.expose().to_owned());
        let state = CsrfToken::new(handshake.state.expose().to_owned());
        let (mut url, _) = self
            .login(region, redirect)
            .authorize_url(|| state)
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        // Login with Amazon documents `%20` between scopes; `+` means a space only in forms.
        let query = url.query().map(|query| query.replace('+', "%20"));
        url.set_query(query.as_deref());
        url
    }

    /// Exchanges the code of a consent for tokens; a code is valid for five minutes and works once. `redirect` and
    /// the handshake must be those of the consent.
    pub async fn exchange(
        &self,
        region: Region,
        code: &Secret,
        redirect: &Url,
        handshake: &Handshake,
    ) -> Result<Tokens, Error> {
        let login = self.login(region, redirect);
        let door = Door { client: self, operation: "login.exchange" };
        let answer = login
            .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(handshake.verifier.expose().to_owned()))
            .request_async(&door)
            .await;
        tokens(answer, None)
    }

    /// Gets a new access token for a refresh token. The refresh token usually stays the same; if Amazon sends none,
    /// the given one is kept.
    pub async fn refresh(&self, region: Region, refresh_token: &Secret) -> Result<Tokens, Error> {
        let login = self.login_without_redirect(region);
        let door = Door { client: self, operation: "login.refresh" };
        let token = RefreshToken::new(refresh_token.expose().to_owned());
        let answer = login.exchange_refresh_token(&token).request_async(&door).await;
        tokens(answer, Some(refresh_token))
    }

    /// The profile of the access token's owner.
    pub async fn profile(&self, region: Region, access_token: &Secret) -> Result<Profile, Error> {
        let request = self.bearer(Method::GET, self.hosts(region).profile.clone(), access_token)?;
        self.send("login.profile", request).await?.json(|answer| {
            let mut fields = Fields::of(answer)?;
            Ok(Profile {
                user_id: fields.required("user_id")?,
                name: fields.text("name"),
                email: fields.text("email"),
                rest: fields.rest(),
            })
        })
    }

    fn login(&self, region: Region, redirect: &Url) -> LoginClient {
        self.login_without_redirect(region).set_redirect_uri(RedirectUrl::from_url(redirect.clone()))
    }

    fn login_without_redirect(&self, region: Region) -> LoginClient {
        let settings = self.settings();
        let hosts = self.hosts(region);
        BasicClient::new(ClientId::new(settings.client_id.clone()))
            .set_client_secret(ClientSecret::new(settings.client_secret.expose().to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::from_url(hosts.consent.clone()))
            .set_token_uri(TokenUrl::from_url(hosts.token.clone()))
    }

    async fn token_request(&self, operation: &'static str, request: HttpRequest) -> Result<HttpResponse, Error> {
        let answer = self.send(operation, self.prepared(request)?).await?;
        // Any success status and content type: `oauth2` would require 200 and JSON.
        let body = answer.json(|answer| Ok(with_numbers(answer).to_string()))?;
        Ok(HttpResponse::new(body.into_bytes()))
    }
}

/// Sends `oauth2`'s requests through this client. A type with a boxed future, because a closure's future isn't
/// provably `Send` for every lifetime, which callers on other threads need.
struct Door<'a> {
    client: &'a Client,
    operation: &'static str,
}

impl<'c> AsyncHttpClient<'c> for Door<'_> {
    type Error = Error;
    type Future = BoxFuture<'c, Result<HttpResponse, Error>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.client.token_request(self.operation, request))
    }
}

pub(super) fn tokens(answer: Result<BasicTokenResponse, TokenError>, old: Option<&Secret>) -> Result<Tokens, Error> {
    let answer = answer.map_err(|error| match error {
        RequestTokenError::Request(error) => error,
        // The other cases contain the response's bytes, tokens included: they are dropped here.
        _ => Unreadable::Shape.into(),
    })?;
    let refresh = match (answer.refresh_token(), old) {
        (Some(new), _) => usable(new.secret())?,
        (None, Some(old)) => old.clone(),
        (None, None) => return Err(Unreadable::Shape.into()),
    };
    Ok(Tokens {
        access: usable(answer.access_token().secret())?,
        refresh,
        expires_in: answer.expires_in().unwrap_or(USUAL_LIFETIME).min(MAX_LIFETIME),
    })
}

/// The response with its lifetime as a number, which some gateways send as text.
fn with_numbers(mut answer: Value) -> Value {
    let seconds = answer["expires_in"].as_str().and_then(|text| text.trim().parse::<u64>().ok());
    if let (Some(seconds), Some(fields)) = (seconds, answer.as_object_mut()) {
        fields.insert("expires_in".to_owned(), seconds.into());
    }
    answer
}

fn usable(token: &str) -> Result<Secret, Unreadable> {
    let fits_a_header = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    if fits_a_header { Ok(Secret::new(token)) } else { Err(Unreadable::Shape) }
}

#[cfg(test)]
mod tests;
