//! Queries: saved SQL with typed form fields and a window, and everything that decides what AMC is sent.

mod fields;
mod fill;
mod model;
mod source_map;
mod window;

pub use fields::{FieldDef, FieldKind, Value};
pub use model::{Privacy, PrivacyMode, Query, Script};
pub use source_map::{Piece, SourceMap};
pub use window::{Window, WindowForm, WindowKind};
