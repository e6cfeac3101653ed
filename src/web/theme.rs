//! Light or dark theme: stored in a cookie, changed by a form that works without scripts.
//!
//! It is a cookie and not a row, because the sign-in page has a theme too, and because a person may prefer dark on
//! one screen and light on another.

use axum::extract::Form;
use axum::http::HeaderMap;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::local::local_or_home;
use super::routes::{Routes, Who, post};

/// How long the cookie is valid, in seconds: a year. After that the system's theme is used again.
const KEPT_FOR: u32 = 31_536_000;

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// A color theme, stored in the cookie [`Theme::COOKIE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// The operating system's setting.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The cookie; its value is the theme's name.
    pub const COOKIE: &'static str = "theme";

    /// All themes, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The theme in a request's cookies.
    pub fn of(headers: &HeaderMap) -> Self {
        cookie(headers, Self::COOKIE).map_or(Self::default(), Self::parse)
    }

    /// Parses a cookie or a form value; anything unknown is the system's theme.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.name() == text).unwrap_or_default()
    }

    /// The value in the cookie, in the form, and in `<html data-theme>`.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::System => "monitor",
            Self::Light => "sun",
            Self::Dark => "moon",
        }
    }
}

/// The form of the theme switch.
#[derive(Deserialize)]
struct Switch {
    theme: String,
    #[serde(default)]
    next: String,
}

/// The route of the theme switch.
pub fn routes() -> Routes {
    Routes::new().route("/settings/theme", post(Who::Anyone, switch).about("Switch between light and dark"))
}

/// Stores the theme and redirects back.
async fn switch(Form(form): Form<Switch>) -> Response {
    let theme = Theme::parse(&form.theme);
    let cookie = format!("{}={}; Path=/; Max-Age={KEPT_FOR}; HttpOnly; SameSite=Lax", Theme::COOKIE, theme.name());
    ([(SET_COOKIE, cookie)], Redirect::to(local_or_home(&form.next))).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::header::{CONTENT_TYPE, LOCATION};
    use axum::http::{HeaderValue, Request, StatusCode};
    use tower::ServiceExt;

    use super::*;

    async fn post_form(body: &'static str) -> Response {
        let request = Request::post("/settings/theme")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        routes().into_router().oneshot(request).await.unwrap()
    }

    #[test]
    fn a_theme_survives_its_cookie_and_nonsense_means_the_system() {
        for theme in Theme::ALL {
            let mut headers = HeaderMap::new();
            let line = format!("session=x; {}={}; other=y", Theme::COOKIE, theme.name());
            headers.insert(COOKIE, HeaderValue::from_str(&line).unwrap());
            assert_eq!(Theme::of(&headers), theme);
        }
        assert_eq!(Theme::of(&HeaderMap::new()), Theme::System);
        assert_eq!(Theme::parse("\"><script>"), Theme::System);
    }

    #[tokio::test]
    async fn the_switch_stores_the_choice_and_goes_back() {
        let response = post_form("theme=dark&next=%2Fexecutions%3Fpage%3D2").await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[LOCATION], "/executions?page=2");
        let cookie = response.headers()[SET_COOKIE].to_str().unwrap();
        assert!(cookie.starts_with("theme=dark; Path=/;"), "{cookie}");
    }

    #[tokio::test]
    async fn the_switch_leads_to_no_other_site() {
        let response = post_form("theme=light&next=%2F%2Fevil.example").await;
        assert_eq!(response.headers()[LOCATION], "/");
    }
}
