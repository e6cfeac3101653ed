//! A typed TypeScript client, generated from the OpenAPI document and checked by the compiler.

use std::path::Path;
use std::process::Output;

use tokio::process::Command;

use super::{EVERYTHING, Program};
use crate::support::{Database, House};

/// The variable with the folder of the packages `openapi-typescript`, `openapi-fetch` and `typescript`.
const PACKAGES: &str = "RECOMAMP_TEST_NODE_MODULES";

#[expect(clippy::disallowed_methods, reason = "the test command says by this variable where the packages are")]
fn packages() -> String {
    std::env::var(PACKAGES).unwrap_or_else(|_| {
        panic!("{PACKAGES} is not set, so that this story cannot run: scripts/test installs the packages and sets it")
    })
}

async fn tool(folder: &Path, name: &str, arguments: &[&str]) -> Output {
    let program = Path::new(&packages()).join(".bin").join(name);
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .kill_on_drop(true)
        .output()
        .await
        .expect("it can be started")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The types are generated, the program in the documents fits them, and one that doesn't is refused.
#[tokio::test]
async fn a_typed_client_is_generated_and_checked() {
    let house = House::open(Database::sqlite()).await;
    let ada = house.signed_in("Ada").await;
    let program = Program::of(&house, &ada, EVERYTHING).await;
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    std::os::unix::fs::symlink(packages(), folder.path().join("node_modules")).expect("a link");
    write("openapi.json", &program.get("/api/openapi.json").await.with(200).body);
    let generated = tool(folder.path(), "openapi-typescript", &["openapi.json", "--output", "recomamp.d.ts"]).await;
    assert!(generated.status.success(), "{}", text(&generated));
    let document = include_str!("../../../docs/api.md");
    let example = document.split("```ts\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let check = [
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "--target",
        "es2022",
        "--module",
        "esnext",
        "--moduleResolution",
        "bundler",
        "client.ts",
    ];
    write("client.ts", example);
    let checked = tool(folder.path(), "tsc", &check).await;
    assert!(checked.status.success(), "{}", text(&checked));
    for (right, wrong) in [("/execute\"", "/exekute\""), ("is_final", "is_finished")] {
        assert!(example.contains(right), "{right}");
        write("client.ts", &example.replace(right, wrong));
        let checked = tool(folder.path(), "tsc", &check).await;
        assert!(!checked.status.success(), "{wrong} is accepted");
    }
}
