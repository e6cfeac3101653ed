//! Serves the stand-alone emulator.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Emulator;
use crate::server::{self, Bounds};

/// How often the emulator ticks without requests.
const TICK: Duration = Duration::from_millis(250);

impl Emulator {
    /// Ticks without requests, so that schedules fire and queues advance; returns when the emulator shuts down.
    /// The program that mounts the emulator must run this.
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

/// Serves on `listener` until `stop` resolves, then shuts down gracefully.
pub async fn serve(emulator: Emulator, listener: TcpListener, stop: CancellationToken) {
    tokio::select! {
        () = server::serve(listener, emulator.router(), Bounds::of_system(&[]), stop) => {}
        () = emulator.keep_time() => {}
    }
    emulator.shutdown().await;
}
