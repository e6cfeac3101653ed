//! A browser session: open, read, fill, press.

mod files;
mod measures;

use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::TimeoutConfiguration;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::driver::Driver;
use super::webdriver::{Devtools, capabilities};

/// Time limit for a condition to become true.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a condition is checked.
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// A screen: width, height, light or dark mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// In CSS pixels; below 600 it is a phone.
    pub(super) width: u32,
    /// In CSS pixels.
    pub(super) height: u32,
    /// The system's preference.
    pub(super) dark: bool,
}

/// The four looks in which every page is checked.
pub(super) const LOOKS: [Look; 4] = [
    Look { width: 1280, height: 800, dark: false },
    Look { width: 1280, height: 800, dark: true },
    Look { width: 390, height: 844, dark: false },
    Look { width: 390, height: 844, dark: true },
];

/// Browser options.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    /// Whether pages can run scripts.
    pub(super) javascript: bool,
    /// The first look.
    pub(super) look: Look,
}

impl Default for Options {
    fn default() -> Self {
        Self { javascript: true, look: LOOKS[0] }
    }
}

/// A browser with its own profile.
#[derive(Debug)]
pub(super) struct Browser {
    pub(super) client: Client,
    javascript: bool,
    // The order matters: the driver ends the browser before its folders are deleted.
    _driver: Driver,
    folder: TempDir,
}

