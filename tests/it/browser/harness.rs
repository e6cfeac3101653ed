//! Tests of the browser harness, on its own pages: a tool that never fails proves nothing.

use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::{get, post};
use tokio::net::TcpListener;

use super::{Browser, LOOKS, Options, report};

const GOOD: &str = r#"<!doctype html><html lang="en"><head><title>Good</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/look.css"><script defer src="/on.js"></script></head><body><main><h1>Good page</h1>
<p id="scripts">Scripts are off.</p><noscript><p>No scripts at all.</p></noscript>
<form method="post" action="/said"><label>Word <input name="word" value="old"></label>
<label>Size <select name="size"><option>Small</option><option>Large</option></select></label>
<button>Say "it"</button></form>
<a href="/words.csv" download="words.csv">Download</a></main></body></html>"#;

const BAD: &str = "<!doctype html><html lang=\"en\"><head><title>Bad</title></head><body><main><h1>Bad page</h1>\
    <img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\"><input></main></body></html>";

const LOOK: &str = "body { background: light-dark(#fff, #111); color: light-dark(#111, #fff); color-scheme: light dark; \
    font: 16px/2 sans-serif } @media (width < 600px) { h1::after { content: ' on a phone' } }";

const ON: &str = "document.getElementById('scripts').textContent = 'Scripts are on.'";

/// Serves the pages under the strictest policy while the story runs; returns the address.
async fn pages() -> String {
    let typed =
        |kind: &'static str, text: &'static str| get(move || async move { ([(header::CONTENT_TYPE, kind)], text) });
    let router = Router::new()
        .route("/good", get(async || ([(header::CONTENT_SECURITY_POLICY, "default-src 'self'")], Html(GOOD))))
        .route("/bad", get(async || Html(BAD)))
        .route("/look.css", typed("text/css", LOOK))
        .route("/on.js", typed("text/javascript", ON))
        .route("/words.csv", typed("text/csv", "word\nnew\n"))
        .route("/said", post(async |said: String| Html(format!("<!doctype html><title>Said</title><h1>{said}</h1>"))));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    #[expect(clippy::disallowed_methods, reason = "a server of the story's own, which ends with its runtime")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn a_form_is_filled_and_sent_with_scripts_on_and_off() {
    let address = pages().await;
    for (javascript, shown) in [(true, "Scripts are on."), (false, "Scripts are off.")] {
        let browser = Browser::start(Options { javascript, ..Options::default() }).await;
        browser.open(&format!("{address}/good")).await;
        browser.see(shown).await;
        assert_eq!(browser.text().await.contains("No scripts at all."), !javascript);
        browser.fill("word", "new").await;
        browser.choose("size", "Large").await;
        assert_eq!(browser.value("word").await, "new");
        browser.press("Say \"it\"").await;
        browser.see("word=new").await;
        assert_eq!(browser.heading().await, "word=new&size=Large");
        assert_eq!(browser.address().await.path(), "/said");
    }
}

#[tokio::test]
async fn a_file_is_saved_and_a_page_is_weighed() {
    let address = pages().await;
    let browser = Browser::start(Options::default()).await;
    browser.open(&format!("{address}/good")).await;
    let weight = browser.weight().await;
    assert_eq!(weight.requests, 3);
    assert_eq!((weight.html, weight.css, weight.js), (GOOD.len() as u64, LOOK.len() as u64, ON.len() as u64));
    assert_eq!(browser.download("Download").await, b"word\nnew\n");
}

#[tokio::test]
async fn axe_passes_a_good_page_in_every_look_and_names_what_is_bad() {
    let address = pages().await;
    let browser = Browser::start(Options::default()).await;
    browser.open(&format!("{address}/good")).await;
    for look in LOOKS {
        browser.look(look).await;
        let violations = browser.axe().await;
        assert!(violations.is_empty(), "{look:?}:\n{}", report(&violations));
    }
    browser.open(&format!("{address}/bad")).await;
    let violations = browser.axe().await;
    let rules: Vec<&str> = violations.iter().map(|violation| violation.rule.as_str()).collect();
    assert!(rules.contains(&"image-alt") && rules.contains(&"label"), "{rules:?}");
}
