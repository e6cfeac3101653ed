//! Answers that are pages.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Error;
use super::components::Errors;
use super::problem::FieldErrors;

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

    /// The same, naming the page's list of what is wrong with which field, for clients that ask for JSON.
    pub fn unprocessable_by(self, errors: impl FnOnce(&T) -> &Errors) -> Response {
        let fields = FieldErrors::from(errors(&self.0));
        let mut response = self.unprocessable();
        response.extensions_mut().insert(fields);
        response
    }
}
