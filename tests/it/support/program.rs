//! The real program as its own process, on its own port.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use super::Premises;

/// Time limit for the first page; the machine may be busy with other stories.
const PATIENCE: Duration = Duration::from_mins(1);

/// A data folder, a port, and the process that serves them.
#[derive(Debug)]
pub(crate) struct Program {
    /// The folder of a program with its own data, deleted with it.
    _own: Option<TempDir>,
    log: PathBuf,
    address: SocketAddr,
    settings: Vec<(String, String)>,
    process: Plug,
}

/// Kills a process like a crash or a power failure; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plug(Arc<Mutex<Option<Child>>>);

impl Plug {
    /// Sends SIGKILL without waiting.
    pub(crate) fn pull(&self) {
        if let Some(process) = self.0.lock().expect("nothing panics while it holds the process").as_mut() {
            // OK to ignore: a process that has already ended can't be killed.
            let _ = process.start_kill();
        }
    }

    fn take(&self) -> Option<Child> {
        self.0.lock().expect("nothing panics while it holds the process").take()
    }

    fn put(&self, process: Child) {
        *self.0.lock().expect("nothing panics while it holds the process") = Some(process);
    }

    /// The exit status, if the process has ended.
    fn end(&self) -> Option<std::process::ExitStatus> {
        let mut process = self.0.lock().expect("nothing panics while it holds the process");
        process.as_mut().and_then(|process| process.try_wait().ok().flatten())
    }
}

impl Program {
    /// Starts the program with an empty data folder and only these settings.
    pub(crate) async fn start(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a data folder");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = free.local_addr().expect("a port has an address");
        let own = [
            ("RECOMAMP_LISTEN".to_owned(), address.to_string()),
            ("RECOMAMP_DATA_DIR".to_owned(), folder.path().display().to_string()),
            ("RECOMAMP_REQUESTS_PER_MINUTE".to_owned(), "10000".to_owned()),
        ];
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let log = folder.path().with_extension("log");
        drop(free);
        let settings = own.into_iter().chain(settings).collect();
        let program = Self { _own: Some(folder), log, address, settings, process: Plug::default() };
        program.run();
        program.answers().await;
        program
    }

    /// Starts the program on a story's stored data, with this plug, which may be pulled at once.
    pub(crate) fn at(premises: &Premises, plug: Plug) -> Self {
        let settings = premises.environment().into_iter().chain([("RECOMAMP_POLL_SECONDS".to_owned(), "1".to_owned())]);
        let (log, address, settings) = (premises.log(), premises.address, settings.collect());
        let program = Self { _own: None, log, address, settings, process: plug };
        program.run();
        program
    }

    /// Its base URL, without a trailing slash.
    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Kills the process, and starts it again on the same data.
    pub(crate) async fn kill_and_start_again(&mut self) {
        self.kill().await;
        self.run();
        self.answers().await;
    }

    /// The same without waiting until it answers, which it may not do while its database is out of reach.
    pub(crate) async fn kill_and_start_again_unheard(&mut self) {
        self.kill().await;
        self.run();
    }

    /// Kills the process, and waits until it is gone.
    pub(crate) async fn kill(&mut self) {
        let mut process = self.process.take().expect("it was started");
        // OK to ignore: one that has ended by itself can't be killed.
        let _ = process.start_kill();
        process.wait().await.expect("a process ends");
    }

    /// Waits until the process has ended, at most for this time; returns whether it has.
    pub(crate) async fn ended(&self, within: Duration) -> bool {
        let gone = async {
            let mut looks = tokio::time::interval(Duration::from_millis(5));
            while self.process.end().is_none() {
                looks.tick().await;
            }
        };
        tokio::time::timeout(within, gone).await.is_ok()
    }

    fn run(&self) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log).expect("a log can be written");
        let process = Command::new(env!("CARGO_BIN_EXE_recomamp"))
            // OK because it needs nothing from the environment: the tests' variables would be taken for settings.
            .env_clear()
            .envs(super::command::measured())
            .envs(self.settings.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the program can be started");
        self.process.put(process);
    }

    /// Waits until it responds.
    pub(crate) async fn answers(&self) {
        let answers = async {
            let mut ticks = tokio::time::interval(Duration::from_millis(20));
            while !self.is_healthy().await {
                if let Some(end) = self.process.end() {
                    panic!("the program ended ({end}):\n{}", self.log());
                }
                ticks.tick().await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, answers).await.is_ok();
        assert!(in_time, "the program does not answer:\n{}", self.log());
    }

    /// Its log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
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
        let _ = std::fs::remove_file(&self.log);
    }
}
