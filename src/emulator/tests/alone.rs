//! The stand-alone emulator, over a real connection.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::bench::Bench;
use crate::emulator::serve;

/// Sends a request and returns everything until the connection ends.
async fn ask(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: emulator\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    // OK to stop at an error: one of the callers expects a cut connection.
    let _ = stream.read_to_end(&mut reply).await;
    String::from_utf8(reply).unwrap()
}

#[tokio::test]
async fn it_serves_cuts_when_asked_and_stops_in_order() {
    let bench = Bench::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let served = serve(bench.emulator.clone(), listener, stop.clone());
    let asked = async {
        let whole = ask(address, "/amc/nothing").await;
        assert!(whole.starts_with("HTTP/1.1 404") && whole.ends_with('}'), "{whole}");
        bench.emulator.faults().add("cut*1".parse().unwrap());
        let cut = ask(address, "/amc/accounts").await;
        // A complete chunked response ends with an empty chunk.
        assert!(!cut.ends_with("0\r\n\r\n") && !cut.ends_with('}'), "{cut}");
        stop.cancel();
    };
    tokio::join!(served, asked);
    assert!(bench.emulator.workshop().is_closed());
}
