//! AMC's functions, as DataFusion functions.
//!
//! If DataFusion has the name with another meaning, AMC's meaning is implemented here; if both agree, the lowering
//! uses DataFusion's. Nothing here may panic: the values come from data and from people.

pub(super) mod aggregate;
pub(super) mod array;
pub(super) mod cast;
pub(super) mod compiled;
pub(super) mod format;
pub(super) mod memory;
mod native;
pub(super) mod number;
pub(super) mod other;
pub(super) mod regex;
pub(super) mod sum;
pub(super) mod text;
pub(super) mod time;

use native::{Args, Native};
