//! The emulator by itself, at an address of its own.

use std::future::Future;
use std::io;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use super::Emulator;

/// How often time is let pass when nobody asks.
const TICK: Duration = Duration::from_millis(250);

impl Emulator {
    /// Lets time pass while nobody asks, so that schedules fire and queues move; returns when the
    /// emulator is shut down. Whoever mounts the emulator runs this beside it.
    pub async fn keep_time(&self) {
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.workshop().closed() => return,
                _ = interval.tick() => self.tick(),
            }
        }
    }
}

/// Answers at `listener` until `stop` resolves, then stops in order.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    emulator: Emulator,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    // OK to ignore the error: without it answers come, only later.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    let server = axum::serve(listener, emulator.router()).with_graceful_shutdown(stop);
    let served = tokio::select! {
        served = server.into_future() => served,
        () = emulator.keep_time() => Ok(()),
    };
    emulator.shutdown().await;
    served
}
