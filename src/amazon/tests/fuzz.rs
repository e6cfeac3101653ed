//! Arbitrary bytes as Amazon's response.

use std::fmt::Debug;

use chrono::DateTime;
use oauth2::basic::BasicTokenResponse;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::super::accounts::AmcAccount;
use super::super::answer::{Fields, Page, json};
use super::super::data_sources::DataSource;
use super::super::error::Unreadable;
use super::super::executions::Execution;
use super::super::instances::Instance;
use super::super::{Link, Secret, login, refusal};
use crate::fuzz::run;

/// A marker that can't occur in a response by chance.
const CANARY: &str = "Atza|canary";

/// An object, a page of objects and a wrapped object are parsed, or rejected; the outcome is never larger than the
/// input.
fn is_read<T: Debug>(
    answer: &Value,
    list: &str,
    wrapper: &str,
    read: impl Fn(Fields) -> Result<T, Unreadable>,
) -> TestCaseResult {
    if let Ok(page) = Page::read(answer.clone(), list, &read) {
        prop_assert_eq!(page.items.len() + page.skipped, answer[list].as_array().map_or(0, Vec::len));
        prop_assert!(page.next.is_none_or(|next| !next.is_empty()));
    }
    if let Ok(one) = Fields::unwrapped(answer.clone(), wrapper).and_then(&read) {
        prop_assert!(answer.is_object(), "{:?}", one);
    }
    Ok(())
}

#[test]
fn any_answer_is_read_or_refused_and_its_secrets_stay_in() {
    run("amazon", 3_000, |bytes| {
        if let Ok(answer) = json(bytes) {
            is_read(&answer, "amcAccounts", "amcAccount", AmcAccount::read)?;
            is_read(&answer, "instances", "instance", Instance::read)?;
            is_read(&answer, "dataSources", "dataSource", DataSource::read)?;
            is_read(&answer, "executions", "workflowExecution", Execution::read)?;
            for link in answer["downloadUrls"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if let Ok(link) = Link::read(link) {
                    prop_assert_eq!(format!("{link:?}"), "Link");
                }
            }
        }
        if let Ok(answer) = serde_json::from_slice::<BasicTokenResponse>(bytes)
            && let Ok(tokens) = login::tokens(Ok(answer), Some(&Secret::new("old")))
        {
            prop_assert!(tokens.access.expose().bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(!format!("{tokens:?}").contains("Atz"), "{:?}", tokens);
        }
        for status in [302, 400, 401, 403, 404, 408, 429, 500, 503] {
            let status = StatusCode::from_u16(status).unwrap();
            let error = refusal::error(status, &HeaderMap::new(), bytes, DateTime::UNIX_EPOCH);
            let shown = error.to_string();
            prop_assert!(!shown.is_empty() && shown.len() < 1_000, "{}", shown);
            prop_assert!(!shown.contains(CANARY), "{}", shown);
            prop_assert!(error.amazons_words().is_none_or(|words| words.chars().count() <= 8_000));
        }
        Ok(())
    });
}
