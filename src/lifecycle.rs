//! Shutdown: graceful first, then forced.
//!
//! The first signal (interrupt or terminate) starts a graceful shutdown: no new requests, workers finish their
//! current step, leases are released. A second signal, or [`PATIENCE`] elapsing, forces the end. A forced shutdown
//! leaves the same state as a crash, and recovery is the same.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How long a graceful shutdown may take.
pub const PATIENCE: Duration = Duration::from_secs(6);

/// Cancels `soft` on the first signal, and `hard` on the second signal or when the time limit has passed.
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
        // OK because without handlers the signals keep their default action: the process ends.
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
