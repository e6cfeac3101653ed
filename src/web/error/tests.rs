use super::*;

fn labels(signed_in: bool, again: bool) -> Vec<&'static str> {
    let menu = [Section::new("/", "Dashboard", "code"), Section::new("/a", "A room", "code")];
    let ways = ways::ways(Vec::new(), signed_in, again, &menu);
    assert!(ways[0].kind == "primary" && ways[1..].iter().all(|way| way.kind.is_empty()));
    ways.into_iter().map(|way| way.label).collect()
}

#[test]
fn what_passes_is_tried_again_and_nobody_is_taken_for_signed_out_who_may_be_signed_in() {
    assert_eq!(labels(false, false), ["Sign in"]);
    assert_eq!(labels(false, true), ["Try again"]);
    assert_eq!(labels(true, false), ["Dashboard", "A room"]);
    assert_eq!(labels(true, true)[0], "Try again");
    assert!(passes(StatusCode::TOO_MANY_REQUESTS) && passes(StatusCode::GATEWAY_TIMEOUT));
    assert!(!passes(StatusCode::NOT_FOUND));
}

#[test]
fn the_way_back_is_a_page_of_this_site_without_its_query() {
    let back = |from: &'static str, opened: Option<&str>| {
        let headers = [(axum::http::header::HOST, "amc.example:8080"), (REFERER, from)];
        let headers = headers.map(|(name, value)| (name, axum::http::HeaderValue::from_static(value)));
        ways::back(&axum::http::HeaderMap::from_iter(headers), opened)
    };
    assert_eq!(back("http://amc.example:8080/queries?q=a", None).as_deref(), Some("/queries"));
    assert_eq!(back("http://amc.example:8080/queries", Some("/queries/new?a=b")).as_deref(), Some("/queries"));
    assert_eq!(back("http://amc.example:8080/queries?q=a", Some("/queries?page=9")), None, "it would lead here again");
    for elsewhere in ["http://evil.example/queries", "http://amc.example/", "/queries", "", "about:blank"] {
        assert_eq!(back(elsewhere, None), None, "{elsewhere}");
    }
    assert_eq!(ways::back(&axum::http::HeaderMap::new(), None), None);
}

#[test]
fn the_way_of_an_error_comes_first() {
    let ways =
        ways::ways(vec![("Go back", "/queries".to_owned())], true, false, &[Section::new("/", "Dashboard", "code")]);
    let shown: Vec<_> = ways.iter().map(|way| (way.label, way.kind)).collect();
    assert_eq!(shown, [("Go back", "primary"), ("Dashboard", "")]);
}