impl Browser {
    /// Starts Chromium, headless, with an empty profile.
    pub(super) async fn start(options: Options) -> Self {
        let driver = Driver::start().await;
        let folder = tempfile::tempdir().expect("a folder for the profile");
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(folder.path(), options.javascript))
            .connect(&driver.address())
            .await
            .unwrap_or_else(|error| panic!("Chromium does not start: {error}"));
        let patience = TimeoutConfiguration::new(Some(PATIENCE), Some(PATIENCE), Some(Duration::ZERO));
        client.update_timeouts(patience).await.expect("the driver takes time-outs");
        let browser = Self { client, javascript: options.javascript, _driver: driver, folder };
        browser.look(options.look).await;
        browser
    }

    /// Changes the screen of the open page.
    pub(super) async fn look(&self, look: Look) {
        let phone = look.width < 600;
        let screen = json!({ "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": phone });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
        let scheme = if look.dark { "dark" } else { "light" };
        // Animations are off, so that a screenshot shows the final state.
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]});
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Opens an address and waits until it is loaded.
    pub(super) async fn open(&self, address: &str) {
        self.client.goto(address).await.unwrap_or_else(|error| panic!("{address} does not open: {error}"));
    }

    pub(super) async fn address(&self) -> Url {
        self.client.current_url().await.expect("a page is open")
    }

    /// The text of the page's only `h1`.
    pub(super) async fn heading(&self) -> String {
        self.read("h1").await
    }

    /// The visible text of the page.
    pub(super) async fn text(&self) -> String {
        self.read("body").await
    }

    /// Waits until the page shows `text`; the page itself must update.
    pub(super) async fn see(&self, text: &str) {
        let found =
            format!("//body//*[not(self::script or self::style)][contains(normalize-space(.), {})]", quoted(text));
        self.element(Locator::XPath(&found)).await;
    }

    /// Waits for the first element matching a CSS selector and returns its text.
    pub(super) async fn read(&self, selector: &str) -> String {
        self.act(Locator::Css(selector), async |element| element.text().await).await
    }

    /// The current texts of all elements matching a CSS selector.
    pub(super) async fn read_all(&self, selector: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.client.find_all(Locator::Css(selector)).await.expect("a selector that can be read") {
            texts.push(element.text().await.expect("an element has a text"));
        }
        texts
    }

    /// Waits until an element matches the CSS selector.
    pub(super) async fn wait_for(&self, selector: &str) {
        self.element(Locator::Css(selector)).await;
    }

    /// Clicks the first element matching the CSS selector, if its text isn't specific enough.
    pub(super) async fn follow(&self, selector: &str) {
        self.act(Locator::Css(selector), async |control| control.click().await).await;
    }

    /// Clicks the button or link with this text.
    pub(super) async fn press(&self, label: &str) {
        let label = quoted(label);
        let found = format!(
            "//*[self::button or self::a or self::summary][not(ancestor::*[@hidden])][normalize-space(.)={label} or @aria-label={label}]"
        );
        self.act(Locator::XPath(&found), async |control| control.click().await).await;
    }

    /// Replaces the content of the field with this form name.
    pub(super) async fn fill(&self, name: &str, value: &str) {
        if name == "sql" && self.javascript {
            return self.paste_sql(value).await;
        }
        let fill = async |field: Element| {
            field.clear().await?;
            field.send_keys(value).await
        };
        self.act(Locator::Css(&named(name)), fill).await;
    }

    /// Replaces the content of the field matching the CSS selector, if its name isn't specific enough.
    pub(super) async fn fill_in(&self, selector: &str, value: &str) {
        let fill = async |field: Element| {
            field.clear().await?;
            field.send_keys(value).await
        };
        self.act(Locator::Css(selector), fill).await;
    }

    /// Types keys at the end of the element matching the CSS selector.
    pub(super) async fn type_in(&self, selector: &str, keys: &str) {
        self.act(Locator::Css(selector), async |field| field.send_keys(keys).await).await;
    }

    /// Presses the Enter key in the field matching the CSS selector.
    pub(super) async fn enter(&self, selector: &str) {
        self.act(Locator::Css(selector), async |field| field.send_keys("\u{E007}").await).await;
    }

    /// Runs a script of the test, also if page scripts are off, and returns its result.
    pub(super) async fn execute(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// The same if the page may be navigating; `None` if it was.
    pub(super) async fn try_execute(&self, script: &str) -> Option<Value> {
        self.client.execute(script, Vec::new()).await.ok()
    }

    /// Whether pages can run scripts.
    pub(super) const fn runs_scripts(&self) -> bool {
        self.javascript
    }

    pub(super) async fn back(&self) {
        self.client.back().await.expect("there is a page before");
    }

    pub(super) async fn forward(&self) {
        self.client.forward().await.expect("there is a page behind");
    }

    /// Waits until this is true.
    pub(super) async fn until(&self, is_true: impl AsyncFn() -> bool) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        let wait = async {
            while !is_true().await {
                ticks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("it becomes true in time");
    }

    /// Selects an option by its text.
    pub(super) async fn choose(&self, name: &str, label: &str) {
        self.act(Locator::Css(&named(name)), async |field| field.select_by_label(label).await).await;
    }

    /// The content of the field with this form name.
    pub(super) async fn value(&self, name: &str) -> String {
        self.act(Locator::Css(&named(name)), async |field| field.prop("value").await).await.unwrap_or_default()
    }

    /// Waits for an element and acts on it; if the page replaced the element in between, acts on the new one.
    async fn act<T>(&self, locator: Locator<'_>, action: impl AsyncFn(Element) -> Result<T, CmdError>) -> T {
        loop {
            match action(self.element(locator).await).await {
                Ok(done) => return done,
                Err(error) if error.is_stale_element_reference() => {}
                Err(error) => panic!("{locator:?} on {}: {error}", self.address().await),
            }
        }
    }

    async fn element(&self, locator: Locator<'_>) -> Element {
        match self.client.wait().at_most(PATIENCE).every(LOOK_EVERY).for_element(locator).await {
            Ok(element) => element,
            Err(error) => {
                // The runtime of a story has one thread, which has the story's name.
                let story = std::thread::current().name().unwrap_or("story").replace("::", "-");
                self.screenshot(&format!("failed-{story}")).await;
                let source = self.client.source().await.unwrap_or_default();
                panic!("{locator:?} is not on {} ({error}):\n{source}", self.address().await)
            }
        }
    }

    async fn devtools(&self, command: &'static str, parameters: Value) {
        let asked = self.client.issue_cmd(Devtools { command, parameters }).await;
        asked.unwrap_or_else(|error| panic!("Chromium refused {command}: {error}"));
    }
}

/// `text` as an `XPath` literal, which has no escapes.
fn quoted(text: &str) -> String {
    if !text.contains('"') {
        return format!("\"{text}\"");
    }
    let parts: Vec<String> = text.split('"').map(|part| format!("\"{part}\"")).collect();
    format!("concat({})", parts.join(", '\"', "))
}

/// A selector for the field with this form name.
fn named(name: &str) -> String {
    format!("[name=\"{name}\"]")
}
