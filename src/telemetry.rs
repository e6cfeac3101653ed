//! Logs, for eyes at a terminal or as JSON lines for machines; and figures ([`metrics`]).
//!
//! A message reads alone and carries its keys as fields (`execution.id`). Tokens, addresses of
//! people, bodies and customers' SQL are never logged; the client for Amazon and the vault print
//! their secrets as `[secret]`.

pub mod metrics;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogFormat;

/// What is logged unless the filter setting says otherwise.
pub const DEFAULT_FILTER: &str = "info,sqlx=warn,datafusion=warn";

/// Reads a filter; the error says what is wrong with it.
pub fn filter(text: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(text).map_err(|error| error.to_string())
}

/// Starts logging to standard error. The settings have looked at the filter; one that cannot be read falls
/// back to the default.
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
