//! The server: listen, assemble, start, shut down in order.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::{give, say};
use crate::app::App;
use crate::config::Config;
use crate::db::Engine;
use crate::ids::Random;
use crate::lifecycle;
use crate::server::{self, Bounds};

/// How long releasing leases and closing the database may take. Together with [`lifecycle::PATIENCE`] it is less than
/// the ten seconds after which containers are killed.
const CLOSING: Duration = Duration::from_secs(1);
/// The time limit of a health check.
const HEALTH: Duration = Duration::from_secs(3);

pub(super) async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!("nothing can listen at {}: another program may; set RECOMAMP_LISTEN to another address", config.listen)
    })?;
    let address = listener.local_addr()?;
    let config = config.listening_at(address);
    let public = config.public_url.clone();
    let clock = config.clock();
    let app = App::open(config, address, clock, Random::system()).await?;
    if app.site.db.engine() == Engine::Sqlite {
        app.take_over().await?;
    }
    let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
    let runner = app.start_workers(&soft);
    let bounds = Bounds::of_system(&app.site.config.trusted_proxies);
    if app.site.config.is_open_and_local() {
        say(&format!(
            "RECOMAMP_PUBLIC_URL is not set to an address that others reach: people can sign in at {} on this machine only, \
             although it listens at {address}. Set it to the address by which browsers reach RecomAMP, such as \
             https://recomamp.example.com.",
            public.as_str().trim_end_matches('/')
        ));
    }
    give(&format!("RecomAMP is at {}", public.as_str().trim_end_matches('/')));
    let server = server::serve(listener, app.router(), bounds, soft.clone());
    tokio::select! {
        _ = async { tokio::join!(server, app.keep_time(&soft), app.guides.warm()) } => {}
        () = lifecycle::watch_signals(soft.clone(), hard.clone()) => {}
    }
    soft.cancel();
    tokio::select! {
        () = runner.finished() => {}
        () = hard.cancelled() => {}
        () = tokio::time::sleep(lifecycle::PATIENCE) => {}
    }
    let closed = tokio::time::timeout(CLOSING, async {
        if let Err(error) = app.give_back().await {
            tracing::warn!(%error, "claims were not released; they expire automatically");
        }
        app.close().await;
    });
    if closed.await.is_err() {
        tracing::warn!("the database did not close in time");
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks whether the program on this machine responds.
pub(super) async fn health(config: Config) -> anyhow::Result<ExitCode> {
    let mut address = config.listen;
    if address.ip().is_unspecified() {
        address.set_ip([127, 0, 0, 1].into());
    }
    let asked = tokio::time::timeout(HEALTH, ask(address)).await;
    match asked {
        Ok(Ok(true)) => Ok(ExitCode::SUCCESS),
        Ok(Ok(false)) => anyhow::bail!("{address} answers, but not well"),
        Ok(Err(error)) => Err(error.context(format!("{address} does not answer"))),
        Err(_) => anyhow::bail!("{address} does not answer within {} s", HEALTH.as_secs()),
    }
}

async fn ask(address: SocketAddr) -> anyhow::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await?;
    Ok(&answer == b"HTTP/1.1 200")
}
