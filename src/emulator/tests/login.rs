use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::bench::{Bench, Reply};
use crate::emulator::people::AGENCY_A_US;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const ASK: &str = "client_id=c1&scope=advertising%3A%3Acampaign_management%20profile&response_type=code\
    &redirect_uri=https%3A%2F%2Famazon.com&state=a%20b%26c";

/// Submits the consent page and returns the redirect URL.
async fn answer(bench: &Bench, extra: &str) -> url::Url {
    let reply = bench.bare(Method::POST, "/ap/oa", &format!("{ASK}{extra}")).await;
    assert_eq!(reply.status, StatusCode::FOUND, "{}", reply.text);
    reply.header("location").parse().unwrap()
}

fn param(url: &url::Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

async fn allowed(bench: &Bench, extra: &str) -> String {
    param(&answer(bench, &format!("{extra}&person=ben&decision=allow")).await, "code").unwrap()
}

async fn exchange(bench: &Bench, code: &str, extra: &str) -> Reply {
    let body = format!(
        "grant_type=authorization_code&code={code}&redirect_uri=https%3A%2F%2Famazon.com&client_id=c1&client_secret=s{extra}"
    );
    bench.bare(Method::POST, "/auth/o2/token", &body).await
}

fn error(reply: &Reply) -> (u16, String, String) {
    let body = reply.json();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (reply.status.as_u16(), text("error"), text("error_description"))
}

#[tokio::test]
async fn the_consent_page_lists_people_and_needs_no_scripts() {
    let page = Bench::new().bare(Method::GET, &format!("/ap/oa?{ASK}&foo=bar"), "").await;
    assert_eq!(page.status, StatusCode::OK);
    let document = scraper::Html::parse_document(&page.text);
    let find = |selector: &str| document.select(&scraper::Selector::parse(selector).unwrap()).count();
    assert_eq!(find("input[type=radio][name=person]"), 5);
    assert_eq!(find("input[type=hidden][name=state][value='a b&c']"), 1);
    assert_eq!(find("script, [style], [onclick]"), 0);
    assert_eq!(find("button[name=decision]"), 2);
}

#[tokio::test]
async fn allowing_leads_back_with_code_scope_and_state() {
    let bench = Bench::new();
    let back = answer(&bench, "&person=ben&decision=allow").await;
    assert_eq!(back.host_str(), Some("amazon.com"));
    assert_eq!(param(&back, "state").unwrap(), "a b&c");
    assert_eq!(param(&back, "scope").unwrap(), "advertising::campaign_management profile");
    let tokens = exchange(&bench, &param(&back, "code").unwrap(), "").await.ok();
    assert_eq!(tokens["token_type"], "bearer");
    assert_eq!(tokens["expires_in"], 3600);
    let access = tokens["access_token"].as_str().unwrap();
    assert!(access.starts_with("Atza|") && (350..=2048).contains(&access.len()), "{}", access.len());
    assert!(tokens["refresh_token"].as_str().unwrap().starts_with("Atzr|"));
}

#[tokio::test]
async fn refusing_leads_back_with_access_denied() {
    let back = answer(&Bench::new(), "&person=ben&decision=refuse").await;
    assert_eq!(param(&back, "error").unwrap(), "access_denied");
    assert_eq!(param(&back, "state").unwrap(), "a b&c");
    assert_eq!(param(&back, "code"), None);
}

#[tokio::test]
async fn a_request_with_an_unsafe_address_is_not_led_back() {
    let bench = Bench::new();
    for redirect in ["javascript:alert(1)", "", "nonsense", "data:text/html,x"] {
        let path = format!("/ap/oa?client_id=c&scope=profile&response_type=code&redirect_uri={redirect}");
        let reply = bench.bare(Method::GET, &path, "").await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{redirect}");
    }
}

#[tokio::test]
async fn auto_consent_answers_at_once() {
    let bench = Bench::with(|options| options.auto_consent = true);
    let reply = bench.bare(Method::GET, &format!("/ap/oa?{ASK}"), "").await;
    assert_eq!(reply.status, StatusCode::FOUND);
    assert!(reply.header("location").contains("code="));
}

#[tokio::test]
async fn a_code_works_once_and_for_five_minutes() {
    let bench = Bench::new();
    let code = allowed(&bench, "").await;
    exchange(&bench, &code, "").await.ok();
    let invalid = (400, "invalid_grant".to_owned(), "The request has an invalid parameter : code".to_owned());
    assert_eq!(error(&exchange(&bench, &code, "").await), invalid);
    let late = allowed(&bench, "").await;
    bench.pass(300).await;
    assert_eq!(error(&exchange(&bench, &late, "").await), invalid);
}

#[tokio::test]
async fn pkce_is_checked_in_both_methods() {
    let bench = Bench::new();
    let s256 = format!("&code_challenge={CHALLENGE}&code_challenge_method=S256");
    let code = allowed(&bench, &s256).await;
    exchange(&bench, &code, &format!("&code_verifier={VERIFIER}")).await.ok();
    for wrong in ["", "&code_verifier=wrong"] {
        let code = allowed(&bench, &s256).await;
        assert_eq!(error(&exchange(&bench, &code, wrong).await).1, "invalid_grant");
    }
    let code = allowed(&bench, &format!("&code_challenge={VERIFIER}")).await;
    exchange(&bench, &code, &format!("&code_verifier={VERIFIER}")).await.ok();
}

#[tokio::test]
async fn a_refresh_gives_the_same_refresh_token_and_reads_json_too() {
    let bench = Bench::new();
    let code = allowed(&bench, "").await;
    let refresh = exchange(&bench, &code, "").await.ok()["refresh_token"].clone();
    let body =
        json!({ "grant_type": "refresh_token", "refresh_token": refresh, "client_id": "c1", "client_secret": "s" });
    let again = bench.bare(Method::POST, "/auth/o2/token", &body.to_string()).await.ok();
    assert_eq!(again["refresh_token"], refresh);
    let other =
        json!({ "grant_type": "refresh_token", "refresh_token": refresh, "client_id": "c2", "client_secret": "s" });
    let reply = bench.bare(Method::POST, "/auth/o2/token", &other.to_string()).await;
    let text = "The request has an invalid grant parameter : refresh_token. User may have revoked or didn't grant the permission.";
    assert_eq!(error(&reply), (400, "invalid_grant".to_owned(), text.to_owned()));
}

#[tokio::test]
async fn a_client_that_is_not_the_one_is_refused() {
    let bench = Bench::with(|options| options.client = Some(("c1".to_owned(), "right".to_owned())));
    let reply = exchange(&bench, "x", "").await;
    assert_eq!(error(&reply), (401, "invalid_client".to_owned(), "Client authentication failed".to_owned()));
}

#[tokio::test]
async fn a_client_may_come_by_http_basic() {
    let bench = Bench::new();
    let code = allowed(&bench, "").await;
    let body = format!("grant_type=authorization_code&code={code}&redirect_uri=https%3A%2F%2Famazon.com");
    let request = Request::post("/auth/o2/token").header("Authorization", "Basic YzE6cw==");
    bench.call(request.body(Body::from(body)).unwrap()).await.ok();
}

#[tokio::test]
async fn incomplete_token_requests_say_what_is_missing() {
    let bench = Bench::new();
    let send = async |body: &str| error(&bench.bare(Method::POST, "/auth/o2/token", body).await);
    assert_eq!(send("client_id=c&client_secret=s").await.1, "invalid_request");
    assert_eq!(send("grant_type=password&client_id=c&client_secret=s").await.1, "unsupported_grant_type");
    assert_eq!(send("grant_type=refresh_token&client_id=c&client_secret=s").await.1, "invalid_request");
    assert_eq!(send("grant_type=refresh_token&refresh_token=x").await.0, 401);
}

#[tokio::test]
async fn the_profile_is_found_by_header_and_by_query() {
    let bench = Bench::new();
    let token = bench.token_of("chie").await;
    for request in [
        Request::get("/user/profile").header("Authorization", format!("bearer {token}")),
        Request::get("/user/profile").header("x-amz-access-token", &token),
        Request::get(format!("/user/profile?access_token={}", token.replace('|', "%7C"))),
    ] {
        let profile = bench.call(request.body(Body::empty()).unwrap()).await.ok();
        assert_eq!(profile["email"], "chie@example.com");
        assert!(profile["user_id"].as_str().unwrap().starts_with("amzn1.account."));
        assert_eq!(profile.get("postal_code"), None);
    }
    let reply = bench.bare(Method::GET, "/user/profile", "").await;
    assert_eq!(error(&reply).1, "invalid_token");
    assert!(reply.json()["request_id"].is_string());
}

#[tokio::test]
async fn token_info_names_the_client() {
    let bench = Bench::new();
    let code = allowed(&bench, "").await;
    let access = exchange(&bench, &code, "").await.ok()["access_token"].as_str().unwrap().replace('|', "%7C");
    let info = bench.bare(Method::GET, &format!("/auth/o2/tokeninfo?access_token={access}"), "").await.ok();
    assert_eq!(info["aud"], "c1");
    assert_eq!(info["exp"], 3600);
}

#[tokio::test]
async fn an_access_token_dies_after_an_hour_or_when_it_is_changed() {
    let bench = Bench::new();
    let token = bench.token_of("ada").await;
    let accounts = async |token: &str| {
        let request = Request::get("/amc/accounts").header("Amazon-Advertising-API-ClientId", "c");
        let request = request.header("Authorization", format!("Bearer {token}"));
        bench.call(request.body(Body::empty()).unwrap()).await.status
    };
    assert_eq!(accounts(&token).await, StatusCode::OK);
    let (claims, signature) = token.rsplit_once('.').unwrap();
    assert_eq!(accounts(&format!("{claims}x.{signature}")).await, StatusCode::UNAUTHORIZED);
    bench.pass(3600).await;
    assert_eq!(accounts(&token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_withdrawn_grant_is_dead_at_once() {
    let bench = Bench::new();
    let code = allowed(&bench, "").await;
    let tokens = exchange(&bench, &code, "").await.ok();
    let id =
        tokens["refresh_token"].as_str().unwrap().trim_start_matches("Atzr|").split('.').next().unwrap().to_owned();
    let reply = bench.bare(Method::POST, "/control/grants/remove", &format!("id={id}")).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    let body = json!({ "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": "c1", "client_secret": "s" });
    let reply = bench.bare(Method::POST, "/auth/o2/token", &body.to_string()).await;
    assert_eq!(error(&reply).1, "invalid_grant");
    let request = Request::get("/amc/instances")
        .header("Authorization", format!("Bearer {}", tokens["access_token"].as_str().unwrap()))
        .header("Amazon-Advertising-API-ClientId", "c1")
        .header("Amazon-Advertising-API-AdvertiserId", AGENCY_A_US.id);
    assert_eq!(bench.call(request.body(Body::empty()).unwrap()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_credentials_line_is_the_same_after_a_restart() {
    let bench = Bench::new();
    let line = bench.emulator.credentials_line();
    let parsed: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(parsed["base"], "http://emulator.test");
    assert!(!line.contains('\n'));
    assert_eq!(bench.reopened().emulator.credentials_line(), line);
}

/// As part of a program with this redirect URL.
fn inside() -> Bench {
    Bench::with(|options| {
        options.returns_to = Some("https://recomamp.example.com/auth/amazon/callback".parse().unwrap());
    })
}

/// A consent request of that client with that redirect URL.
fn wish(client: &str, redirect: &str) -> String {
    url::form_urlencoded::Serializer::new("scope=profile&response_type=code".to_owned())
        .append_pair("client_id", client)
        .append_pair("redirect_uri", redirect)
        .finish()
}

#[tokio::test]
async fn inside_a_program_only_its_own_client_and_address_are_let_in() {
    let bench = inside();
    let (own, secret) = bench.emulator.client();
    let back = "https://recomamp.example.com/auth/amazon/callback";
    for (client, redirect) in [
        ("c1", back),
        (own.as_str(), "https://evil.example/"),
        (own.as_str(), "https://recomamp.example.com/auth/amazon/callback?next=https://evil.example"),
        (own.as_str(), "https://recomamp.example.com.evil.example/auth/amazon/callback"),
    ] {
        let wish = wish(client, redirect);
        for method in [Method::GET, Method::POST] {
            let (path, body) = match method {
                Method::GET => (format!("/ap/oa?{wish}"), String::new()),
                _ => ("/ap/oa".to_owned(), format!("{wish}&decision=allow&person=ben")),
            };
            let reply = bench.bare(method, &path, &body).await;
            assert_eq!((reply.status, reply.header("location")), (StatusCode::BAD_REQUEST, ""), "{client} {redirect}");
        }
    }
    let body = format!("{}&decision=allow&person=ben", wish(&own, back));
    let reply = bench.bare(Method::POST, "/ap/oa", &body).await;
    assert_eq!(reply.status, StatusCode::FOUND, "{}", reply.text);
    assert!(reply.header("location").starts_with(&format!("{back}?code=")));
    let code = param(&reply.header("location").parse().unwrap(), "code").unwrap();
    let exchange = |client: &str, secret: &str| {
        format!(
            "grant_type=authorization_code&code={code}&redirect_uri={}&client_id={client}&client_secret={secret}",
            url::form_urlencoded::byte_serialize(back.as_bytes()).collect::<String>()
        )
    };
    let stranger = bench.bare(Method::POST, "/auth/o2/token", &exchange("c1", "s")).await;
    assert_eq!(error(&stranger).1, "invalid_client");
    bench.bare(Method::POST, "/auth/o2/token", &exchange(&own, &secret)).await.ok();
}

#[tokio::test]
async fn inside_a_program_another_sites_page_cannot_consent() {
    let bench = inside();
    let body = format!(
        "{}&decision=allow&person=ben",
        wish(&bench.emulator.client().0, "https://recomamp.example.com/auth/amazon/callback")
    );
    let send = async |header: &str, value: &str| {
        let request = Request::post("/ap/oa").header("host", "recomamp.example.com").header(header, value);
        bench.call(request.body(Body::from(body.clone())).unwrap()).await.status
    };
    assert_eq!(send("sec-fetch-site", "cross-site").await, StatusCode::BAD_REQUEST);
    assert_eq!(send("origin", "https://evil.example").await, StatusCode::BAD_REQUEST);
    assert_eq!(send("origin", "https://recomamp.example.com").await, StatusCode::FOUND);
    assert_eq!(send("sec-fetch-site", "same-origin").await, StatusCode::FOUND);
}
