//! Errors of calls to Amazon, by what the caller should do next.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A failed call. Cheap to clone, since callers that share a refresh share its failure too.
///
/// `Display` is a text for people that ends with Amazon's request id. It contains no token, no URL and none of
/// Amazon's messages, which may quote SQL: those are in [`Error::amazons_words`].
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    request_id: Option<String>,
    words: Option<String>,
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// 401: the access token is no longer valid. Refresh it once, then give up.
    Unauthorized,
    /// 403: the person isn't permitted to see or do this.
    Forbidden,
    /// The terms of AMC aren't accepted for the account; recognized by its text, because sources disagree on the
    /// status.
    TermsNotAccepted,
    /// 404, or a 400 that says "does not exist".
    Missing { message: Option<String> },
    /// Any other 4xx: the request is invalid.
    Refused { status: u16, message: Option<String> },
    /// 429: too many requests.
    Throttled {
        /// The wait that Amazon requests.
        retry_after: Option<Duration>,
    },
    /// 5xx or 408: a problem at Amazon.
    Server {
        status: u16,
        /// The wait that Amazon requests.
        retry_after: Option<Duration>,
    },
    /// The call wasn't sent: a circuit breaker paused calls after repeated failures.
    Resting {
        /// How long calls are still paused.
        retry_after: Option<Duration>,
    },
    /// No complete response was received.
    Network(Network),
    /// The response doesn't match Amazon's documentation.
    Unreadable(Unreadable),
    /// `invalid_grant`: the code was used or the person has revoked the grant. A new consent is required.
    GrantRevoked,
    /// `invalid_client`: Login with Amazon does not accept the application's id or secret.
    ClientRejected,
    /// A download link that has expired (after ten minutes). Request new ones.
    LinkExpired,
}

/// How far a call got before the network failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// The connection never opened: the request was not sent.
    Connect,
    /// No response in time.
    Timeout,
    /// The connection ended before the response did.
    Cut,
}

/// Why a response couldn't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Not JSON, for example a proxy's error page.
    NotJson,
    /// Truncated JSON.
    HalfABody,
    /// JSON with another structure than documented.
    Shape,
    /// A redirect; none is followed, so that tokens are only sent to the intended host.
    Redirect,
    /// The limit on bytes or pages was exceeded.
    TooLarge,
    /// The pages of a list form a loop.
    EndlessPages,
}

impl Error {
    /// An error without a request id, for example without a response.
    pub(super) const fn new(kind: ErrorKind) -> Self {
        Self { kind, request_id: None, words: None, cause: None }
    }

