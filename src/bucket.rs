//! S3-compatible buckets: address, settings and access.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig};
use url::Url;

use crate::vault::Secret;

/// Time limit of one request, which transfers up to 10 MiB.
const TIMEOUT: Duration = Duration::from_mins(1);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum number of retries after a 5xx, a 429 or a broken connection.
const RETRIES: usize = 4;
/// Time limit for all retries of a request.
const RETRY_TIMEOUT: Duration = Duration::from_secs(90);
/// The object that is written and deleted to check whether the bucket is usable.
const PROBE: &str = ".recomamp-probe";

/// A bucket, or a folder in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// The prefix of all keys, without leading or trailing slash; empty for the whole bucket.
    pub prefix: String,
    /// The address of the service, if it isn't Amazon S3.
    pub endpoint: Option<Url>,
    /// The region; most services other than Amazon S3 accept any.
    pub region: String,
    /// The ID and secret of the access key. Without one, requests are signed with the role of the machine (from
    /// Amazon's instance or container metadata).
    pub key: Option<(String, Secret)>,
}

/// Why a bucket is unusable.
#[derive(Debug, thiserror::Error)]
#[error("the bucket {name} can't be used: {why}")]
pub struct BucketError {
    name: String,
    why: String,
}

/// What is wrong with a bucket, as the end of a sentence, from an error of the storage library. The error's own text has
/// the request, its duration and the service's answer as XML.
pub fn explain(bucket: &str, error: &str) -> String {
    let inside = |tag: &str| {
        let (_, rest) = error.split_once(&format!("<{tag}>"))?;
        rest.split_once(&format!("</{tag}>")).map(|(text, _)| text.trim())
    };
    match inside("Code") {
        Some("NoSuchBucket") => format!("there is no bucket {bucket} at this address and region"),
        Some("InvalidAccessKeyId") => "the service doesn't know the access key ID".to_owned(),
        Some("SignatureDoesNotMatch") => "the secret access key doesn't belong to the access key ID".to_owned(),
        Some("AccessDenied") => format!("the access key may not write and delete objects in {bucket}"),
        Some("PermanentRedirect" | "AuthorizationHeaderMalformed") => {
            format!("the bucket {bucket} is in another region")
        }
        Some(code) => format!("the service responds {code}: {}", inside("Message").unwrap_or_default()),
        None => {
            let last = error.rsplit(" - ").next().unwrap_or(error).trim().trim_end_matches(':');
            match last.strip_prefix("Server returned non-2xx status code: ") {
                Some(status) => format!("the service responds {status}"),
                None => format!("the service can't be reached: {last}"),
            }
        }
    }
}

/// Parses `s3://bucket/prefix` into bucket name and prefix. An error is the end of a sentence about the address.
pub fn parse(address: &str) -> Result<(String, String), &'static str> {
    const FORM: &str = "has to be a bucket and an optional prefix";
    let rest = address.strip_prefix("s3://").ok_or(FORM)?;
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    // See bucket naming rules in the Amazon S3 documentation.
    let is_name = (3..=63).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
    let prefix = prefix.trim_matches('/');
    let is_prefix = prefix.is_empty() || (prefix.len() <= 500 && Path::parse(prefix).is_ok());
    if is_name && is_prefix { Ok((name.to_owned(), prefix.to_owned())) } else { Err(FORM) }
}

impl Bucket {
    /// Opens the bucket; doesn't send a request yet.
    pub fn open(&self) -> Result<Arc<dyn ObjectStore>, BucketError> {
        let retry =
            RetryConfig { backoff: BackoffConfig::default(), max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT };
        let options = ClientOptions::new().with_timeout(TIMEOUT).with_connect_timeout(CONNECT_TIMEOUT);
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.name)
            .with_region(&self.region)
            .with_retry(retry)
            .with_client_options(options);
        if let Some(endpoint) = &self.endpoint {
            let text = endpoint.as_str().trim_end_matches('/');
            builder = builder.with_endpoint(text).with_allow_http(endpoint.scheme() == "http");
        }
        if let Some((id, secret)) = &self.key {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret.expose());
        }
        let store = builder.build().map_err(|cause| self.failed(&cause))?;
        Ok(if self.prefix.is_empty() {
            Arc::new(store)
        } else {
            Arc::new(PrefixStore::new(store, Path::from(self.prefix.as_str())))
        })
    }

    /// Writes a small object and deletes it.
    pub async fn probe(&self) -> Result<(), BucketError> {
        let store = self.open()?;
        let path = Path::from(PROBE);
        store.put(&path, PutPayload::from_static(b"recomamp")).await.map_err(|cause| self.failed(&cause))?;
        store.delete(&path).await.map_err(|cause| self.failed(&cause))
    }

    fn failed(&self, cause: &object_store::Error) -> BucketError {
        BucketError { name: self.name.clone(), why: explain(&self.name, &cause.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_parsed_into_bucket_and_prefix() {
        let parsed = |text| parse(text).ok();
        assert_eq!(parsed("s3://results"), Some(("results".to_owned(), String::new())));
        assert_eq!(parsed("s3://results/"), Some(("results".to_owned(), String::new())));
        assert_eq!(parsed("s3://my.results-1/a/b/"), Some(("my.results-1".to_owned(), "a/b".to_owned())));
        for wrong in ["", "results", "s3://", "s3://ab", "s3://Results", "s3://results/a//b", "https://results.s3"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_error_is_explained_without_the_request() {
        let of = |code: &str| {
            format!(
                "Object at location a not found: Error performing PUT http://host/b/a in 16.8ms - Server returned non-2xx \
                 status code: 404 Not Found: <?xml version=\"1.0\"?>\n<Error>\n<Code>{code}</Code>\n<Message>It is \
                 away.</Message></Error>"
            )
        };
        assert_eq!(explain("b", &of("NoSuchBucket")), "there is no bucket b at this address and region");
        assert_eq!(explain("b", &of("SlowDown")), "the service responds SlowDown: It is away.");
        let refused = "Generic S3 error: Error performing PUT http://host/b/a in 2.1s, after 4 retries, max_retries: 4, \
            retry_timeout: 90s  - HTTP error: error sending request";
        assert_eq!(explain("b", refused), "the service can't be reached: HTTP error: error sending request");
        let empty =
            "Error performing PUT http://host/b/a in 2ms - Server returned non-2xx status code: 403 Forbidden: ";
        assert_eq!(explain("b", empty), "the service responds 403 Forbidden");
    }

    #[test]
    fn messages_dont_contain_the_secret() {
        let key = Some(("id".to_owned(), Secret::new("hush")));
        let bucket =
            Bucket { name: "results".into(), prefix: String::new(), endpoint: None, region: "eu-west-1".into(), key };
        assert!(!format!("{bucket:?}").contains("hush"));
        bucket.open().unwrap();
    }
}
