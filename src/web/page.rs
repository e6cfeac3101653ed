//! Answers that are pages, and addresses that stay inside.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Error;

/// A template as the answer. One that fails to render is a defect and becomes the error page.
#[derive(Debug)]
pub struct Html<T>(pub T);

impl<T: Template> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
            Err(error) => Error::from(error).into_response(),
        }
    }
}

impl<T: Template> Html<T> {
    /// The same page for a form that did not fit: status 422, so that scripts and tests can tell.
    pub fn unprocessable(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, self).into_response()
    }
}

/// The address if it is a path on this site, else `/`. What a browser would read as another host
/// (`//host`, `/\host`, anything with a control character) is not a path.
pub fn local_path(address: &str) -> &str {
    let mut bytes = address.bytes();
    let first_two = (bytes.next(), bytes.next());
    let inside = matches!(first_two, (Some(b'/'), second) if !matches!(second, Some(b'/' | b'\\')));
    if inside && !address.bytes().any(|byte| byte.is_ascii_control() || byte == b'\\') && address.is_ascii() {
        address
    } else {
        "/"
    }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_on_this_site_are_followed() {
        for inside in ["/", "/queries?page=2", "/executions/exe_1#result"] {
            assert_eq!(local_path(inside), inside);
        }
        for outside in ["", "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "x", "/ü"]
        {
            assert_eq!(local_path(outside), "/", "{outside}");
        }
    }
}
