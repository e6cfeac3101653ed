//! The emulator by itself, at an address of its own.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Emulator;
use crate::server::{self, Bounds};

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
pub async fn serve(emulator: Emulator, listener: TcpListener, stop: CancellationToken) {
    tokio::select! {
        () = server::serve(listener, emulator.router(), Bounds::of_system(&[]), stop) => {}
        () = emulator.keep_time() => {}
    }
    emulator.shutdown().await;
}
