//! The kinds of problems that a program can meet, each with the text of its help page.

/// A kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemKind {
    /// The last part of its address.
    pub name: &'static str,
    /// The usual HTTP status.
    pub status: u16,
    pub title: &'static str,
    pub why: &'static str,
    pub fix: &'static str,
}

const fn kind(
    name: &'static str,
    status: u16,
    title: &'static str,
    why: &'static str,
    fix: &'static str,
) -> ProblemKind {
    ProblemKind { name, status, title, why, fix }
}

/// All kinds, by status.
pub const PROBLEMS: &[ProblemKind] = &[
    kind(
        "invalid-request",
        400,
        "Bad request",
        "The request can't be read: its JSON has a syntax error, a parameter of the address isn't valid, or a required header is missing.",
        "Read the detail, correct the request and send it again. Nothing was changed.",
    ),
    kind(
        "invalid-cursor",
        400,
        "Invalid cursor",
        "The cursor was changed, is too old, or belongs to another list or to other filters.",
        "Use next_cursor or the Link header of the previous page unchanged, with the same filters. To start again, leave cursor out.",
    ),
    kind(
        "not-signed-in",
        401,
        "Sign in first",
        "The address is for people who are signed in.",
        "Sign in, or send a personal API token to an address below /api/.",
    ),
    kind(
        "invalid-token",
        401,
        "No valid API token",
        "The request has no API token, or the token is mistyped, expired or revoked, or its person may not use RecomAMP now.",
        "Send a personal API token as Authorization: Bearer. You create one in RecomAMP under API tokens.",
    ),
    kind(
        "not-allowed",
        403,
        "Not allowed",
        "Your role on the instance doesn't allow this, or the thing belongs to somebody else.",
        "The detail says which role is needed and who can give it.",
    ),
    kind(
        "insufficient-scope",
        403,
        "The token doesn't allow this",
        "The API token has no scope for this kind of things, or only the scope for reading.",
        "Create a token with the scope named in the detail. The scopes of a token can't be changed.",
    ),
    kind(
        "not-found",
        404,
        "Not found",
        "The address is mistyped, or the thing was deleted, or you have no access to it, or the token is limited to other instances. The answer doesn't tell which.",
        "Check the id and your access to the instance.",
    ),
    kind(
        "method-not-allowed",
        405,
        "Method not allowed",
        "The address doesn't have this method.",
        "The Allow header and the API page list the methods of each address.",
    ),
    kind(
        "not-acceptable",
        406,
        "No such format",
        "The result isn't available in a format that the Accept header names.",
        "Accept application/json, text/csv or application/vnd.apache.parquet.",
    ),
    kind(
        "timeout",
        408,
        "Timeout",
        "The request took too long.",
        "Send it again. With the same Idempotency-Key nothing happens twice.",
    ),
    kind(
        "conflict",
        409,
        "Conflict",
        "The thing is in a state in which this isn't possible. The member code, where there is one, names the reason.",
        "Read the detail; get the thing again before you retry.",
    ),
    kind(
        "request-in-progress",
        409,
        "The first request is in progress",
        "A request with the same Idempotency-Key is still being worked on.",
        "Wait for the seconds in Retry-After and send the same request again: you get the first one's answer.",
    ),
    kind(
        "gone",
        410,
        "No longer available",
        "The thing existed and was removed, such as a result that reached the end of its retention period.",
        "The detail says whether it can be made again.",
    ),
    kind(
        "precondition-failed",
        412,
        "Changed meanwhile",
        "The thing no longer has the ETag in If-Match: somebody changed it after you read it.",
        "Get it again, apply your change to what you get, and send that with the new ETag.",
    ),
    kind(
        "too-large",
        413,
        "Too large",
        "The body is larger than this installation accepts.",
        "Send less. An administrator can raise RECOMAMP_MAX_BODY_KIB.",
    ),
    kind(
        "unsupported-media-type",
        415,
        "Unsupported media type",
        "The body isn't marked as JSON.",
        "Send JSON with Content-Type: application/json.",
    ),
    kind(
        "wrong-host",
        421,
        "Wrong address",
        "The request named another host than that of this installation.",
        "Use the public address of the installation.",
    ),
    kind(
        "invalid-fields",
        422,
        "Some fields don't fit",
        "The body is JSON, but some of its members are missing, unknown, of another type or not valid.",
        "Each entry of errors has a JSON pointer to the member and says what to do. Nothing was changed.",
    ),
    kind(
        "invalid-query",
        422,
        "The query can't run",
        "Its SQL or the input of this run has errors, so nothing was sent to AMC.",
        "errors names the members of the request that don't fit, findings the errors in the SQL, each with the code of its help page and its position.",
    ),
    kind(
        "key-reused",
        422,
        "The idempotency key belongs to another request",
        "The Idempotency-Key was used for a request with another method, address or body.",
        "Use a new key for each new request, and the same key only to repeat one.",
    ),
    kind(
        "too-many-requests",
        429,
        "Too many requests",
        "More requests came from your network address than this installation allows in a minute.",
        "Wait for the seconds in Retry-After. RateLimit-Remaining tells how many requests are left.",
    ),
    kind(
        "internal",
        500,
        "Something went wrong",
        "This is a defect in RecomAMP.",
        "Give the instance of the problem, which is the id of the request, to your administrator.",
    ),
    kind(
        "amazon",
        502,
        "Amazon refused or didn't answer",
        "The request needs Amazon, and Amazon refused it or couldn't be reached.",
        "Read the detail. Where Amazon wasn't reached, send the request again later.",
    ),
    kind(
        "unavailable",
        503,
        "Temporarily unavailable",
        "The database or the storage of results isn't available.",
        "Wait for the seconds in Retry-After and send the request again.",
    ),
];

/// The kind with this name.
pub(super) fn find(name: &str) -> Option<&'static ProblemKind> {
    PROBLEMS.iter().find(|kind| kind.name == name)
}
