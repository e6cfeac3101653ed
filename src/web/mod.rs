//! What all pages share: the frame, the person, forms, errors as pages, live parts, headers.

pub mod assets;
mod error;
mod forms;
pub mod live;
mod page;
pub mod paging;
mod person;
pub mod security;
pub mod session;
pub mod shell;
mod site;
mod visit;
pub mod words;

pub use error::{Error, ErrorPage, Result, WayOut, framed};
pub use forms::{Fields, Problems};
pub use page::{Html, local_path};
pub use person::Person;
pub use site::Site;
pub use visit::{Sandbox, Visit, cookie};
