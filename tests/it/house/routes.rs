//! The program's routes, parsed from its sources. The benchmark of pages uses this too.

/// A route as written in the code (`/queries/{id}`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) path: String,
    /// Whether it supports GET.
    pub(crate) is_get: bool,
}

/// The routes in a Rust file: `.route("/queries", get(…).post(…))`, without those in unit tests.
pub(crate) fn routes(text: &str) -> Vec<Route> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let route = |rest: &str| {
        let (path, rest) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
        let mut depth = 1;
        let end = rest.find(|letter| {
            depth += i32::from(letter == '(') - i32::from(letter == ')');
            depth == 0
        });
        let handlers = &rest[..end.unwrap_or(rest.len())];
        let whole = |at: usize| !handlers[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let is_get = handlers.match_indices("get(").any(|(at, _)| whole(at));
        Some(Route { path: path.to_owned(), is_get })
    };
    let endpoint = |rest: &str| {
        let (method, rest) = rest.split_once('(')?;
        let path = rest.trim_start().strip_prefix('"')?.split('"').next()?;
        ["get", "post", "put", "delete"]
            .contains(&method)
            .then(|| Route { path: path.to_owned(), is_get: method == "get" })
    };
    let mut all: Vec<Route> = code.split(".route(").skip(1).filter_map(route).collect();
    // Rows of the API's table, which register themselves.
    all.extend(code.split("Endpoint::").skip(1).filter_map(endpoint));
    all
}

/// Whether the routes of a file below `src` are the program's own: those of the AMC emulator aren't, and the ones
/// that the Amazon client calls aren't served.
pub(crate) fn are_served(path: &str) -> bool {
    !path.starts_with("emulator") && !path.starts_with("amazon")
}

#[test]
fn what_can_be_looked_at_is_distinguished_from_what_is_only_sent_to() {
    let table = routes("let a = Endpoint::get(\"/api/a\", \"getA\", \"A\");\nEndpoint::post(\n  \"/api/b\", \"x\")");
    let found: Vec<_> = table.into_iter().map(|route| (route.path, route.is_get)).collect();
    assert_eq!(found, [("/api/a".to_owned(), true), ("/api/b".to_owned(), false)]);
    let code = "r.route(\"/a\", get(a).post(b))\n.route(\n  \"/b\",\n  post(widget(x)),\n).route(\"/c\", axum::routing::get(c))";
    let found: Vec<_> = routes(code).into_iter().map(|route| (route.path, route.is_get)).collect();
    assert_eq!(found, [("/a".to_owned(), true), ("/b".to_owned(), false), ("/c".to_owned(), true)]);
}
