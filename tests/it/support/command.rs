//! The command line: the real program with arguments and settings.

use std::process::Stdio;

use tokio::process::{Child, Command};

/// The outcome.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; `None` if it was killed.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Outcome {
    /// The same outcome, if its code is this.
    #[track_caller]
    pub(crate) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }
}

/// The setting for coverage data of an instrumented build.
pub(crate) fn measured() -> Option<(&'static str, std::ffi::OsString)> {
    const PROFILE: &str = "LLVM_PROFILE_FILE";
    std::env::var_os(PROFILE).map(|file| (PROFILE, file))
}

fn command(settings: &[(String, String)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_recomamp"));
    let named = settings.iter().map(|(name, value)| (format!("RECOMAMP_{name}"), value));
    // OK because it needs nothing from the environment: the tests' variables would be taken for settings.
    command.env_clear().envs(measured()).envs(named).args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs the program to its end; settings are named without `RECOMAMP_`.
pub(crate) async fn recomamp(settings: &[(String, String)], arguments: &[&str]) -> Outcome {
    let done = command(settings, arguments).output().await.expect("the program can be started");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Outcome { code: done.status.code(), out: text(done.stdout), err: text(done.stderr) }
}

/// Starts the program and leaves it running; it ends when the value is dropped.
pub(crate) fn started(settings: &[(String, String)], arguments: &[&str]) -> Child {
    let mut command = command(settings, arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program can be started")
}
