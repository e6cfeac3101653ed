//! What only a browser shows: headless Chromium, driven through `ChromeDriver`.
//!
//! A story opens a [`Browser`] and does what a person does: reads labels, fills fields, presses
//! buttons. It names nothing by class or position, so that a change of looks does not break it. A
//! look is a width and light or dark; a story may change it while a page is open. Waiting is for a
//! condition, with a bound after which the story fails and says what the page showed instead.
//!
//! A machine without Chromium fails these stories; `scripts/test` installs it.

mod axe;
mod code_editor;
mod data_sources;
mod driver;
mod editor;
mod forms;
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
