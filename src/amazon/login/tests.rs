use std::collections::HashMap;

use axum::extract::Form;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::super::ErrorKind;
use super::super::test_server::Stage;
use super::*;

fn redirect() -> Url {
    Url::parse("http://127.0.0.1:8080/auth/amazon/callback?x=1").unwrap()
}

fn handshake() -> Handshake {
    // The verifier and its challenge are the example of RFC 7636, appendix B.
    Handshake { state: Secret::new("the state"), verifier: Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") }
}

async fn token_answer(status: StatusCode, body: &'static str) -> Stage {
    Stage::of(Router::new().route("/auth/o2/token", post(move || async move { (status, body) }))).await
}

async fn refreshed(status: StatusCode, body: &'static str) -> Result<Tokens, Error> {
    token_answer(status, body).await.client.refresh(Region::Eu, &Secret::new("Atzr|old")).await
}

#[tokio::test]
async fn consent_is_asked_for_with_state_and_a_challenge() {
    let stage = Stage::of(Router::new()).await;
    let url = stage.client.authorization(Region::Na, &redirect(), &handshake());
    assert_eq!(url.path(), "/ap/oa");
    assert!(url.query().unwrap().contains("scope=advertising%3A%3Acampaign_management%20profile"), "{url}");
    let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(query["client_id"], "amzn1.application-oa2-client.1");
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["redirect_uri"], redirect().as_str());
    assert_eq!(query["state"], "the state");
    assert_eq!(query["code_challenge"], "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assert_eq!(query["code_challenge_method"], "S256");
}

#[test]
fn two_handshakes_share_nothing() {
    let random = Random::seeded(1);
    let (one, two) = (Handshake::new(&random), Handshake::new(&random));
    assert_ne!(one.state.expose(), two.state.expose());
    assert_ne!(one.verifier.expose(), two.verifier.expose());
    assert_ne!(one.state.expose(), one.verifier.expose());
    assert!((43..=128).contains(&one.verifier.expose().len()));
}

#[tokio::test]
async fn a_code_is_exchanged_with_its_verifier() {
    let answer = |Form(form): Form<HashMap<String, String>>| async move {
        assert_eq!(form["grant_type"], "authorization_code");
        assert_eq!(form["code"], "the code");
        assert_eq!(form["redirect_uri"], redirect().as_str());
        assert_eq!(form["client_id"], "amzn1.application-oa2-client.1");
        assert_eq!(form["client_secret"], "the secret");
        assert_eq!(form["code_verifier"], handshake().verifier.expose());
        let body =
            json!({"access_token": "Atza|1", "refresh_token": "Atzr|1", "token_type": "bearer", "expires_in": 3600});
        // An unusual content type and status.
        (StatusCode::CREATED, [("content-type", "text/plain")], body.to_string())
    };
    let stage = Stage::of(Router::new().route("/auth/o2/token", post(answer))).await;
    let code = Secret::new("the code");
    let tokens = stage.client.exchange(Region::Na, &code, &redirect(), &handshake()).await.unwrap();
    assert_eq!(tokens.access.expose(), "Atza|1");
    assert_eq!(tokens.refresh.expose(), "Atzr|1");
    assert_eq!(tokens.expires_in, Duration::from_hours(1));
    assert!(!format!("{tokens:?}").contains("Atz"));
}

#[tokio::test]
async fn a_refresh_keeps_the_old_refresh_token_when_none_comes_back() {
    let answer = |Form(form): Form<HashMap<String, String>>| async move {
        assert_eq!(form["grant_type"], "refresh_token");
        assert_eq!(form["client_secret"], "the secret");
        let mut body = json!({"access_token": "Atza|2", "token_type": "Bearer"});
        if form["refresh_token"] == "Atzr|changing" {
            body["refresh_token"] = json!("Atzr|new");
        }
        Json(body)
    };
    let stage = Stage::of(Router::new().route("/auth/o2/token", post(answer))).await;
    for (old, new) in [("Atzr|old", "Atzr|old"), ("Atzr|changing", "Atzr|new")] {
        let tokens = stage.client.refresh(Region::Fe, &Secret::new(old)).await.unwrap();
        assert_eq!(tokens.refresh.expose(), new);
        assert_eq!(tokens.expires_in, USUAL_LIFETIME);
    }
}

#[tokio::test]
async fn an_odd_lifetime_is_cut_and_an_unusable_token_refused() {
    let long = r#"{"access_token":"a","token_type":"bearer","expires_in":18446744073709551615}"#;
    assert_eq!(refreshed(StatusCode::OK, long).await.unwrap().expires_in, MAX_LIFETIME);
    for odd in [
        r#"{"access_token":"a\r\nx: y","token_type":"bearer"}"#,
        r#"{"access_token":"","token_type":"bearer"}"#,
        r#"{"token_type":"bearer"}"#,
        r"{}",
        r"[]",
    ] {
        let error = refreshed(StatusCode::OK, odd).await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Unreadable(Unreadable::Shape), "{odd}");
    }
}

#[tokio::test]
async fn an_exchange_without_refresh_token_is_of_no_use() {
    let stage = token_answer(StatusCode::OK, r#"{"access_token":"a","token_type":"bearer"}"#).await;
    let result = stage.client.exchange(Region::Na, &Secret::new("c"), &redirect(), &handshake()).await;
    assert_eq!(result.unwrap_err().kind(), &ErrorKind::Unreadable(Unreadable::Shape));
}

#[tokio::test]
async fn a_withdrawn_grant_is_distinguished_from_a_wrong_application_and_from_trouble() {
    let body = r#"{"error":"invalid_grant","error_description":"The request has an invalid grant parameter","request_id":"r-7"}"#;
    let error = refreshed(StatusCode::BAD_REQUEST, body).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::GrantRevoked);
    assert_eq!(error.request_id(), Some("r-7"));
    assert!(!error.is_transient());

    let body = r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#;
    let error = refreshed(StatusCode::UNAUTHORIZED, body).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::ClientRejected);

    let error = refreshed(StatusCode::INTERNAL_SERVER_ERROR, r#"{"error":"ServerError"}"#).await.unwrap_err();
    assert!(error.is_transient());

    let error = refreshed(StatusCode::OK, "<html>").await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Unreadable(Unreadable::NotJson));
}

#[tokio::test]
async fn a_profile_needs_the_persons_id_only() {
    let answer = |headers: HeaderMap| async move {
        assert_eq!(headers["authorization"], "Bearer Atza|1");
        Json(json!({"user_id": "amzn1.account.1", "name": "Ann", "email": null, "postal_code": "1"}))
    };
    let stage = Stage::of(Router::new().route("/user/profile", get(answer))).await;
    let profile = stage.client.profile(Region::Na, &Secret::new("Atza|1")).await.unwrap();
    assert_eq!((profile.user_id.as_str(), profile.name.as_deref()), ("amzn1.account.1", Some("Ann")));
    assert_eq!(profile.email, None);
    assert_eq!(profile.rest["postal_code"], "1");
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_not_sent() {
    let stage = Stage::of(Router::new()).await;
    let error = stage.client.profile(Region::Na, &Secret::new("a\nb")).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Unauthorized);
}

#[test]
fn a_lifetime_written_as_a_text_is_a_number() {
    assert_eq!(super::with_numbers(serde_json::json!({"expires_in": "3600"}))["expires_in"], 3600);
    assert_eq!(super::with_numbers(serde_json::json!({"expires_in": "soon"}))["expires_in"], "soon");
    assert_eq!(super::with_numbers(serde_json::json!([])), serde_json::json!([]));
}
