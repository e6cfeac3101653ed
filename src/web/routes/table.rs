//! The table of who may do what, and the layer that enforces it.

use std::collections::HashMap;
use std::ops::Range;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Who;
use crate::web::room::Rooms;
use crate::web::{Error, Person};

/// A line of the table: a method of a path, and who may use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub method: Method,
    /// As registered (`/queries/{id}`).
    pub path: &'static str,
    pub who: Who,
    /// What it does; empty if nothing more is known than the path.
    pub what: &'static str,
    /// For endpoints of the API, the scope that the caller's token needs, which is empty if any token will do.
    pub scope: Option<String>,
}

impl Line {
    /// A line of which only the path is known.
    pub const fn new(method: Method, path: &'static str, who: Who) -> Self {
        Self { method, path, who, what: "", scope: None }
    }

    /// `POST /queries/{id}/delete`.
    pub fn request(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Why a request isn't admitted.
enum Refusal {
    SignIn,
    /// Only administrators may; with the reason, unless the address doesn't exist for others.
    Administrator(Option<&'static str>),
    /// No line has this path.
    Unlisted(String),
}

/// Who may do what: every method of every path, sorted.
#[derive(Clone, Debug, Default)]
pub struct Table {
    lines: Vec<Line>,
    by_path: HashMap<&'static str, Range<usize>>,
}

impl Table {
    pub fn new(mut lines: Vec<Line>) -> Self {
        lines.sort_by(|one, other| (one.path, one.method.as_str()).cmp(&(other.path, other.method.as_str())));
        let mut by_path: HashMap<&'static str, Range<usize>> = HashMap::new();
        for (number, line) in lines.iter().enumerate() {
            by_path.entry(line.path).or_insert(number..number).end = number + 1;
        }
        Self { lines, by_path }
    }

    /// All lines, by path and method.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Why a request isn't admitted, as far as its route and its person tell. A method that the path doesn't have is
    /// admitted: the route answers it with 405.
    fn refusal(&self, path: &str, method: &Method, person: Option<&Person>) -> Option<Refusal> {
        let Some(lines) = self.by_path.get(path).and_then(|range| self.lines.get(range.clone())) else {
            return Some(Refusal::Unlisted(path.to_owned()));
        };
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let line = lines.iter().find(|line| line.method == *method)?;
        if line.scope.is_some() {
            // OK because the API's own layer, which is further inside, knows the caller of the token.
            return None;
        }
        match (line.who, person) {
            (Who::Anyone | Who::Link | Who::Operator | Who::Token, _) => None,
            (_, None) => Some(Refusal::SignIn),
            (Who::Administrator(why), Some(person)) if !person.is_administrator => Some(Refusal::Administrator(why)),
            _ => None,
        }
    }
}

impl Refusal {
    fn error(self, parts: &Parts) -> Error {
        match self {
            Self::SignIn => Error::sign_in(parts),
            Self::Administrator(Some(why)) => Error::Forbidden(why.to_owned()),
            Self::Administrator(None) => Error::Missing,
            Self::Unlisted(path) => Error::Internal(anyhow::anyhow!("nothing says who may use the route {path}")),
        }
    }
}

/// Refuses what the table doesn't allow: strangers, where one must be signed in, and others than administrators. Who is
/// signed in was found out before. A route without a line is a defect and answered as one.
pub async fn admit(State(rooms): State<Rooms>, request: Request, next: Next) -> Response {
    // OK because what matches no route isn't found.
    let Some(path) = request.extensions().get::<MatchedPath>() else { return next.run(request).await };
    let person = request.extensions().get::<Person>();
    let Some(refusal) = rooms.access().refusal(path.as_str(), request.method(), person) else {
        return next.run(request).await;
    };
    let (parts, _) = request.into_parts();
    refusal.error(&parts).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::http::header::LOCATION;
    use axum::middleware::from_fn_with_state;
    use tower::ServiceExt as _;

    use super::*;
    use crate::clock::Clock;
    use crate::ids::Random;
    use crate::web::room::Room;
    use crate::web::routes::{Routes, get, post};

    fn person(is_administrator: bool) -> Person {
        let id = Random::seeded(1).id(Clock::system().now());
        Person { id, session: None, token: None, name: "Ada".to_owned(), email: String::new(), is_administrator }
    }

    fn router() -> Router {
        let (told, hidden) = (Who::Administrator(Some("Ask one.")), Who::Administrator(None));
        let routes = Routes::new()
            .route("/open", get(Who::Anyone, || async { "open" }))
            .route("/things", get(Who::SignedIn, || async { "things" }).post(told, || async { "added" }))
            .route("/things/{id}", post(hidden, || async { "changed" }));
        let rooms = [Room::new(routes)];
        let known = Rooms::of(&rooms, &[]);
        let [room] = rooms;
        let unlisted = Router::new().route("/unlisted", axum::routing::get(|| async { "unlisted" }));
        let router = room.routes.into_router().merge(unlisted).fallback(|| async { StatusCode::NOT_FOUND });
        router.layer(from_fn_with_state(known, admit))
    }

    async fn answer(method: &str, path: &str, person: Option<Person>) -> (u16, String) {
        let mut request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        if let Some(person) = person {
            request.extensions_mut().insert(person);
        }
        let answer = router().oneshot(request).await.unwrap();
        let to = answer.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned());
        (answer.status().as_u16(), to.unwrap_or_default())
    }

    #[tokio::test]
    async fn strangers_are_asked_to_sign_in_except_where_anyone_may() {
        assert_eq!(answer("GET", "/open", None).await.0, 200);
        assert_eq!(answer("GET", "/things?q=a", None).await, (303, "/sign-in?to=%2Fthings%3Fq%3Da".to_owned()));
        assert_eq!(answer("HEAD", "/things", None).await.0, 303);
        assert_eq!(answer("POST", "/things/1", None).await.0, 303);
        assert_eq!(answer("GET", "/things", Some(person(false))).await.0, 200);
    }

    #[tokio::test]
    async fn others_than_administrators_are_refused() {
        assert_eq!(answer("POST", "/things", Some(person(false))).await.0, 403);
        assert_eq!(answer("POST", "/things/1", Some(person(false))).await.0, 404);
        assert_eq!(answer("POST", "/things", Some(person(true))).await.0, 200);
        assert_eq!(answer("POST", "/things/1", Some(person(true))).await.0, 200);
    }

    #[tokio::test]
    async fn a_route_without_a_line_is_a_defect_and_the_rest_is_the_routers() {
        assert_eq!(answer("GET", "/unlisted", Some(person(true))).await.0, 500);
        assert_eq!(answer("DELETE", "/things", None).await.0, 405);
        assert_eq!(answer("GET", "/nowhere", None).await.0, 404);
    }

    #[test]
    fn lines_are_sorted() {
        let line = |method, path| Line::new(method, path, Who::Anyone);
        let table = Table::new(vec![line(Method::POST, "/b"), line(Method::GET, "/c"), line(Method::GET, "/b")]);
        let sorted: Vec<String> = table.lines().iter().map(Line::request).collect();
        assert_eq!(sorted, ["GET /b", "POST /b", "GET /c"]);
    }
}
