//! Shared parts of all pages: the page frame, the signed-in person, forms, error pages, live parts, headers.

pub mod assets;
pub mod chart;
pub mod components;
pub mod csv;
mod error;
mod file_name;
mod forms;
pub mod list;
pub mod live;
mod local;
pub mod naming;
mod page;
mod person;
mod problem;
mod revoke;
pub mod room;
pub mod routes;
pub mod run_state;
pub mod security;
pub mod session;
pub mod rate_limits;
pub mod shell;
mod site;
pub mod theme;
mod uploads;
mod visit;
pub mod words;
pub mod zip;

#[cfg(test)]
mod gallery;

pub use error::{Error, ErrorPage, Result, framed};
pub use file_name::FileName;
pub use forms::{Fields, QueryString, is_compressed};
pub use local::local_or_home;
pub use page::Html;
pub use person::Person;
pub use problem::{PROBLEM_JSON, PROBLEMS, Problem, ProblemKind, is_api, prefers_json, problems, wants_json};
pub use revoke::RevokePage;
pub use site::{Site, SiteParts};
pub use uploads::{MOST_FILES, Upload, UploadedFile};
pub use visit::{DemoMode, Visit};
