//! What is measured on the open page of a browser session: accessibility, size, and what the console says.

use serde_json::json;

use super::Browser;
use crate::browser::axe::{self, Violation};
use crate::browser::webdriver::ConsoleLog;

/// The cost of a page on a cold cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::browser) struct Weight {
    /// Requests, including the page itself.
    pub(in crate::browser) requests: u64,
    /// Compressed size of the page.
    pub(in crate::browser) html: u64,
    /// Compressed size of its styles.
    pub(in crate::browser) css: u64,
    /// Compressed size of its scripts.
    pub(in crate::browser) js: u64,
}

impl Browser {
    /// The addresses of GET forms that the browser would refuse to submit unchanged.
    pub(in crate::browser) async fn blocked_forms(&self) -> Vec<String> {
        const SCRIPT: &str = "return [...document.forms].filter((form) => form.method === 'get' && !form.noValidate \
            && !form.checkValidity()).map((form) => form.action)";
        let blocked = self.client.execute(SCRIPT, Vec::new()).await.expect("a page knows its forms");
        serde_json::from_value(blocked).expect("addresses")
    }

    /// axe's violations on the current page; requires scripts.
    pub(in crate::browser) async fn axe(&self) -> Vec<Violation> {
        self.axe_rules(false).await
    }

    /// The violations of axe's rules of color, for a page whose other rules were checked in another color scheme.
    pub(in crate::browser) async fn axe_colors(&self) -> Vec<Violation> {
        self.axe_rules(true).await
    }

    async fn axe_rules(&self, only_colors: bool) -> Vec<Violation> {
        assert!(self.javascript, "axe is a script: check the page in a browser that runs scripts");
        if self.execute("return typeof axe === 'undefined'", Vec::new()).await == json!(true) {
            self.execute(axe::SOURCE, Vec::new()).await;
        }
        let mut answer = self.client.execute_async(axe::RUN, vec![json!(only_colors)]).await.expect("axe runs");
        assert!(answer.get("error").is_none(), "axe failed: {answer}");
        serde_json::from_value(answer["violations"].take()).expect("axe answers with violations")
    }

    /// The cost of the page; for the first page of a new browser. Requests while somebody types aren't included.
    pub(in crate::browser) async fn weight(&self) -> Weight {
        const SCRIPT: &str = "return [...performance.getEntriesByType('navigation'), \
            ...performance.getEntriesByType('resource').filter((entry) => entry.initiatorType !== 'fetch')].map((entry) => [entry.name, entry.encodedBodySize])";
        let entries = self.client.execute(SCRIPT, Vec::new()).await.expect("a page knows what it loaded");
        let entries: Vec<(String, u64)> = serde_json::from_value(entries).expect("names and sizes");
        let total = |ending: &str| {
            let path = |name: &str| name.split(['?', '#']).next().unwrap_or_default().ends_with(ending);
            entries.iter().skip(1).filter(|(name, _)| path(name)).map(|(_, bytes)| bytes).sum()
        };
        Weight { requests: entries.len() as u64, html: entries[0].1, css: total(".css"), js: total(".js") }
    }

    /// How many pixels the page is wider than its screen.
    pub(in crate::browser) async fn overflow(&self) -> i64 {
        const SCRIPT: &str = "return document.documentElement.scrollWidth - window.innerWidth";
        let pixels = self.client.execute(SCRIPT, Vec::new()).await.expect("a page knows its width");
        pixels.as_i64().expect("a number").max(0)
    }

    /// Console messages since the last call, except for errors of the page itself, which an error page always has.
    pub(in crate::browser) async fn complaints(&self) -> Vec<String> {
        let own = format!("{} - Failed to load resource", self.address().await);
        let entries = self.client.issue_cmd(ConsoleLog).await.expect("the driver keeps the console's log");
        let entries = entries.as_array().expect("a list of entries").iter();
        let messages = entries.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned());
        messages.filter(|message| !message.starts_with(&own)).collect()
    }
}
