use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;

use super::bench::{Bench, SANDBOX, STANDARD};
use crate::emulator::people::{AGENCY_A_UK, AGENCY_A_US, AGENCY_B_JP, AGENCY_B_US, Account, SELLER_US};

const ADA: (&str, &Account) = ("ada", &AGENCY_A_US);
const BEN: (&str, &Account) = ("ben", &AGENCY_A_US);
const DAG: (&str, &Account) = ("dag", &SELLER_US);

#[tokio::test]
async fn everyone_sees_their_own_accounts_and_profiles() {
    let bench = Bench::new();
    let accounts = bench.get("/amc/accounts").await.ok();
    let list = accounts["amcAccounts"].as_array().unwrap();
    assert_eq!(list.len(), 2);
    assert_eq!(list[0]["marketplaceId"], "ATVPDKIKX0DER");
    assert_eq!(accounts.get("nextToken"), None);
    let none = bench.as_person(DAG, Method::GET, "/amc/accounts", "").await.ok();
    assert_eq!(none["amcAccounts"], json!([]));
    let profiles = bench.as_person(DAG, Method::GET, "/v2/profiles", "").await.ok();
    assert_eq!(profiles[0]["accountInfo"]["id"], SELLER_US.id);
}

#[tokio::test]
async fn accounts_word_their_errors_in_their_own_shape() {
    let reply = Bench::new().bare(Method::GET, "/amc/accounts", "").await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reply.json()["requestId"], reply.header("x-amz-request-id"));
    assert!(reply.json()["message"].is_string());
}

