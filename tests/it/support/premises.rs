//! What remains of a house while the program isn't running: its data, its port, its settings.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use recomamp::emulator::Emulator;
use tempfile::TempDir;

use super::{Database, Visitor};

/// Data and settings with which the program can start, in the test process or as its own process.
pub(crate) struct Premises {
    pub(crate) address: SocketAddr,
    pub(super) settings: Vec<(String, String)>,
    pub(super) database: Database,
    pub(super) folder: TempDir,
    pub(super) amazon: Option<Emulator>,
    /// Reserves the port until the first start.
    pub(super) door: Option<TcpListener>,
}

impl Premises {
    /// A new data folder and port.
    pub(crate) fn new(database: Database, settings: &[(&str, &str)], amazon: Option<Emulator>) -> Self {
        let folder = tempfile::tempdir().expect("a data folder");
        // With the permissions that the program would set.
        let own = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(folder.path(), own).expect("a folder of one's own");
        let door = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = door.local_addr().expect("a port has an address");
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { address, settings, database, folder, amazon, door: Some(door) }
    }

    /// The same with additional settings, named without `RECOMAMP_`, for a process of its own.
    pub(crate) fn with(mut self, settings: impl IntoIterator<Item = (String, String)>) -> Self {
        self.settings.extend(settings);
        self.door = None;
        self
    }

    /// The listener for the next start.
    pub(super) fn door(&mut self) -> TcpListener {
        let door = self.door.take();
        let door = door.unwrap_or_else(|| TcpListener::bind(self.address).expect("the port is free again"));
        door.set_nonblocking(true).expect("a listener for tokio");
        door
    }

    /// The settings for the command line to work here.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        vec![
            ("DATA_DIR".to_owned(), self.folder.path().display().to_string()),
            ("DATABASE_URL".to_owned(), self.database_url()),
        ]
    }

    pub(crate) fn database_url(&self) -> String {
        self.database.url(self.folder.path())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The same folder with another database.
    pub(crate) fn on(self, database: Database) -> Self {
        Self { database, ..self }
    }

    /// All settings, with their full names.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let own = [
            ("LISTEN", self.address.to_string()),
            ("DATA_DIR", self.folder.path().display().to_string()),
            ("DATABASE_URL", self.database.url(self.folder.path())),
            ("EMULATOR_SPEED", "0".to_owned()),
            ("EMULATOR_SCALE", "0.02".to_owned()),
            ("REQUESTS_PER_MINUTE", "100000".to_owned()),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        own.iter().chain(&self.settings).map(|(name, value)| (format!("RECOMAMP_{name}"), value.clone())).collect()
    }

    /// A visitor of the program that runs here, without a session.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(format!("http://{}", self.address))
    }

    /// The log file of a separate process.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.path().with_extension("log")
    }
}
