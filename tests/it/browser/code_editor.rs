//! The code editor, whose parts are in a shadow root that selectors don't reach.

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::elements::Element;
use serde_json::{Value, json};

use super::Browser;

impl Browser {
    /// The content of the code editor, in its shadow root.
    pub(super) async fn code(&self) -> Element {
        const FIND: &str =
            "return document.querySelector('[data-code-host]')?.shadowRoot.querySelector('.cm-content') ?? null";
        let mut found = Value::Null;
        self.until(async || self.client.execute(FIND, Vec::new()).await.is_ok_and(|found| !found.is_null())).await;
        if let Ok(content) = self.client.execute(FIND, Vec::new()).await {
            found = content;
        }
        let id =
            found.as_object().and_then(|it| it.values().next()).and_then(Value::as_str).expect("an element").to_owned();
        Element::from_element_id(self.client.clone(), id.into())
    }

    /// Presses keys one after the other, with the current focus; Control stays pressed until the end.
    pub(super) async fn type_keys(&self, keys: &str) {
        const CONTROL: char = '\u{E009}';
        let mut actions = KeyActions::new("keyboard".to_owned());
        for key in keys.chars() {
            actions = actions.then(KeyAction::Down { value: key });
            if key != CONTROL {
                actions = actions.then(KeyAction::Up { value: key });
            }
        }
        if keys.contains(CONTROL) {
            actions = actions.then(KeyAction::Up { value: CONTROL });
        }
        self.client.perform_actions(actions).await.expect("keys reach the page");
    }

    /// The texts of elements in the code editor that match the CSS selector.
    pub(super) async fn in_code(&self, selector: &str) -> Vec<String> {
        const READ: &str = "return [...document.querySelector('[data-code-host]').shadowRoot.querySelectorAll(arguments[0])].map((it) => it.textContent)";
        let texts = self.client.execute(READ, vec![json!(selector)]).await.unwrap_or_default();
        serde_json::from_value(texts).unwrap_or_default()
    }

    /// Replaces the SQL in the code editor by selecting all and pasting.
    pub(super) async fn paste_sql(&self, value: &str) {
        const PASTE: &str = "const [text] = arguments; const data = new DataTransfer(); \
            const content = document.querySelector('[data-code-host]').shadowRoot.querySelector('.cm-content'); \
            data.setData('text/plain', text); content.dispatchEvent(new ClipboardEvent('paste', \
            { clipboardData: data, bubbles: true, cancelable: true }))";
        let content = self.code().await;
        content.click().await.expect("the editor can be clicked");
        content.send_keys("\u{E009}a\u{E000}").await.expect("keys reach the editor");
        if value.is_empty() {
            content.send_keys("\u{E017}").await.expect("keys reach the editor");
            return;
        }
        self.client.execute(PASTE, vec![json!(value)]).await.expect("the editor takes a text");
        self.until(async || self.value("sql").await == value).await;
    }
}
