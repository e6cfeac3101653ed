//! Responses with pages.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Error;
use super::components::Errors;
use super::problem::FieldErrors;

/// A template as a response. If rendering fails, it is a bug and becomes the error page.
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
    /// The same page for an invalid form: status 422, for scripts and tests.
    pub fn unprocessable(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, self).into_response()
    }

    /// The same, with the page's field errors for clients that prefer JSON.
    pub fn unprocessable_by(self, errors: impl FnOnce(&T) -> &Errors) -> Response {
        let fields = FieldErrors::from(errors(&self.0));
        let mut response = self.unprocessable();
        response.extensions_mut().insert(fields);
        response
    }
}
