//! A browser session: open, read, fill, press.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::TimeoutConfiguration;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::axe::{self, Violation};
use super::driver::Driver;
use super::webdriver::{ConsoleLog, Devtools, capabilities};

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

/// The cost of a page on a cold cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weight {
    /// Requests, including the page itself.
    pub(super) requests: u64,
    /// Compressed size of the page.
    pub(super) html: u64,
    /// Compressed size of its styles.
    pub(super) css: u64,
    /// Compressed size of its scripts.
    pub(super) js: u64,
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

    /// The addresses of GET forms that the browser would refuse to submit unchanged.
    pub(super) async fn blocked_forms(&self) -> Vec<String> {
        const SCRIPT: &str = "return [...document.forms].filter((form) => form.method === 'get' && !form.noValidate \
            && !form.checkValidity()).map((form) => form.action)";
        let blocked = self.client.execute(SCRIPT, Vec::new()).await.expect("a page knows its forms");
        serde_json::from_value(blocked).expect("addresses")
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

    /// Follows a download link and returns the saved file.
    pub(super) async fn download(&self, label: &str) -> Vec<u8> {
        let folder = self.folder.path().join("downloads");
        let known = saved(&folder);
        self.press(label).await;
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        let file = async {
            loop {
                ticks.tick().await;
                if let Some(file) = saved(&folder).into_iter().find(|file| !known.contains(file)) {
                    break file;
                }
            }
        };
        let file = tokio::time::timeout(PATIENCE, file).await.unwrap_or_else(|_| panic!("{label} saved nothing"));
        std::fs::read(file).expect("a saved file can be read")
    }

    /// Saves a screenshot as `screenshots/<name>.png` in cargo's target folder.
    pub(super) async fn screenshot(&self, name: &str) {
        self.keep(&screenshots(), name).await;
    }

    /// Saves a screenshot as `docs/pictures/<name>.png`, for the README. Only if the file doesn't exist, so that
    /// running the tests changes nothing.
    pub(super) async fn picture(&self, name: &str) {
        self.screenshot(name).await;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
        if !folder.join(name).with_extension("png").exists() {
            self.keep(&folder, name).await;
        }
    }

    async fn keep(&self, folder: &Path, name: &str) {
        let picture = self.client.screenshot().await.expect("a page can be pictured");
        std::fs::create_dir_all(folder).expect("a folder for pictures");
        std::fs::write(folder.join(name).with_extension("png"), picture).expect("a picture can be written");
    }

    /// axe's violations on the current page; requires scripts.
    pub(super) async fn axe(&self) -> Vec<Violation> {
        self.axe_rules(false).await
    }

    /// The violations of axe's rules of color, for a page whose other rules were checked in another color scheme.
    pub(super) async fn axe_colors(&self) -> Vec<Violation> {
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
    pub(super) async fn weight(&self) -> Weight {
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
    pub(super) async fn overflow(&self) -> i64 {
        const SCRIPT: &str = "return document.documentElement.scrollWidth - window.innerWidth";
        let pixels = self.client.execute(SCRIPT, Vec::new()).await.expect("a page knows its width");
        pixels.as_i64().expect("a number").max(0)
    }

    /// Console messages since the last call, except for errors of the page itself, which an error page always has.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let own = format!("{} - Failed to load resource", self.address().await);
        let entries = self.client.issue_cmd(ConsoleLog).await.expect("the driver keeps the console's log");
        let entries = entries.as_array().expect("a list of entries").iter();
        let messages = entries.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned());
        messages.filter(|message| !message.starts_with(&own)).collect()
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

/// The completed downloads. Chromium first creates an empty file with the final name, writes to another file, and
/// renames it at the end: an empty file isn't complete.
fn saved(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.filter_map(Result::ok);
    let files = entries.filter(|entry| entry.metadata().is_ok_and(|file| file.len() > 0)).map(|entry| entry.path());
    let hidden = |file: &Path| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    files.filter(|file| !hidden(file) && file.extension().is_none_or(|ending| ending != "crdownload")).collect()
}

fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots")
}
