//! The addresses that the program answers to, read off its sources. The bench of pages reads them here, too.

/// An address as the code names it (`/queries/{id}`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) path: String,
    /// Whether it can be looked at, and not only be sent to.
    pub(crate) is_get: bool,
}

/// The routes that a file of Rust makes: `.route("/queries", get(…).post(…))`. Its unit tests make none.
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
    code.split(".route(").skip(1).filter_map(route).collect()
}

/// Whether the routes of a file below `src` are the program's own: the pretend Amazon's are not, and what the client of Amazon
/// calls is not served.
pub(crate) fn are_served(path: &str) -> bool {
    !path.starts_with("emulator") && !path.starts_with("amazon")
}

#[test]
fn what_can_be_looked_at_is_told_from_what_is_only_sent_to() {
    let code = "r.route(\"/a\", get(a).post(b))\n.route(\n  \"/b\",\n  post(widget(x)),\n).route(\"/c\", axum::routing::get(c))";
    let found: Vec<_> = routes(code).into_iter().map(|route| (route.path, route.is_get)).collect();
    assert_eq!(found, [("/a".to_owned(), true), ("/b".to_owned(), false), ("/c".to_owned(), true)]);
}
