//! A headless HTTP client: keeps cookies, doesn't follow redirects, parses pages.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode};
use scraper::{Html, Selector};

/// A visitor of the program.
pub(crate) struct Visitor {
    base: String,
    client: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// The redirect target, if any.
    pub(crate) location: String,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The texts of all elements matching the selector, with whitespace collapsed.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let selector = Selector::parse(selector).expect("a selector that can be read");
        let page = Html::parse_document(&self.body);
        let fold = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        page.select(&selector).map(|element| fold(element.text().collect())).collect()
    }

    /// The text of the first element matching the selector.
    pub(crate) fn text(&self, selector: &str) -> String {
        self.texts(selector).into_iter().next().unwrap_or_else(|| panic!("{selector} is not in:\n{}", self.body))
    }

    /// An attribute of all elements matching the selector.
    pub(crate) fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let selector = Selector::parse(selector).expect("a selector that can be read");
        let page = Html::parse_document(&self.body);
        page.select(&selector).filter_map(|element| element.value().attr(name).map(str::to_owned)).collect()
    }

    /// The same response, after checking its status.
    pub(crate) fn with(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}\n{}", self.location, self.body);
        self
    }
}

impl Visitor {
    /// A visitor of the program at this address, without a session.
    pub(crate) fn new(base: String) -> Self {
        // OK to fail because the program's own client may have installed it in this process already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        #[expect(clippy::disallowed_methods, reason = "a story's own client, which is no part of the program")]
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        Self { base, client: client.expect("a client"), cookies: Mutex::default() }
    }

    /// Sends a request like a browser on the program's own pages; headers given here override the defaults.
    pub(crate) async fn send(
        &self,
        method: Method,
        address: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let url = if address.starts_with("http") { address.to_owned() } else { format!("{}{address}", self.base) };
        let cookies: Vec<String> = {
            let cookies = self.cookies.lock().expect("no story panics while it holds the cookies");
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        let mut request = self.client.request(method, url).header(COOKIE, cookies.join("; "));
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("sec-fetch-site")) {
            request = request.header("sec-fetch-site", "same-origin");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                request = request.header("content-type", "application/x-www-form-urlencoded");
            }
            request = request.body(body);
        }
        let response = request.send().await.expect("an answer");
        self.keep_cookies(&response);
        let headers = response.headers().clone();
        let location = headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        Answer { status: response.status(), location, headers, body: response.text().await.expect("a body") }
    }

    fn keep_cookies(&self, response: &reqwest::Response) {
        let mut cookies = self.cookies.lock().expect("no story panics while it holds the cookies");
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The current cookies.
    pub(crate) fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().expect("no story panics while it holds the cookies").clone()
    }

    /// Replaces the cookies.
    pub(crate) fn take_cookies(&self, cookies: BTreeMap<String, String>) {
        *self.cookies.lock().expect("no story panics while it holds the cookies") = cookies;
    }

    pub(crate) async fn get(&self, address: &str) -> Answer {
        self.send(Method::GET, address, &[], None).await
    }

    pub(crate) async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, address, &[], Some(body)).await
    }

    /// Signs in as the sample user whose name begins with `name`, through the consent page.
    pub(crate) async fn sign_in(&self, name: &str) {
        let consent = self.post("/auth/amazon/start", &[("region", "NA"), ("next", "/")]).await.with(303).location;
        let allowed = self.allow(&consent, name).await;
        let back = self.get(&allowed).await.with(303);
        assert_eq!(back.location, "/", "{}", back.body);
    }

    /// Submits the consent page; returns the address to which it redirects.
    pub(crate) async fn allow(&self, consent: &str, name: &str) -> String {
        let page = self.get(consent).await.with(200);
        let document = Html::parse_document(&page.body);
        let choice = document
            .select(&Selector::parse("label").expect("a selector"))
            .find(|label| label.text().collect::<String>().trim().starts_with(name))
            .and_then(|label| {
                label.select(&Selector::parse("input").expect("a selector")).next().map(|input| input.value().clone())
            })
            .unwrap_or_else(|| panic!("{name} is not offered:\n{}", page.body));
        let mut fields: Vec<(String, String)> = page
            .attributes("form input[type=hidden]", "name")
            .into_iter()
            .zip(page.attributes("form input[type=hidden]", "value"))
            .collect();
        fields
            .push((choice.attr("name").expect("a name").to_owned(), choice.attr("value").expect("a value").to_owned()));
        let button = document
            .select(&Selector::parse("button").expect("a selector"))
            .find(|button| button.text().collect::<String>().contains("Allow"));
        if let Some((Some(name), Some(value))) =
            button.map(|button| (button.value().attr("name"), button.value().attr("value")))
        {
            fields.push((name.to_owned(), value.to_owned()));
        }
        let action = page.attributes("form", "action").into_iter().next().unwrap_or_default();
        let target = url::Url::parse(consent)
            .or_else(|_| url::Url::parse(&format!("{}{consent}", self.base)))
            .expect("the consent page's address");
        let target = target.join(&action).expect("the form's address");
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(target.as_str(), &pairs).await.with(302).location
    }
}
