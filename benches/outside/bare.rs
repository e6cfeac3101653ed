//! A minimal server: the best that the machine can achieve.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

use super::load::Process;

/// A minimal server as a separate process, and its address.
pub(crate) fn start(bytes: &[u8]) -> anyhow::Result<(Process, String, tempfile::NamedTempFile)> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(bytes)?;
    let mut process = Command::new(std::env::current_exe()?)
        .arg("bare")
        .arg(file.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let said = process.stdout.take().context("what it says can be read")?;
    let mut address = String::new();
    BufReader::new(said).read_line(&mut address)?;
    Ok((Process(process), address.trim().to_owned(), file))
}

/// Responds to `/page` with the bytes of a file, and to `/unchanged` with 304.
pub(crate) async fn serve(file: &Path) -> anyhow::Result<()> {
    let bytes = Bytes::from(std::fs::read(file)?);
    let page = move || async move { ([(CONTENT_TYPE, "text/html; charset=utf-8")], bytes.clone()) };
    let routes = Router::new().route("/page", get(page)).route("/unchanged", get(async || StatusCode::NOT_MODIFIED));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    super::load::say(&format!("http://{}", listener.local_addr()?));
    axum::serve(listener, routes).await?;
    Ok(())
}
