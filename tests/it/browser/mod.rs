//! Browser tests: headless Chromium, driven through `ChromeDriver`.
//!
//! A story opens a [`Browser`] and does what a person does: reads labels, fills fields, presses buttons. It doesn't
//! refer to classes or positions, so that a redesign doesn't break it. A look is a width and light or dark mode; a
//! story may change it while a page is open. Stories wait for conditions, with a time limit after which they fail and
//! report what the page showed instead.
//!
//! Without Chromium these stories fail; `scripts/test` installs it.

mod axe;
mod code_editor;
mod data_sources;
mod deliveries;
mod driver;
mod editor;
mod forms;
mod guides;
mod harness;
mod own;
mod pages;
mod path;
mod result;
mod schedules;
mod session;
mod walk;
mod webdriver;

use axe::report;
use session::{Browser, LOOKS, Options};

use crate::support::Program;
