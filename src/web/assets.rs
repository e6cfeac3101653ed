//! The stylesheet, the scripts and the icons, compiled into the program.
//!
//! Every file has one address that contains its content's hash (`/static/app.1f2e3d4c5b6a7988.css`), so browsers
//! cache it forever and still see the next release immediately. Addresses without the hash aren't served: a page that
//! hard-codes one would become stale some day, and this way it fails immediately.
//!
//! The code editor's script is a separate file, loaded only by pages with an editor: a bundle of packages (built by
//! `scripts/editor`) and our own code.
//!
//! The main script is three files joined (htmx, its polling tags, our own), in that order: each page needs at most
//! five requests on a cold cache, including the favicon, which is the icon sprite's own picture. Compression is done
//! by a layer around the router.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::routes::{Routes, Who, get};

/// For hashed addresses: cache for a year and never revalidate.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The address for an unknown file name; it returns 404.
const NOWHERE: &str = "/static/unknown";

/// A file to be compiled in: its name, its type, and the parts it is joined from.
struct Source {
    name: &'static str,
    content_type: &'static str,
    parts: &'static [&'static [u8]],
}

const SOURCES: &[Source] = &[
    Source {
        name: "app.css",
        content_type: "text/css; charset=utf-8",
        parts: &[include_bytes!("../../static/app.css")],
    },
    Source {
        name: "app.js",
        content_type: "text/javascript; charset=utf-8",
        parts: &[
            include_bytes!("../../static/vendor/htmx-4.0.1.min.js"),
            include_bytes!("../../static/vendor/hx-ptag-4.0.1.min.js"),
            include_bytes!("../../static/app.js"),
        ],
    },
    Source {
        name: "editor.js",
        content_type: "text/javascript; charset=utf-8",
        parts: &[
            include_bytes!("../../static/vendor/codemirror-6.43.15.min.js"),
            include_bytes!("../../static/editor/editor.js"),
        ],
    },
    Source { name: "icons.svg", content_type: "image/svg+xml", parts: &[include_bytes!("../../static/icons.svg")] },
];

/// A file as served.
struct Asset {
    name: &'static str,
    address: String,
    content_type: &'static str,
    body: Bytes,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| SOURCES.iter().map(Asset::from).collect());

impl From<&Source> for Asset {
    fn from(source: &Source) -> Self {
        let body = Bytes::from(source.parts.join(&b"\n"[..]));
        let (stem, ending) = source.name.rsplit_once('.').unwrap_or((source.name, ""));
        Self {
            name: source.name,
            address: format!("/static/{stem}.{}.{ending}", fingerprint(&body)),
            content_type: source.content_type,
            body,
        }
    }
}

/// The first 64 bits of the content's SHA-256, in hexadecimal.
fn fingerprint(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    let number = digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:016x}")
}

/// The hashed address of the file `name` (`app.css`, `app.js`, `editor.js`, `icons.svg`). For an unknown name, an
/// address that returns 404.
pub fn path(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or(NOWHERE, |asset| &asset.address)
}

/// The route for all files.
pub fn routes() -> Routes {
    Routes::new().route("/static/{file}", get(Who::Anyone, serve).about("Styles, scripts and icons"))
}

async fn serve(Path(file): Path<String>) -> Response {
    let asked = |asset: &&Asset| asset.address.strip_prefix("/static/") == Some(file.as_str());
    match ASSETS.iter().find(asked) {
        Some(asset) => {
            ([(CONTENT_TYPE, asset.content_type), (CACHE_CONTROL, FOR_EVER)], asset.body.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
pub(crate) fn each() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    ASSETS.iter().map(|asset| (asset.address.as_str(), &asset.body[..]))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use axum::http::header::ACCEPT_ENCODING;
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    use tower_http::compression::CompressionLayer;

    use super::*;

    async fn get(address: &str) -> Response {
        let request = Request::get(address).body(Body::empty()).unwrap();
        routes().into_router().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_hashed_address_serves_its_file_for_ever() {
        let response = get(path("app.css")).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
        assert_eq!(response.headers()[CACHE_CONTROL], FOR_EVER);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(&body[..], include_bytes!("../../static/app.css"));
    }

    #[tokio::test]
    async fn the_script_is_htmx_then_its_tags_then_our_own() {
        let body = get(path("app.js")).await.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let at = |needle: &str| text.find(needle).unwrap();
        assert!(at("var htmx") < at("\"ptag\""));
        assert!(text.ends_with(include_str!("../../static/app.js")));
    }

    /// So that the editor also works with `require-trusted-types-for 'script'`.
    #[test]
    fn the_editor_makes_no_elements_and_no_code_from_texts() {
        let editor = ASSETS.iter().find(|asset| asset.name == "editor.js").unwrap();
        let text = std::str::from_utf8(&editor.body).unwrap();
        for sink in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "createContextualFragment",
        ] {
            assert!(!text.contains(sink), "{sink}");
        }
    }

    #[tokio::test]
    async fn plain_stale_and_unknown_addresses_are_not_found() {
        for address in ["/static/app.css", "/static/app.0000000000000000.css", "/static/%00", path("x")] {
            assert_eq!(get(address).await.status(), StatusCode::NOT_FOUND, "{address}");
        }
    }

    #[tokio::test]
    async fn compressed_files_stay_within_their_budgets() {
        let app = routes().into_router().layer(CompressionLayer::new());
        for (name, budget) in [("app.css", 15_000), ("app.js", 20_000), ("editor.js", 160_000), ("icons.svg", 6_000)] {
            let request = Request::get(path(name)).header(ACCEPT_ENCODING, "gzip");
            let request = request.body(Body::empty()).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(response.headers()["content-encoding"], "gzip", "{name}");
            let size = response.into_body().collect().await.unwrap().to_bytes().len();
            assert!(size <= budget, "{name} is {size} bytes, more than {budget}");
        }
    }

    /// The arguments of each call of the macro `name` in a template, if they are plain texts.
    fn calls<'a>(template: &'a str, name: &str) -> Vec<Vec<&'a str>> {
        let texts = |call: &'a str| {
            let end = call.find([')', '(']).unwrap_or(call.len());
            call[..end].split(", ").map(|text| text.trim_matches('"')).collect()
        };
        template.split(&format!("c::{name}(")).skip(1).map(texts).collect()
    }

    #[test]
    fn every_icon_that_a_template_names_is_in_the_sprite() {
        let sprite = include_str!("../../static/icons.svg");
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/templates"))];
        let mut seen = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    folders.push(entry);
                    continue;
                }
                let template = std::fs::read_to_string(&entry).unwrap();
                for (name, place) in
                    [("icon", 0), ("empty_state", 0), ("button", 2), ("link_button", 3), ("post_button", 3)]
                {
                    for call in calls(&template, name) {
                        let icon = call.get(place).copied().unwrap_or_default();
                        let is_name = icon.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                        if is_name && !icon.is_empty() {
                            seen += 1;
                            assert!(sprite.contains(&format!(r#"id="{icon}""#)), "{}: {icon}", entry.display());
                        }
                    }
                }
            }
        }
        assert!(seen > 20, "the templates name more icons than {seen}");
    }

    #[test]
    fn a_change_of_content_changes_the_address() {
        assert_ne!(fingerprint(b"a"), fingerprint(b"b"));
        assert_eq!(fingerprint(b"").len(), 16);
    }
}
