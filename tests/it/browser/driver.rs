//! The `ChromeDriver` process of one browser.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// How long the driver may take to report its port, and to end its browser.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `ChromeDriver`. Dropping it also ends the browser, even if a story fails halfway.
#[derive(Debug)]
pub(super) struct Driver {
    port: u16,
    // Kept open: the driver ends when its output can't be written.
    _said: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

/// How often one is started until it finds a port.
const TRIES: usize = 5;

impl Driver {
    /// Starts one on a free port. It chooses a port by IPv6 and ends where that port is taken for IPv4: another one is
    /// started then.
    pub(super) async fn start() -> Self {
        for _ in 1..TRIES {
            if let Ok(driver) = Self::try_start().await {
                return driver;
            }
        }
        Self::try_start().await.unwrap_or_else(|said| panic!("`chromedriver` ended without saying its port:\n{said}"))
    }

    /// Starts one; an error is what it said before it ended.
    async fn try_start() -> Result<Self, String> {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "`chromedriver` does not start ({error}): install Chromium and its driver, or run `scripts/test`"
                )
            });
        let mut said = BufReader::new(process.stdout.take().expect("its output is piped")).lines();
        let port =
            tokio::time::timeout(PATIENCE, port(&mut said)).await.expect("`chromedriver` says its port in time")?;
        Ok(Self { port, _said: said, _process: process })
    }

    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", self.port)?;
        stream.read_to_end(&mut Vec::new())?;
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // OK because a story blocks here only at its end; killing the driver instead would leave its browser running.
        if let Err(error) = self.shut_down() {
            eprintln!("`chromedriver` on port {} could not be asked to stop: {error}", self.port);
        }
    }
}

async fn port(said: &mut Lines<BufReader<ChildStdout>>) -> Result<u16, String> {
    let mut all = String::new();
    while let Some(line) = said.next_line().await.expect("`chromedriver` can be read") {
        let port = line.rsplit_once("on port ").and_then(|(_, port)| port.trim_end_matches('.').parse().ok());
        if let Some(port) = port.filter(|_| line.contains("started successfully")) {
            return Ok(port);
        }
        all.push_str(&line);
        all.push('\n');
    }
    Err(all)
}