    pub(super) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.request_id = self.request_id.or(request_id);
        self
    }

    /// Adds Amazon's message to a refusal whose kind has no place for it.
    pub(super) fn with_words(mut self, words: Option<String>) -> Self {
        self.words = words;
        self
    }

    /// The error of a request without a complete response. The URL is dropped: links contain secrets.
    pub(super) fn from_reqwest(error: reqwest::Error) -> Self {
        // OK because a connection time-out is both, and "not sent" is what matters.
        let network = if error.is_connect() {
            Network::Connect
        } else if error.is_timeout() {
            Network::Timeout
        } else {
            Network::Cut
        };
        // OK because a request that couldn't be built wasn't sent either.
        let network = if error.is_builder() { Network::Connect } else { network };
        let cause = Arc::new(error.without_url());
        Self { kind: ErrorKind::Network(network), request_id: None, words: None, cause: Some(cause) }
    }

    pub const fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Amazon's id of the request, for their support.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// What went wrong and Amazon's request id, without advice: for a call that is retried automatically.
    pub fn happened(&self) -> String {
        let words = self.kind.to_string();
        let what = words.split_once(". ").map_or(words.trim_end_matches('.'), |(what, _)| what);
        match &self.request_id {
            Some(id) => format!("{what} (request id {id})."),
            None => format!("{what}."),
        }
    }

    /// Amazon's message for a refusal. It may quote the query: show it to its author, don't log it.
    pub fn amazons_words(&self) -> Option<&str> {
        match &self.kind {
            ErrorKind::Missing { message } | ErrorKind::Refused { message, .. } => message.as_deref(),
            _ => self.words.as_deref(),
        }
    }

    /// Whether the same call may succeed later without any action.
    pub const fn is_transient(&self) -> bool {
        match self.kind {
            ErrorKind::Throttled { .. }
            | ErrorKind::Server { .. }
            | ErrorKind::Resting { .. }
            | ErrorKind::Network(_) => true,
            ErrorKind::Unreadable(what) => !matches!(what, Unreadable::TooLarge),
            _ => false,
        }
    }

    /// Whether a request that creates something may have succeeded despite this error. Check Amazon's list before
    /// sending it again. False only if the request was never sent or was definitely refused.
    pub const fn may_have_been_accepted(&self) -> bool {
        match self.kind {
            ErrorKind::Server { .. } | ErrorKind::Unreadable(_) => true,
            ErrorKind::Network(network) => !matches!(network, Network::Connect),
            _ => false,
        }
    }

    /// The wait that Amazon requests, at most [`super::backoff::MAX_RETRY_AFTER`].
    pub const fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            ErrorKind::Throttled { retry_after }
            | ErrorKind::Server { retry_after, .. }
            | ErrorKind::Resting { retry_after } => retry_after,
            _ => None,
        }
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl From<Unreadable> for Error {
    fn from(what: Unreadable) -> Self {
        Self::new(ErrorKind::Unreadable(what))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(formatter)?;
        match &self.request_id {
            Some(id) => write!(formatter, " Amazon's request id: {id}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unauthorized => "Amazon rejected the access token. Try again. If it persists, reconnect.",
            Self::Forbidden => {
                "Amazon doesn't allow this for the connected person. Ask an administrator of the AMC account for \
                 access."
            }
            Self::TermsNotAccepted => {
                "AMC's terms haven't been accepted for this account. Ask an administrator of the account to accept \
                 them in the AMC console."
            }
            Self::Missing { .. } => {
                "Amazon doesn't know this item. It may have been deleted, or belong to another account."
            }
            Self::Refused { status, .. } => {
                return write!(formatter, "Amazon refused the request with status {status}. Change it and try again.");
            }
            Self::Throttled { .. } => "Amazon received too many requests from here. Wait a little, then try again.",
            Self::Server { status, .. } => {
                return write!(formatter, "Amazon's service is failing (status {status}). Try again later.");
            }
            Self::Resting { .. } => {
                "Amazon failed several times in a row, so calls are paused for a while. The operations page shows for \
                 how long."
            }
            Self::Network(network) => return network.fmt(formatter),
            Self::Unreadable(what) => return what.fmt(formatter),
            Self::GrantRevoked => "Amazon access was revoked or has expired. Reconnect to restore it.",
            Self::ClientRejected => {
                "Amazon doesn't accept this application's client ID or secret. Ask your RecomAMP administrator to \
                 check both."
            }
            Self::LinkExpired => "The download link has expired. Fetch the result again.",
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Connect => "Couldn't reach Amazon. Check the network and the addresses, then try again.",
            Self::Timeout => "Amazon didn't respond in time. Try again later.",
            Self::Cut => "The connection to Amazon was interrupted. Try again.",
        })
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotJson => "The response didn't come from Amazon's API. Check the address and any proxies.",
            Self::HalfABody => "Amazon's response was incomplete. Try again.",
            Self::Shape => {
                "Amazon's response doesn't have the documented format. Try again. If it persists, report \
                            it."
            }
            Self::Redirect => "Amazon's API address redirects elsewhere. Check the configured addresses.",
            Self::TooLarge => "Amazon's response is larger than the limit. Request less.",
            Self::EndlessPages => "Amazon's list repeats a page. Try again later.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds() -> Vec<ErrorKind> {
        let message = Some("SELECT secret_column".to_owned());
        vec![
            ErrorKind::Unauthorized,
            ErrorKind::Forbidden,
            ErrorKind::TermsNotAccepted,
            ErrorKind::Missing { message: message.clone() },
            ErrorKind::Refused { status: 400, message },
            ErrorKind::Throttled { retry_after: None },
            ErrorKind::Server { status: 503, retry_after: None },
            ErrorKind::Network(Network::Connect),
            ErrorKind::Network(Network::Timeout),
            ErrorKind::Network(Network::Cut),
            ErrorKind::Unreadable(Unreadable::NotJson),
            ErrorKind::Unreadable(Unreadable::HalfABody),
            ErrorKind::Unreadable(Unreadable::Shape),
            ErrorKind::Unreadable(Unreadable::Redirect),
            ErrorKind::Unreadable(Unreadable::TooLarge),
            ErrorKind::Unreadable(Unreadable::EndlessPages),
            ErrorKind::GrantRevoked,
            ErrorKind::ClientRejected,
            ErrorKind::LinkExpired,
        ]
    }

    #[test]
    fn a_text_for_people_says_what_to_do_and_quotes_nobody() {
        for kind in kinds() {
            let text = Error::new(kind).with_request_id(Some("rid-1".to_owned())).to_string();
            assert!(text.matches(". ").count() >= 2, "{text}");
            assert!(text.ends_with("Amazon's request id: rid-1"), "{text}");
            assert!(!text.contains("secret_column"), "{text}");
        }
    }

    #[test]
    fn what_happened_is_one_sentence_and_asks_for_nothing() {
        let happened = |id| Error::new(ErrorKind::Throttled { retry_after: None }).with_request_id(id).happened();
        assert_eq!(happened(None), "Amazon received too many requests from here.");
        assert_eq!(
            happened(Some("rid-1".to_owned())),
            "Amazon received too many requests from here (request id \
                                                        rid-1)."
        );
        for kind in kinds() {
            let text = Error::new(kind).happened();
            assert!(text.ends_with('.') && !text.contains("ry again"), "{text}");
        }
    }

    #[test]
    fn only_an_unsent_or_refused_request_cannot_have_been_accepted() {
        let accepted = kinds().into_iter().filter(|kind| Error::new(kind.clone()).may_have_been_accepted());
        let accepted: Vec<_> = accepted.collect();
        assert_eq!(accepted.len(), 9, "{accepted:?}");
        assert!(accepted.contains(&ErrorKind::Network(Network::Timeout)));
        assert!(accepted.contains(&ErrorKind::Network(Network::Cut)));
        assert!(accepted.contains(&ErrorKind::Server { status: 503, retry_after: None }));
        assert!(accepted.contains(&ErrorKind::Unreadable(Unreadable::NotJson)));
    }

    #[test]
    fn what_needs_a_person_is_not_transient() {
        let transient = kinds().into_iter().filter(|kind| Error::new(kind.clone()).is_transient());
        let transient: Vec<_> = transient.collect();
        assert_eq!(transient.len(), 10, "{transient:?}");
        for kind in [ErrorKind::GrantRevoked, ErrorKind::Unauthorized, ErrorKind::Unreadable(Unreadable::TooLarge)] {
            assert!(!transient.contains(&kind), "{kind:?}");
        }
    }
}
