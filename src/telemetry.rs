//! Logs, as text for people or as JSON lines for machines; and [`metrics`].
//!
//! A message is understandable alone and has its keys as fields (`execution.id`). Tokens, email addresses, bodies and
//! customers' SQL are never logged; the Amazon client and the vault print their secrets as `[secret]`.

pub mod metrics;
pub mod usage;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogFormat;

/// The default log filter. `tower_sessions` warns about every request with a cookie whose session has ended, which is
/// only an old browser.
pub const DEFAULT_FILTER: &str = "info,sqlx=warn,datafusion=warn,tower_sessions=error";

/// Parses a filter; the error says what is wrong with it.
pub fn filter(text: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(text).map_err(|error| error.to_string())
}

/// Starts logging to standard error. The settings have validated the filter; an invalid one falls back to the
/// default.
pub fn start(format: LogFormat, filter: &str) {
    let filter = self::filter(filter).unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Json => registry
            .with(tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr))
            .try_init(),
        LogFormat::Pretty => {
            registry.with(tracing_subscriber::fmt::layer().with_target(false).with_writer(std::io::stderr)).try_init()
        }
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_cookie_is_no_warning() {
        let log = std::sync::Arc::new(std::sync::Mutex::new(Vec::<u8>::new()));
        let into = std::sync::Arc::clone(&log);
        let writer = move || Shared(std::sync::Arc::clone(&into));
        let layer = tracing_subscriber::fmt::layer().with_writer(writer);
        let registry = tracing_subscriber::registry().with(filter(DEFAULT_FILTER).unwrap()).with(layer);
        tracing::subscriber::with_default(registry, || {
            tracing::warn!(target: "tower_sessions_core::session", "possibly suspicious activity");
            tracing::warn!(target: "tower_sessions::service", "possibly suspicious activity");
            tracing::error!(target: "tower_sessions_core::session", "the store does not answer");
            tracing::warn!(target: "recomamp::web", "something else");
        });
        let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
        assert!(!log.contains("suspicious"), "{log}");
        assert!(log.contains("does not answer") && log.contains("something else"), "{log}");
    }

    struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

    impl std::io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}
