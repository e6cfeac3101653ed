//! The way to PostgreSQL through a proxy of the test, which can be cut.

use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

/// A proxy on its own port.
pub(crate) struct Cable {
    url: String,
    whole: Arc<watch::Sender<bool>>,
    _tasks: TaskTracker,
}

impl Cable {
    /// A way to the database of this address.
    pub(crate) async fn to(url: &str) -> Self {
        let mut way = url::Url::parse(url).expect("an address");
        let there = (way.host_str().expect("a host").to_owned(), way.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        way.set_host(Some("127.0.0.1")).expect("a host");
        way.set_port(Some(listener.local_addr().expect("an address").port())).expect("a port");
        let (whole, tasks) = (Arc::new(watch::channel(true).0), TaskTracker::new());
        let (state, spawner) = (Arc::clone(&whole), tasks.clone());
        tasks.spawn(async move {
            while let Ok((mut here, _)) = listener.accept().await {
                if !*state.borrow() {
                    continue;
                }
                let (there, mut cut) = (there.clone(), state.subscribe());
                spawner.spawn(async move {
                    let Ok(mut server) = TcpStream::connect(there).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut here, &mut server) => {}
                        _ = cut.wait_for(|whole| !whole) => {}
                    }
                });
            }
        });
        Self { url: way.to_string(), whole, _tasks: tasks }
    }

    /// The address of the database through it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Ends all connections, and refuses new ones.
    pub(crate) fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Lets connections through again.
    pub(crate) fn mend(&self) {
        self.whole.send_replace(true);
    }
}
