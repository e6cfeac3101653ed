//! Schemathesis: requests made from the OpenAPI document, each answered as the document says.

use std::process::Stdio;

use tokio::process::Command;

use super::{EVERYTHING, Program, instance, query};
use crate::support::{Database, House};

/// The variable with the path of the program.
const PROGRAM: &str = "RECOMAMP_TEST_SCHEMATHESIS";
/// What is checked: no defects, and only the statuses, types, headers and schemas of the document.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,ignored_auth";

#[expect(clippy::disallowed_methods, reason = "the test command says by this variable where the program is")]
fn program() -> String {
    std::env::var(PROGRAM).unwrap_or_else(|_| {
        panic!("{PROGRAM} is not set, so that this story cannot run: scripts/test installs Schemathesis and sets it")
    })
}

/// A short form for each role: the seed is the same each time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_as_the_document_says() {
    let tool = program();
    let house = House::open(Database::sqlite()).await;
    let ada = house.signed_in("Ada").await;
    let chie = house.signed_in("Chie").await;
    let own = Program::of(&house, &ada, EVERYTHING).await;
    query(&own, &instance(&own).await).await;
    let person = ada.get("/settings/people?q=chie").await.attributes("tbody th a", "href").remove(0);
    let shared = instance(&own).await;
    let other = Program::of(&house, &chie, EVERYTHING).await;
    for (role, token) in [("manager", &own.token), ("viewer", &other.token), ("analyst", &other.token)] {
        if role != "manager" {
            ada.post(&format!("{person}/access"), &[("instance", shared.as_str()), ("role", role)]).await.with(303);
        }
        let authorization = format!("Authorization:Bearer {token}");
        let mut command = Command::new(&tool);
        command.args(["run", &format!("http://{}/api/openapi.json", house.address)]);
        command.args(["--url", &format!("http://{}", house.address), "--header", &authorization, "--seed", "1"]);
        command.args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", "5"]);
        command.args(["--max-time", "15", "--generation-database", "none", "--no-color", "--warnings", "off"]);
        // It keeps its examples in the current folder.
        command.current_dir(house.folder()).stdin(Stdio::null()).kill_on_drop(true);
        let done = command.output().await.expect("Schemathesis can be started");
        let text = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "as {role}:\n{text}\n{}", String::from_utf8_lossy(&done.stderr));
    }
}
