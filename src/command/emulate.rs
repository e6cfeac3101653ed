//! The AMC emulator alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Emulate, error_chain, give, say};
use crate::clock::Clock;
use crate::emulator::{self, Emulator, Options};
use crate::ids::Random;
use crate::lifecycle;

pub(super) async fn run(options: Emulate) -> ExitCode {
    crate::telemetry::start(crate::config::LogFormat::Pretty, crate::telemetry::DEFAULT_FILTER);
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("The AMC emulator stopped: {}", error_chain(&error)));
            ExitCode::FAILURE
        }
    }
}

/// An address at which this machine reaches itself if it listens on all addresses.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

async fn serve(asked: Emulate) -> anyhow::Result<()> {
    let listener =
        TcpListener::bind(asked.listen).await.with_context(|| format!("nothing can listen at {}", asked.listen))?;
    let address = reachable(listener.local_addr()?);
    let random = Random::system();
    let folder =
        asked.folder.unwrap_or_else(|| std::env::temp_dir().join(format!("recomamp-emulator-{}", std::process::id())));
    let options = Options {
        base: asked.base.map_or_else(|| Url::parse(&format!("http://{address}/")), Ok)?,
        folder,
        seed: asked.seed,
        scale: asked.scale,
        speed: asked.speed,
        auto_consent: asked.auto_consent,
        client: asked.client_id.zip(asked.client_secret),
        time: asked.time,
        paused: asked.paused,
        faults: asked.faults,
        ..Options::default()
    };
    let emulator = Emulator::open(options, Clock::system(), random)?;
    give(&emulator.credentials_line());
    let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
    let stop = soft.clone();
    tokio::select! {
        () = emulator::serve(emulator, listener, stop) => {}
        () = lifecycle::watch_signals(soft, hard) => {}
    }
    Ok(())
}
