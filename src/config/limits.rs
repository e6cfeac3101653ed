//! Periods and limits.

use std::time::Duration;

use super::reader::Reader;

/// Periods and limits.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How often a running execution is polled; less often for long ones.
    pub poll: Duration,
    /// How often grants are checked for tokens that expire soon.
    pub refresh: Duration,
    /// Concurrent executions on one instance; more are queued here.
    pub runs_per_instance: i64,
    /// Concurrent executions on one account; more are queued here.
    pub runs_per_account: i64,
    /// Maximum request body in bytes; larger ones get 413.
    pub body_bytes: usize,
    /// Maximum result in bytes; a larger one fails its execution, with this limit in the message.
    pub result_bytes: u64,
    /// Requests per minute for one client; more get 429.
    pub requests_per_minute: u32,
    /// A result is deleted this many days after its execution ended; `None` keeps results.
    pub keep_results_days: Option<u32>,
    /// An audit log entry is deleted after this many days; `None` keeps entries.
    pub keep_audit_days: Option<u32>,
    /// Access to an instance ends this many days after Amazon stopped listing it for the person.
    pub access_grace_days: u32,
    /// A session ends after this time without a request.
    pub session_idle: Duration,
    /// A session ends after this time in any case.
    pub session_absolute: Duration,
}

/// All of them, with their defaults.
pub(super) fn limits(reader: &mut Reader<'_>) -> Limits {
    const MEBIBYTE: u64 = 1 << 20;
    Limits {
        poll: Duration::from_secs(reader.number("POLL_SECONDS", 15, 1..=3_600, "15")),
        refresh: Duration::from_secs(reader.number("REFRESH_SECONDS", 600, 10..=3_000, "600")),
        runs_per_instance: reader.number("RUNS_PER_INSTANCE", 10, 1..=1_000, "10"),
        runs_per_account: reader.number("RUNS_PER_ACCOUNT", 200, 1..=10_000, "200"),
        body_bytes: reader.number("MAX_BODY_KIB", 2_048, 64..=65_536, "2048") * 1_024,
        result_bytes: reader.number("MAX_RESULT_MIB", 4_096, 1..=1_048_576, "4096") * MEBIBYTE,
        requests_per_minute: reader.number("REQUESTS_PER_MINUTE", 100, 1..=1_000_000, "100"),
        keep_results_days: Some(reader.number("KEEP_RESULTS_DAYS", 0, 0..=36_500, "400")).filter(|days| *days > 0),
        keep_audit_days: Some(reader.number("KEEP_AUDIT_DAYS", 0, 0..=36_500, "730")).filter(|days| *days > 0),
        access_grace_days: reader.number("ACCESS_GRACE_DAYS", 7, 0..=365, "7"),
        session_idle: Duration::from_mins(reader.number("SESSION_IDLE_MINUTES", 4_320, 5..=525_600, "30")),
        session_absolute: Duration::from_secs(reader.number("SESSION_ABSOLUTE_DAYS", 30, 1..=365, "30") * 86_400),
    }
}
