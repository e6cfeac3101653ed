//! The program itself, as a person starts it: the real binary on a port of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

/// How long it may take to serve its first page; the machine may be busy with other stories.
const PATIENCE: Duration = Duration::from_mins(1);

/// A data folder, a port, and the process that now serves them.
#[derive(Debug)]
pub(super) struct Program {
    folder: TempDir,
    address: SocketAddr,
    settings: Vec<(String, String)>,
    process: Option<Child>,
}

impl Program {
    /// Starts the program with an empty data folder and, beside these, no settings.
    pub(super) async fn start(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a data folder");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = free.local_addr().expect("a port has an address");
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut program = Self { folder, address, settings, process: None };
        drop(free);
        program.run().await;
        program
    }

    /// Where its pages are, without a slash at the end.
    pub(super) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends the process as a crash or a power cut does, and starts it again on the same data.
    pub(super) async fn kill_and_start_again(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().await.expect("a process can be killed");
        self.run().await;
    }

    async fn run(&mut self) {
        let log = self.folder.path().with_extension("log");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log).expect("a log can be written");
        let process = Command::new(env!("CARGO_BIN_EXE_recomamp"))
            // OK because it needs nothing of the caller's: what the tests are told would be taken for settings.
            .env_clear()
            .env("RECOMAMP_LISTEN", self.address.to_string())
            .env("RECOMAMP_DATA_DIR", self.folder.path())
            .env("RECOMAMP_REQUESTS_PER_MINUTE", "10000")
            .envs(self.settings.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the program can be started");
        self.process = Some(process);
        let answers = async {
            let mut ticks = tokio::time::interval(Duration::from_millis(20));
            while !self.is_healthy().await {
                if let Some(end) = self.process.as_mut().and_then(|process| process.try_wait().ok().flatten()) {
                    panic!("the program ended ({end}):\n{}", self.log());
                }
                ticks.tick().await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, answers).await.is_ok();
        assert!(in_time, "the program does not answer:\n{}", self.log());
    }

    /// What it said so far.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().with_extension("log")).unwrap_or_default()
    }

    async fn is_healthy(&self) -> bool {
        let ask = async {
            let mut stream = TcpStream::connect(self.address).await?;
            stream.write_all(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n").await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            std::io::Result::Ok(answer.contains(" 200 "))
        };
        ask.await.unwrap_or(false)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.folder.path().with_extension("log"));
    }
}
