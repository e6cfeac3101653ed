//! One person's browser: opening, reading, filling, pressing.

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

/// How long a condition may take to become true.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// A screen: a width, a height, light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// In CSS pixels; below 600 it is a phone.
    pub(super) width: u32,
    /// In CSS pixels.
    pub(super) height: u32,
    /// What the system prefers.
    pub(super) dark: bool,
}

/// The four looks in which every page is checked.
pub(super) const LOOKS: [Look; 4] = [
    Look { width: 1280, height: 800, dark: false },
    Look { width: 1280, height: 800, dark: true },
    Look { width: 390, height: 844, dark: false },
    Look { width: 390, height: 844, dark: true },
];

/// How a browser is started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    /// Whether pages may run scripts.
    pub(super) javascript: bool,
    /// The first look.
    pub(super) look: Look,
}

impl Default for Options {
    fn default() -> Self {
        Self { javascript: true, look: LOOKS[0] }
    }
}

/// What a page cost on a cold cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weight {
    /// Requests, the page's own included.
    pub(super) requests: u64,
    /// Compressed bytes of the page.
    pub(super) html: u64,
    /// Compressed bytes of its styles.
    pub(super) css: u64,
    /// Compressed bytes of its scripts.
    pub(super) js: u64,
}

/// A browser with a profile of its own.
#[derive(Debug)]
pub(super) struct Browser {
    pub(super) client: Client,
    javascript: bool,
    // The order matters: the driver ends the browser before its folders go.
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

