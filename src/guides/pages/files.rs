//! Pictures of guides.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::{Desk, seen};
use crate::guides::content::picture_kind;
use crate::web::{self, Person};

/// A picture from the guide's folder.
pub(super) async fn show(
    State(desk): State<Desk>,
    person: Person,
    Path((slug, file)): Path<(String, String)>,
) -> web::Result<Response> {
    let all = desk.guides.current().await;
    seen(&all, &person, &slug, &[])?;
    let bytes = all.picture(&slug, &file).ok_or(web::Error::Missing)?;
    let kind = picture_kind(&file).ok_or(web::Error::Missing)?;
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "private, max-age=300")];
    Ok((headers, bytes.to_vec()).into_response())
}
