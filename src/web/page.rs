//! Answers that are pages.

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
