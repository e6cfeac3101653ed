//! Lists: pages, cursors, filters.

use reqwest::Method;
use serde_json::{Value, json};

use super::{EVERYTHING, Program, instance, kind, problem, query, read};
use crate::support::stories;

/// All items of a list, following its links.
async fn followed(program: &Program, first: &str) -> (Vec<Value>, usize) {
    let (mut address, mut items, mut pages) = (first.to_owned(), Vec::new(), 0);
    loop {
        let answer = program.get(&address).await.with(200);
        let page = read(&answer);
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        pages += 1;
        let Some(link) = answer.headers.get("link").map(|link| link.to_str().unwrap().to_owned()) else {
            assert_eq!(page["next_cursor"], Value::Null);
            return (items, pages);
        };
        assert!(link.contains(page["next_cursor"].as_str().unwrap()) && link.ends_with("; rel=\"next\""), "{link}");
        address = link.trim_start_matches('<').split('>').next().unwrap().to_owned();
    }
}

stories! {
    /// Every item is on one page, also if others change meanwhile; a cursor that was changed is refused.
    async fn a_list_is_followed_to_its_end(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let instance = instance(&program).await;
        for _ in 0..5 {
            house.time.advance(chrono::TimeDelta::seconds(1));
            query(&program, &instance).await;
        }
        let (all, pages) = followed(&program, "/api/workflows?limit=2").await;
        let ids: std::collections::BTreeSet<&str> = all.iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!((all.len(), ids.len(), pages), (5, 5, 3));
        for item in &all {
            program.post(&format!("/api/workflows/{}/execute", item["id"].as_str().unwrap()), &json!({})).await.with(202);
        }
        let (runs, pages) = followed(&program, "/api/executions?limit=3&by=me").await;
        assert_eq!((runs.len(), pages), (5, 2));

        let first = read(&program.get("/api/workflows?limit=2").await.with(200));
        let cursor = first["next_cursor"].as_str().unwrap().to_owned();
        house.time.advance(chrono::TimeDelta::seconds(1));
        let changed = json!({ "name": "Changed", "sql": "SELECT 1" });
        program.call(Method::PUT, &format!("/api/workflows/{}", all[4]["id"].as_str().unwrap()), &[], Some(&changed)).await.with(200);
        let second = read(&program.get(&format!("/api/workflows?limit=2&cursor={cursor}")).await.with(200));
        let names: Vec<&Value> = second["items"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
        assert_eq!(names, [&all[2]["id"], &all[3]["id"]], "what moved to the front is not shown again");

        let other = Program::of(&house, &ada, EVERYTHING).await;
        other.get(&format!("/api/workflows?limit=2&cursor={cursor}")).await.with(200);
        let stranger = Program::of(&house, &house.signed_in("Chie").await, EVERYTHING).await;
        let slip = cursor.replacen(&cursor[cursor.len() - 3..], "AAA", 1);
        for (program, address) in [
            (&program, format!("/api/workflows?cursor={slip}")),
            (&program, format!("/api/workflows?cursor={cursor}&q=x")),
            (&program, format!("/api/executions?cursor={cursor}")),
            (&program, format!("/api/workflows?cursor={}", "x".repeat(5_000))),
            (&stranger, format!("/api/workflows?cursor={cursor}")),
        ] {
            assert_eq!(kind(&problem(program.get(&address).await, 400)), "invalid-cursor", "{address}");
        }
    }

    /// Filters find what they name; one that isn't valid is an error, not ignored.
    async fn a_filter_is_applied_or_refused(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let instance = instance(&program).await;
        let query = query(&program, &instance).await;
        program.post(&format!("/api/workflows/{}/execute", query["id"].as_str().unwrap()), &json!({})).await.with(202);
        let count = async |address: String| read(&program.get(&address).await.with(200))["items"].as_array().unwrap().len();
        assert_eq!(count("/api/workflows?q=reach".to_owned()).await, 1);
        assert_eq!(count("/api/workflows?q=nothing".to_owned()).await, 0);
        assert_eq!(count(format!("/api/executions?instance={instance}&state=active")).await, 1);
        assert_eq!(count("/api/executions?state=failed".to_owned()).await, 0);
        for address in [
            "/api/executions?state=odd", "/api/executions?from=never", "/api/executions?instance=x", "/api/executions?by=x",
            "/api/executions?satus=failed", "/api/auth?q=x", "/api/instances?region=XX", "/api/workflows?limit=0", "/api/workflows?limit=501", "/api/workflows?limit=many",
        ] {
            assert_eq!(kind(&problem(program.get(address).await, 400)), "invalid-request", "{address}");
        }
    }

    /// Answers tell the quota, and an unchanged list costs no body.
    async fn answers_carry_the_quota_and_a_tag(house: House) {
        let ada = house.signed_in("Ada").await;
        let program = Program::of(&house, &ada, EVERYTHING).await;
        let list = program.get("/api/instances?limit=1").await.with(200);
        for name in ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"] {
            let value: u64 = list.headers[name].to_str().unwrap().parse().unwrap();
            assert!(value > 0, "{name}");
        }
        let tag = list.headers["etag"].to_str().unwrap();
        let same = program.call(Method::GET, "/api/instances?limit=1", &[("if-none-match", tag)], None).await;
        assert!(same.with(304).body.is_empty());
    }
}
