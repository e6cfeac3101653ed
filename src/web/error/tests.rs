use super::*;

fn labels(signed_in: bool, again: bool) -> Vec<&'static str> {
    let menu = [Section::new("/", "Dashboard", "code"), Section::new("/a", "A room", "code")];
    let ways = ways::ways(None, signed_in, again, &menu);
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
