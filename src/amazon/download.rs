//! Results: the pre-signed links of an execution, and the bytes behind them.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::stream::{BoxStream, Stream, StreamExt as _, try_unfold};
use reqwest::{Method, Response, StatusCode};
use url::Url;

use super::answer::Fields;
use super::client::{AccountCaller, Client};
use super::error::{Error, ErrorKind, Unreadable};
use super::executions::execution_path;
use super::names::{AmcExecutionId, AmcInstanceId};

/// A pre-signed address. Whoever has it can read the result for ten minutes, so it does not print.
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

/// Where the result of an execution lies for the next ten minutes.
#[derive(Clone, Debug)]
pub struct DownloadLinks {
    /// The parts of the result, in order. AMC may split a result over several files.
    pub parts: Vec<Link>,
    /// The files that describe the result.
    pub metadata: Vec<Link>,
}

/// The bytes of one file as they arrive. The stream ends with an error when the file is larger than
/// the caller's limit or the connection ends before the file does.
pub struct Download {
    length: Option<u64>,
    bytes: BoxStream<'static, Result<Bytes, Error>>,
}

impl Download {
    /// How many bytes there are, when storage says.
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
    /// The links to the result of a finished execution. [`ErrorKind::Missing`] and
    /// [`ErrorKind::Refused`] may also mean that it is not ready.
    pub async fn download_links(
        &self,
        caller: AccountCaller<'_>,
        instance: &AmcInstanceId,
        id: &AmcExecutionId,
    ) -> Result<DownloadLinks, Error> {
        let [amc, reporting, instance, executions, execution] = execution_path(instance, id);
        let path = [amc, reporting, instance, executions, execution, "downloadUrls"];
        let request = self.amc(Method::GET, caller, &path)?;
        self.send("executions.download_links", request).await?.json(|answer| {
            let mut fields = Fields::of(answer)?;
            let parts = fields.texts("downloadUrls").ok_or(Unreadable::Shape)?;
            let metadata = fields.texts("metadataDownloadUrls").unwrap_or_default();
            let links = |texts: Vec<String>| texts.iter().map(|text| Link::read(text)).collect::<Result<_, _>>();
            Ok(DownloadLinks { parts: links(parts)?, metadata: links(metadata)? })
        })
    }

    /// Starts to fetch a file of at most `max_bytes`. None of Amazon's headers are sent: the link is
    /// the permission, and storage refuses requests with a second one.
    pub async fn download(&self, link: &Link, max_bytes: u64) -> Result<Download, Error> {
        let response = self.succeed(self.bare(link.0.clone())).await.map_err(stale)?;
        let length = response.content_length();
        if length.is_some_and(|length| length > max_bytes) {
            return Err(Unreadable::TooLarge.into());
        }
        Ok(Download { length, bytes: try_unfold((response, max_bytes), next_piece).boxed() })
    }
}

async fn next_piece((mut response, left): (Response, u64)) -> Result<Option<(Bytes, (Response, u64))>, Error> {
    let Some(piece) = response.chunk().await.map_err(Error::from_reqwest)? else { return Ok(None) };
    let left = left.checked_sub(piece.len() as u64).ok_or(Unreadable::TooLarge)?;
    Ok(Some((piece, (response, left))))
}

/// Storage refuses stale and changed links alike, with 403 or 404 and XML.
fn stale(error: Error) -> Error {
    let request_id = error.request_id().map(str::to_owned);
    let refused_for_good = match error.kind() {
        ErrorKind::Refused { status, .. } => *status == StatusCode::BAD_REQUEST.as_u16(),
        // "Not JSON" is the XML of a 404: a success is not read as JSON here.
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
