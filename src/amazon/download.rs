//! Result downloads: the pre-signed links of an execution, and their content.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::stream::{BoxStream, Stream, StreamExt as _, try_unfold};
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderValue, IF_RANGE, RANGE};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use url::Url;

use super::client::{AccountCaller, Client};
use super::error::{Error, ErrorKind, Unreadable};
use super::executions::execution_path;
use super::names::{AmcExecutionId, AmcInstanceId};

/// A download that is interrupted this many times in a row without receiving anything has failed.
const MOST_CUTS: u32 = 5;

/// A pre-signed URL. Anyone who has it can read the result for ten minutes, so it isn't printed.
#[derive(Clone)]
pub struct Link(Url);

impl Link {
    pub(super) fn read(text: &str) -> Result<Self, Unreadable> {
        let url = Url::parse(text).map_err(|_| Unreadable::Shape)?;
        let fetchable = matches!(url.scheme(), "http" | "https");
        if fetchable { Ok(Self(url)) } else { Err(Unreadable::Shape) }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Link")
    }
}

/// Links to the result of an execution, valid for ten minutes.
#[derive(Clone, Debug)]
pub struct DownloadLinks {
    /// The parts of the result, in order. AMC may split a result into several files.
    pub parts: Vec<Link>,
    /// Files with metadata of the result.
    pub metadata: Vec<Link>,
}

/// The bytes of one file as they arrive. The stream ends with an error if the file exceeds the caller's limit or the
/// connection ends early.
pub struct Download {
    length: Option<u64>,
    bytes: BoxStream<'static, Result<Bytes, Error>>,
}

impl Download {
    /// The file size, if storage reports it.
    pub const fn length(&self) -> Option<u64> {
        self.length
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Download").field("length", &self.length).finish_non_exhaustive()
    }
}

impl Stream for Download {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.bytes.poll_next_unpin(context)
    }
}

impl Client {
    /// The links to the result of a finished execution. [`ErrorKind::Missing`] and [`ErrorKind::Refused`] may also
    /// mean that it isn't available yet.
    pub async fn download_links(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
        id: &AmcExecutionId,
    ) -> Result<DownloadLinks, Error> {
        let [amc, reporting, instance, executions, execution] = execution_path(instance, id);
        let path = [amc, reporting, instance, executions, execution, "downloadUrls"];
        let request = self.amc(Method::GET, caller, &path)?;
        let mut form = None;
        let read = self.send("executions.download_links", request).await?.json(|answer| {
            form = Some(beginning(&answer));
            let links = |name| answer.get(name).map_or(Ok(Vec::new()), links);
            let parts = answer.get("downloadUrls").ok_or(Unreadable::Shape).and_then(self::links)?;
            Ok(DownloadLinks { parts, metadata: links("metadataDownloadUrls")? })
        });
        read.map_err(|error| error.with_words(form))
    }

    /// Starts to download a file of at most `max_bytes`. Amazon's headers aren't sent: the link is the permission,
    /// and storage refuses requests with a second one.
    pub async fn download(&self, link: &Link, max_bytes: u64) -> Result<Download, Error> {
        let response = self.succeed(self.bare(link.0.clone())).await.map_err(stale)?;
        let length = response.content_length();
        if length.is_some_and(|length| length > max_bytes) {
            return Err(Unreadable::TooLarge.into());
        }
        let version = response.headers().get(ETAG).filter(|tag| tag.as_bytes().starts_with(b"\"")).cloned();
        let transfer = Transfer {
            client: self.clone(),
            link: link.clone(),
            version,
            response,
            received: 0,
            left: max_bytes,
            cuts: 0,
        };
        Ok(Download { length, bytes: try_unfold(transfer, next_piece).boxed() })
    }
}

/// A download in progress.
struct Transfer {
    client: Client,
    link: Link,
    /// Identifies the content, so that the rest is requested from the same version.
    version: Option<HeaderValue>,
    response: Response,
    received: u64,
    left: u64,
    /// Interruptions since the last bytes were received.
    cuts: u32,
}

async fn next_piece(mut transfer: Transfer) -> Result<Option<(Bytes, Transfer)>, Error> {
    loop {
        match transfer.response.chunk().await {
            Ok(None) => return Ok(None),
            Ok(Some(piece)) => {
                let length = piece.len() as u64;
                transfer.left = transfer.left.checked_sub(length).ok_or(Unreadable::TooLarge)?;
                transfer.received += length;
                transfer.cuts = 0;
                return Ok(Some((piece, transfer)));
            }
            Err(error) => transfer.go_on(Error::from_reqwest(error)).await?,
        }
    }
}

impl Transfer {
    /// Requests the rest of a file after an interruption by `error`, if storage supports range requests.
    async fn go_on(&mut self, error: Error) -> Result<(), Error> {
        let Some(version) = self.version.clone().filter(|_| self.cuts < MOST_CUTS) else { return Err(error) };
        self.cuts += 1;
        let from = self.received;
        let request = self.client.bare(self.link.0.clone()).header(RANGE, format!("bytes={from}-"));
        let response = self.client.succeed(request.header(IF_RANGE, version)).await.map_err(stale)?;
        let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok()).unwrap_or_default();
        if response.status() != StatusCode::PARTIAL_CONTENT || !range.starts_with(&format!("bytes {from}-")) {
            return Err(error);
        }
        tracing::debug!(from, "a download that was cut goes on");
        self.response = response;
        Ok(())
    }
}

/// Links as texts, or as objects with a URL.
fn links(value: &Value) -> Result<Vec<Link>, Unreadable> {
    let one = |value: &Value| {
        let address = |name: &str| value.get(name).and_then(Value::as_str);
        let text = value.as_str().or_else(|| ["url", "downloadUrl", "href"].iter().find_map(|name| address(name)));
        Link::read(text.ok_or(Unreadable::Shape)?)
    };
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items.iter().map(one).collect(),
        single => Ok(vec![one(single)?]),
    }
}

/// The beginning of a response without potential secrets: names, numbers and short words.
fn beginning(answer: &Value) -> String {
    fn shown(value: &Value) -> Value {
        match value {
            Value::String(text) if text.len() > 40 || text.contains(':') => "…".into(),
            Value::Array(items) => items.iter().take(3).map(shown).collect(),
            Value::Object(fields) => {
                Value::Object(fields.iter().take(10).map(|(name, value)| (name.clone(), shown(value))).collect())
            }
            other => other.clone(),
        }
    }
    shown(answer).to_string().chars().take(300).collect()
}

/// Storage refuses expired and modified links alike, with 403 or 404 and XML.
fn stale(error: Error) -> Error {
    let request_id = error.request_id().map(str::to_owned);
    let refused_for_good = match error.kind() {
        ErrorKind::Refused { status, .. } => *status == StatusCode::BAD_REQUEST.as_u16(),
        // "Not JSON" is the XML of a 404: a successful response isn't parsed as JSON here.
        ErrorKind::Unauthorized
        | ErrorKind::Forbidden
        | ErrorKind::Missing { .. }
        | ErrorKind::Unreadable(Unreadable::NotJson) => true,
        _ => false,
    };
    if refused_for_good { Error::new(ErrorKind::LinkExpired).with_request_id(request_id) } else { error }
}

#[cfg(test)]
mod tests;
