//! A stand-in for Amazon in tests: a small router, or raw bytes, on its own port.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::{
    AccountCaller, Caller, Client, EntityId, Hosts, MarketplaceId, Region, RegionHosts, Secret, Settings, Timeouts,
};
use crate::clock::Clock;

/// A client and its caller.
pub(super) struct Stage {
    pub(super) client: Client,
    pub(super) base: Url,
    token: Secret,
    entity: EntityId,
    marketplace: MarketplaceId,
}

impl Stage {
    /// A client whose URLs are all below `base`.
    pub(super) fn at(base: Url) -> Self {
        let hosts = Hosts {
            consent: base.join("ap/oa").unwrap(),
            token: base.join("auth/o2/token").unwrap(),
            profile: base.join("user/profile").unwrap(),
            api: base.join("api/").unwrap(),
        };
        let settings = Settings {
            client_id: "amzn1.application-oa2-client.1".to_owned(),
            client_secret: Secret::new("the secret"),
            hosts: RegionHosts { na: hosts.clone(), eu: hosts.clone(), fe: hosts },
            timeouts: Timeouts {
                connect: Duration::from_secs(5),
                answer: Duration::from_secs(20),
                silence: Duration::from_secs(20),
            },
        };
        Self::with(base, settings)
    }

    /// A client with very short time limits, for `base`.
    pub(super) fn impatient(base: Url) -> Self {
        let patient = Self::at(base.clone());
        let mut settings = patient.client.settings().clone();
        settings.timeouts.answer = Duration::from_millis(50);
        settings.timeouts.silence = Duration::from_millis(50);
        Self::with(base, settings)
    }

    fn with(base: Url, settings: Settings) -> Self {
        let (clock, _) = Clock::manual(chrono::DateTime::from_timestamp(1_750_000_000, 0).unwrap());
        Self {
            client: Client::new(settings, clock).unwrap(),
            base,
            token: Secret::new("Atza|token"),
            entity: EntityId("ENTITY1".to_owned()),
            marketplace: MarketplaceId("ATVPDKIKX0DER".to_owned()),
        }
    }

    /// A client for `router`, whose Ads API begins at `/api`.
    pub(super) async fn of(router: Router) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base = address(&listener);
        background(async move { axum::serve(listener, router).await.unwrap() });
        Self::at(base)
    }

    pub(super) fn person(&self) -> Caller<'_> {
        Caller { region: Region::Na, access_token: &self.token }
    }

    pub(super) fn account(&self) -> AccountCaller<'_> {
        self.person().of(&self.entity, &self.marketplace)
    }
}

/// A server that answers each connection with these bytes, then closes it.
pub(super) async fn raw(answer: &'static [u8]) -> Url {
    sockets(move |mut socket| async move {
        let mut request = [0; 8_192];
        let _ = socket.read(&mut request).await;
        let _ = socket.write_all(answer).await;
        let _ = socket.shutdown().await;
    })
    .await
}

/// A server that sends these bytes on each connection and then nothing more.
pub(super) async fn silent_after(answer: &'static [u8]) -> Url {
    sockets(move |mut socket| async move {
        let mut request = [0; 8_192];
        let _ = socket.read(&mut request).await;
        let _ = socket.write_all(answer).await;
        std::future::pending::<()>().await;
    })
    .await
}

/// An address where nothing listens.
pub(super) async fn nobody() -> Url {
    address(&TcpListener::bind(("127.0.0.1", 0)).await.unwrap())
}

async fn sockets<F: Future<Output = ()> + Send + 'static>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Url {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = address(&listener);
    background(async move {
        while let Ok((socket, _)) = listener.accept().await {
            background(serve(socket));
        }
    });
    base
}

fn address(listener: &TcpListener) -> Url {
    Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test's server lives as long as the test's runtime")]
fn background(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}