    /// Changes the screen; the page stays open.
    pub(super) async fn look(&self, look: Look) {
        let phone = look.width < 600;
        let screen = json!({ "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": phone });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
        let scheme = if look.dark { "dark" } else { "light" };
        // Motion is off, so that a picture shows where things come to rest.
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

    /// Where the browser is.
    pub(super) async fn address(&self) -> Url {
        self.client.current_url().await.expect("a page is open")
    }

    /// The text of the page's one `h1`.
    pub(super) async fn heading(&self) -> String {
        self.read("h1").await
    }

    /// Everything that the page shows.
    pub(super) async fn text(&self) -> String {
        self.read("body").await
    }

    /// Waits until the page shows `text`; loading the page again is the page's own business.
    pub(super) async fn see(&self, text: &str) {
        let found =
            format!("//body//*[not(self::script or self::style)][contains(normalize-space(.), {})]", quoted(text));
        self.element(Locator::XPath(&found)).await;
    }

    /// Waits for the first element of a CSS selector and gives its text.
    pub(super) async fn read(&self, selector: &str) -> String {
        self.act(Locator::Css(selector), async |element| element.text().await).await
    }

    /// The texts of all elements of a CSS selector, as they are now.
    pub(super) async fn read_all(&self, selector: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.client.find_all(Locator::Css(selector)).await.expect("a selector that can be read") {
            texts.push(element.text().await.expect("an element has a text"));
        }
        texts
    }

    /// Waits until something fits the CSS selector.
    pub(super) async fn wait_for(&self, selector: &str) {
        self.element(Locator::Css(selector)).await;
    }

    /// Presses the first thing that fits the CSS selector, where its text says too little.
    pub(super) async fn follow(&self, selector: &str) {
        self.act(Locator::Css(selector), async |control| control.click().await).await;
    }

    /// Presses the button or follows the link with this text.
    pub(super) async fn press(&self, label: &str) {
        let label = quoted(label);
        let found = format!(
            "//*[self::button or self::a or self::summary][not(ancestor::*[@hidden])][normalize-space(.)={label} or @aria-label={label}]"
        );
        self.act(Locator::XPath(&found), async |control| control.click().await).await;
    }

    /// Replaces what stands in the field of this form name.
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

    /// Replaces what stands in the field that fits the CSS selector, where its name says too little.
    pub(super) async fn fill_in(&self, selector: &str, value: &str) {
        let fill = async |field: Element| {
            field.clear().await?;
            field.send_keys(value).await
        };
        self.act(Locator::Css(selector), fill).await;
    }

    /// Presses keys in what fits the CSS selector, behind what stands there.
    pub(super) async fn type_in(&self, selector: &str, keys: &str) {
        self.act(Locator::Css(selector), async |field| field.send_keys(keys).await).await;
    }

    /// Presses the Enter key in the field that fits the CSS selector.
    pub(super) async fn enter(&self, selector: &str) {
        self.act(Locator::Css(selector), async |field| field.send_keys("\u{E007}").await).await;
    }

    /// The addresses of forms that look at something and that the browser would refuse to send as they are served.
    pub(super) async fn blocked_forms(&self) -> Vec<String> {
        const SCRIPT: &str = "return [...document.forms].filter((form) => form.method === 'get' && !form.noValidate \
            && !form.checkValidity()).map((form) => form.action)";
        let blocked = self.client.execute(SCRIPT, Vec::new()).await.expect("a page knows its forms");
        serde_json::from_value(blocked).expect("addresses")
    }

    /// Runs a script of the story's own, which pages' scripts being off does not keep out, and gives what it returns.
    pub(super) async fn execute(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// The same while a page may be on its way; nothing where it was.
    pub(super) async fn try_execute(&self, script: &str) -> Option<Value> {
        self.client.execute(script, Vec::new()).await.ok()
    }

    /// Whether pages may run scripts.
    pub(super) const fn runs_scripts(&self) -> bool {
        self.javascript
    }

    /// Goes back in the history.
    pub(super) async fn back(&self) {
        self.client.back().await.expect("there is a page before");
    }

    /// Goes forward in the history.
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

    /// Chooses from a list by the option's text.
    pub(super) async fn choose(&self, name: &str, label: &str) {
        self.act(Locator::Css(&named(name)), async |field| field.select_by_label(label).await).await;
    }

    /// What stands in the field of this form name.
    pub(super) async fn value(&self, name: &str) -> String {
        self.act(Locator::Css(&named(name)), async |field| field.prop("value").await).await.unwrap_or_default()
    }

    /// Follows the link to a file and gives what was saved.
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

    /// Keeps a picture of the screen as `screenshots/<name>.png` in cargo's target folder.
    pub(super) async fn screenshot(&self, name: &str) {
        self.keep(&screenshots(), name).await;
    }

    /// Keeps a picture of the screen as `docs/pictures/<name>.png`, where the README shows it. Pictures
    /// are made anew only when their file is not there, so that running the tests changes nothing.
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

    /// What axe says against the page as it is now; needs a browser in which scripts run.
    pub(super) async fn axe(&self) -> Vec<Violation> {
        assert!(self.javascript, "axe is a script: check the page in a browser that runs scripts");
        let script = format!("{}\n{}", axe::SOURCE, axe::RUN);
        let mut answer = self.client.execute_async(&script, Vec::new()).await.expect("axe runs");
        assert!(answer.get("error").is_none(), "axe failed: {answer}");
        serde_json::from_value(answer["violations"].take()).expect("axe answers with violations")
    }

    /// What the page cost; meant for the first page of a fresh browser. What is sent because somebody types is not
    /// part of it.
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

    /// What the console was told since the last look, without that the page itself was refused, which a
    /// page about an error always is.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let own = format!("{} - Failed to load resource", self.address().await);
        let entries = self.client.issue_cmd(ConsoleLog).await.expect("the driver keeps the console's log");
        let entries = entries.as_array().expect("a list of entries").iter();
        let messages = entries.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned());
        messages.filter(|message| !message.starts_with(&own)).collect()
    }

    /// Waits for an element and does something with it; where the page took the element away in between,
    /// with the one that came in its place.
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
                // The runtime of a story has one thread, which bears the story's name.
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

/// `text` as a literal of `XPath`, which knows no escapes.
fn quoted(text: &str) -> String {
    if !text.contains('"') {
        return format!("\"{text}\"");
    }
    let parts: Vec<String> = text.split('"').map(|part| format!("\"{part}\"")).collect();
    format!("concat({})", parts.join(", '\"', "))
}

/// Selects the field of this form name.
fn named(name: &str) -> String {
    format!("[name=\"{name}\"]")
}

/// The files that were saved whole. Chromium takes the name with an empty file first, writes under
/// another name, and renames at the end: a file without a byte is not saved yet.
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