#[tokio::test]
async fn headers_are_asked_for_in_the_services_words() {
    let bench = Bench::new();
    let token = bench.token_of("ada").await;
    let request = Request::get("/amc/instances")
        .header("Authorization", format!("Bearer {token}"))
        .header("Amazon-Advertising-API-ClientId", "client");
    let reply = bench.call(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.json(), json!({ "code": "400", "details": "entityId provided is null" }));
    let request = Request::get("/amc/instances").header("Authorization", format!("Bearer {token}"));
    assert_eq!(bench.call(request.body(Body::empty()).unwrap()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn foreign_accounts_and_instances_are_forbidden() {
    let bench = Bench::new();
    let forbidden = json!({ "code": "403", "details": "Unauthorized request." });
    for (who, path) in [
        (("ada", &AGENCY_B_JP), "/amc/instances".to_owned()),
        (("chie", &AGENCY_B_JP), format!("/amc/instances/{STANDARD}")),
        (("chie", &AGENCY_B_JP), format!("/amc/reporting/{STANDARD}/workflows")),
        (("ada", &AGENCY_A_UK), format!("/amc/reporting/{STANDARD}/workflows")),
        (ADA, "/amc/instances/amcnothing".to_owned()),
    ] {
        let reply = bench.as_person(who, Method::GET, &path, "").await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(reply.json(), forbidden, "{path}");
    }
    let reply = bench.as_person(("chie", &AGENCY_B_US), Method::GET, "/amc/instances", "").await;
    assert_eq!(reply.json()["details"], "Terms and conditions must be accepted to continue");
}

#[tokio::test]
async fn instances_are_listed_in_pages_that_end_with_null() {
    let bench = Bench::new();
    let first = bench.get("/amc/instances?limit=3").await.ok();
    assert_eq!(first["instances"].as_array().unwrap().len(), 3);
    let token = first["nextToken"].as_str().unwrap();
    let second = bench.get(&format!("/amc/instances?limit=3&nextToken={token}")).await.ok();
    assert_eq!(second["instances"].as_array().unwrap().len(), 1);
    assert_eq!(second["nextToken"], json!(null));
    assert!(second.as_object().unwrap().contains_key("nextToken"));
    let sandbox = bench.get(&format!("/amc/instances/{SANDBOX}")).await.ok();
    assert_eq!(sandbox["instance"]["instanceType"], "SANDBOX");
    assert_eq!(sandbox["instance"]["entities"], json!(["NA"]));
}

#[tokio::test]
async fn a_new_instance_is_requested_then_in_progress_then_complete() {
    let bench = Bench::new();
    // Published clients declare the content type as text.
    let body = r#"{"instanceName":"New one 7","advertiserName":"Brand","idempotencyToken":"t1"}"#;
    let made = bench.send(Method::POST, "/amc/instances", body).await.ok();
    let id = made["instance"]["instanceId"].as_str().unwrap().to_owned();
    assert!(id.starts_with("amc"));
    assert_eq!(made["instance"]["creationStatus"], "REQUESTED");
    assert_eq!(made["instance"]["creationDatetime"], json!(null));
    assert_eq!(made["instance"]["apiEndpoint"], json!(null));
    let again = bench.send(Method::POST, "/amc/instances", body).await.ok();
    assert_eq!(again["instance"]["instanceId"], id.as_str());
    let path = format!("/amc/instances/{id}");
    assert!(bench.send(Method::PUT, &path, r#"{"instanceName":"Other"}"#).await.refusal().contains("not ready"));
    bench.pass(60).await;
    assert_eq!(bench.get(&path).await.ok()["instance"]["creationStatus"], "IN_PROGRESS");
    bench.pass(60).await;
    assert_eq!(bench.get(&path).await.ok()["instance"]["creationStatus"], "COMPLETED");
    let changed = bench.send(Method::PUT, &path, r#"{"instanceName":"Other"}"#).await.ok();
    assert_eq!(changed["instance"]["instanceName"], "Other");
    assert_eq!(changed["instance"]["customerCanonicalName"], "Brand");
    let gone = bench.send(Method::DELETE, &path, "").await;
    assert_eq!((gone.status, gone.text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(bench.get(&path).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn odd_instances_are_refused() {
    let bench = Bench::new();
    for body in [
        "{}",
        r#"{"instanceName":"ab"}"#,
        r#"{"instanceName":"a_b_c"}"#,
        r#"{"instanceName":"abc","acrBacked":"True","s3BucketName":"b"}"#,
        r#"{"instanceName":"abc","idempotencyToken":"0123456789012345678901234567890123456"}"#,
    ] {
        bench.send(Method::POST, "/amc/instances", body).await.refusal();
    }
    let reply = bench.as_person(BEN, Method::POST, "/amc/instances", r#"{"instanceName":"abc"}"#).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_customers_aws_account_is_answered_as_bytes() {
    let path = format!("/amc/instances/{STANDARD}/updateCustomerAwsAccount");
    let body = r#"{"awsAccountId":"000000000009","bucketName":"bucket"}"#;
    let reply = Bench::new().send(Method::POST, &path, body).await;
    assert!(reply.ok()["cfnBucketUrl"].is_string());
    assert_eq!(reply.header("content-type"), "application/octet-stream");
}

#[tokio::test]
async fn an_update_of_advertisers_takes_effect_when_it_is_complete() {
    let bench = Bench::new();
    let path = format!("/amc/instances/{STANDARD}/advertisers");
    let before = bench.get(&path).await.ok();
    assert_eq!(before["totalCount"], 2);
    let gone = before["advertisers"][0]["id"].as_str().unwrap();
    let body = json!({
        "advertisersToAdd": [{ "id": "123", "type": "SAS", "marketplaceId": "ATVPDKIKX0DER" }],
        "advertisersToRemove": [{ "id": gone, "type": before["advertisers"][0]["type"] }],
    })
    .to_string();
    let update = bench.send(Method::POST, &format!("{path}/updates"), &body).await.ok();
    assert_eq!(update["advertiserUpdate"]["updateId"], 0);
    assert_eq!(update["advertiserUpdate"]["status"], "PENDING");
    assert!(bench.send(Method::POST, &format!("{path}/updates"), &body).await.refusal().contains("not complete"));
    bench.pass(60).await;
    let update = bench.get(&format!("{path}/updates/0")).await.ok();
    assert_eq!(update["advertiserUpdate"]["status"], "COMPLETED");
    let after = bench.get(&format!("{path}?type=SAS")).await.ok();
    assert_eq!(after["advertisers"][0]["id"], "123");
    assert_eq!(after["totalCount"], 1);
    assert!(!bench.get(&path).await.text.contains(gone));
    let updates = bench.get(&format!("{path}/updates")).await.ok();
    assert_eq!(updates["advertiserUpdates"], json!([{ "updateId": 0, "status": "COMPLETED" }]));
}

#[tokio::test]
async fn a_self_service_instance_appears_when_it_is_first_asked_for() {
    let bench = Bench::new();
    let list = async || bench.as_person(DAG, Method::GET, "/amc/instances", "").await.ok();
    let first = list().await;
    assert_eq!(first["instances"][0]["creationStatus"], "REQUESTED");
    let id = first["instances"][0]["instanceId"].as_str().unwrap();
    let reporting = format!("/amc/reporting/{id}/workflows");
    let body = r#"{"workflowId":"w","sqlQuery":"x"}"#;
    assert!(bench.as_person(DAG, Method::POST, &reporting, body).await.refusal().contains("REQUESTED"));
    bench.pass(300).await;
    let later = list().await;
    assert_eq!(later["instances"].as_array().unwrap().len(), 1);
    assert_eq!(later["instances"][0]["creationStatus"], "COMPLETED");
    bench.as_person(DAG, Method::POST, "/amc/instances", r#"{"instanceName":"abc"}"#).await.refusal();
    bench.as_person(DAG, Method::DELETE, &format!("/amc/instances/{id}"), "").await.refusal();
}

#[tokio::test]
async fn unknown_paths_and_methods_are_reported_in_the_contracts_shape() {
    let bench = Bench::new();
    let unknown = bench.bare(Method::GET, "/amc/nothing/here", "").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.json()["code"], "404");
    assert!(!unknown.header("x-amz-rid").is_empty());
    let method = bench.bare(Method::DELETE, "/amc/accounts", "").await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    let nested = axum::Router::new().nest("/emulator", bench.emulator.router());
    let request = Request::get("/emulator/amc/nothing").body(Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(nested.clone(), request).await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(response.headers().contains_key("x-amz-rid"));
    let request = Request::get("/emulator/amc/accounts").body(Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(nested, request).await.unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("requestId"), "the shape follows the path inside the mount");
}

#[tokio::test]
async fn accepting_the_terms_opens_an_account() {
    let bench = Bench::new();
    let who = ("chie", &AGENCY_B_US);
    let path = "/amc/audiences/connections/terms";
    let terms = bench.as_person(who, Method::GET, path, "").await.ok();
    assert_eq!(terms["hasAccepted"], false);
    bench.as_person(who, Method::PATCH, path, r#"{"agreementToken":"wrong"}"#).await.refusal();
    let body = json!({ "agreementToken": terms["agreementToken"], "hasAccepted": true }).to_string();
    assert_eq!(bench.as_person(who, Method::PATCH, path, &body).await.ok()["hasAccepted"], true);
    bench.as_person(who, Method::GET, "/amc/instances", "").await.ok();
    let bench = bench.reopened();
    bench.as_person(who, Method::GET, "/amc/instances", "").await.ok();
}

#[tokio::test]
async fn advertising_accounts_are_listed_the_newer_way_too() {
    let bench = Bench::new();
    for body in ["", "{}", r#"{"maxResults":"10","nextToken":""}"#] {
        let reply = bench.send(Method::POST, "/adsAccounts/list", body).await;
        let account = &reply.ok()["adsAccounts"][0];
        assert_eq!(account["alternateIds"][1]["entityId"], "ENTITYSAMPLESA1US");
        assert_eq!(account["countryCodes"], json!(["US"]));
    }
    bench.send(Method::POST, "/adsAccounts/list", r#"{"maxResults":0}"#).await.refusal();
}

#[tokio::test]
async fn names_of_any_length_are_not_kept() {
    let bench = Bench::new();
    let long = "x".repeat(256);
    let body = json!({ "instanceName": "Fine", "advertiserName": long }).to_string();
    bench.send(Method::POST, "/amc/instances", &body).await.refusal();
    let body = json!({ "advertisersToAdd": [{ "id": long, "type": "DISPLAY" }] }).to_string();
    bench.send(Method::POST, "/amc/instances/amcsamplea1/advertisers/updates", &body).await.refusal();
}
