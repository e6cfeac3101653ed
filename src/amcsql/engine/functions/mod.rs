//! AMC's functions, as DataFusion functions.
//!
//! Where DataFusion has the name with another meaning, AMC's meaning is written here; where both agree, the lowering
//! takes DataFusion's. A function here takes arguments of any type and reads them leniently (a number as text, text
//! as a number), because AMC does; arguments that cannot be read count as NULL. Nothing here may panic: the
//! values come from data and from people.

mod native;

pub(super) use native::{Args, Native};
