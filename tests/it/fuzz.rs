//! Arbitrary requests to any page: path, query string, cookies, form.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use reqwest::Method;

use crate::fuzzing::{files, run};
use crate::support::{Answer, Database, House, Visitor};

/// A text that a response never contains unescaped: it would be an injected script.
const CANARY: &str = "<img src=x onerror=alert(1)>";

struct Request {
    method: Method,
    address: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// `METHOD /path?query`, header lines, an empty line, the form. `None` for anything that a browser can't send.
fn request(bytes: &[u8]) -> Option<Request> {
    let text = String::from_utf8(bytes.to_vec()).ok()?;
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let (method, address) = lines.next()?.split_once(' ')?;
    let address = address.trim().replace(' ', "%20");
    let headers = lines
        .map(|line| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect::<Option<Vec<_>>>()?;
    let names = |name: &str| {
        reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_ok_and(|it| it == "cookie" || it == "hx-request")
    };
    let fits = |value: &str| reqwest::header::HeaderValue::from_str(value).is_ok();
    if !headers.iter().all(|(name, value)| names(name) && fits(value)) {
        return None;
    }
    let method = Method::from_bytes(method.as_bytes()).ok()?;
    let plain = address.starts_with('/')
        && !address.starts_with("//")
        && url::Url::parse(&format!("http://a.test{address}")).is_ok();
    plain.then(|| Request { method, address, headers, body: body.to_owned() })
}

fn is_an_answer(address: &str, answer: &Answer) -> TestCaseResult {
    let status = answer.status.as_u16();
    prop_assert!(status < 500, "{}: {}\n{}", address, status, answer.body);
    prop_assert!(answer.body.len() < 4 << 20, "{}: {} bytes", address, answer.body.len());
    let kind = answer.headers.get("content-type").and_then(|it| it.to_str().ok()).unwrap_or_default();
    if kind.starts_with("text/html") {
        prop_assert!(answer.headers.contains_key("content-security-policy"), "{}: {}", address, status);
        prop_assert!(!answer.body.contains(CANARY), "{}\n{}", address, answer.body);
    }
    if (300..400).contains(&status) && status != 304 {
        let here = answer.location.starts_with('/') && !answer.location.starts_with("//");
        let to_sign_in = address.starts_with("/auth/amazon/start");
        prop_assert!(here || to_sign_in, "{}: leads to {}", address, answer.location);
    }
    Ok(())
}

/// A query, its execution and an instance, whose ids replace `QUERY`, `RUN` and `INSTANCE` in the corpus.
async fn things(house: &House, ada: &Visitor) -> [(&'static str, String); 3] {
    let page = ada.get("/instances").await.with(200);
    let last = |address: &str| {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default().to_owned()
    };
    let instance = last(&page.attributes("tbody th a", "href").remove(0));
    let sql =
        "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions WHERE campaign <> {{name}} GROUP BY campaign";
    let fields = [
        ("instance", instance.as_str()),
        ("name", "Mine"),
        ("sql", sql),
        ("fields", "name"),
        ("field.name.kind", "text"),
        ("window", "settled"),
    ];
    let query = last(&ada.post("/queries/new", &fields).await.with(303).location);
    let execution = ada.post("/executions", &[("query", query.as_str()), ("param.name", "x")]).await.with(303).location;
    house.settle().await;
    [("QUERY", query), ("RUN", last(&execution)), ("INSTANCE", instance)]
}

#[test]
fn any_request_to_a_page_is_answered_and_nothing_comes_back_as_a_script() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    let house = runtime.block_on(House::open(Database::sqlite()));
    let (ada, things) = runtime.block_on(async {
        let ada = house.signed_in("Ada").await;
        let things = things(&house, &ada).await;
        (ada, things)
    });
    run("pages", 300, |bytes| {
        let named = things
            .iter()
            .fold(bytes.to_vec(), |bytes, (name, id)| String::from_utf8_lossy(&bytes).replace(name, id).into_bytes());
        let Some(Request { method, address, headers, body }) = request(&named) else { return Ok(()) };
        runtime.block_on(async {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let body = (method != Method::GET && method != Method::HEAD).then_some(body);
            let cookies = ada.cookies();
            let answer = ada.send(method, &address, &headers, body).await;
            is_an_answer(&address, &answer)?;
            ada.take_cookies(cookies);
            if answer.location.starts_with("/sign-in") {
                ada.sign_in("Ada").await;
            }
            Ok(())
        })
    });
}

#[test]
fn every_route_of_the_pages_has_a_request_in_the_corpus() {
    let sent: Vec<String> = files("pages")
        .iter()
        .filter_map(|bytes| request(bytes))
        .map(|request| request.address.split('?').next().unwrap_or_default().to_owned())
        .collect();
    let fits = |route: &str, path: &str| {
        let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
        route.len() == path.len()
            && route.iter().zip(path).all(|(route, path)| route.starts_with('{') || *route == path)
    };
    let routes = crate::house::routes();
    let missing: Vec<_> = routes.iter().filter(|route| !sent.iter().any(|path| fits(route, path))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
