//! How the program stops: first in order, then at once.
//!
//! The first signal (interrupt or terminate) asks: no new requests, workers finish the step in hand,
//! leases are released. A second signal, or [`PATIENCE`] without an end, insists. What a hard stop
//! leaves behind is what a crash leaves behind, and is picked up the same way.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How long a stop in order may take before the process ends anyway.
pub const PATIENCE: Duration = Duration::from_secs(6);

/// Waits for the first signal, cancels `soft`; then for a second one or the end of patience, cancels
/// `hard`.
pub async fn watch_signals(soft: CancellationToken, hard: CancellationToken) {
    signal().await;
    tracing::info!("stopping: finishing what is in hand; a second signal stops at once");
    soft.cancel();
    tokio::select! {
        () = signal() => tracing::warn!("second signal: stopping at once"),
        () = tokio::time::sleep(PATIENCE) => tracing::warn!("work in hand did not end in time: stopping at once"),
        () = hard.cancelled() => {}
    }
    hard.cancel();
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        // OK because without handlers the signals keep their default meaning: the process ends.
        return std::future::pending().await;
    };
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
}

#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
