//! The software bill of materials of a release.

use std::collections::BTreeSet;
use std::process::Command;

/// It lists every package of `Cargo.lock` with its checksum, and what is in `static/vendor`.
#[test]
fn the_bill_of_materials_lists_what_is_built_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bill.json");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let ran = Command::new(root.join("scripts/release")).arg("sbom").arg(&file).env("SOURCE_DATE_EPOCH", "0").status();
    assert!(ran.expect("the script runs").success());
    let bill: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).expect("a file")).expect("JSON");
    assert_eq!((bill["bomFormat"].as_str(), bill["specVersion"].as_str()), (Some("CycloneDX"), Some("1.5")));
    assert_eq!(bill["metadata"]["timestamp"], "1970-01-01T00:00:00Z");
    let components = bill["components"].as_array().expect("components");
    let text = |component: &serde_json::Value, name: &str| component[name].as_str().unwrap_or_default().to_owned();
    let listed: BTreeSet<String> = components.iter().map(|component| text(component, "purl")).collect();
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).expect("Cargo.lock");
    let packages = lock.matches("[[package]]").count();
    let crates = listed.iter().filter(|purl| purl.starts_with("pkg:cargo/")).count();
    assert_eq!(crates, packages - 1, "all but the program itself");
    assert!(listed.contains("pkg:generic/htmx@4.0.1"), "{listed:?}");
    let axum = components.iter().find(|component| component["name"] == "axum").expect("axum");
    assert_eq!(axum["hashes"][0]["content"].as_str().map(str::len), Some(64));
    let own = text(&bill["metadata"]["component"], "bom-ref");
    for one in bill["dependencies"].as_array().expect("dependencies") {
        for needed in one["dependsOn"].as_array().expect("a list") {
            let needed = needed.as_str().expect("a reference");
            assert!(listed.contains(needed) || needed == own, "{needed} is not listed");
        }
    }
}
