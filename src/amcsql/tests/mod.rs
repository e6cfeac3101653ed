//! Properties of any text, for each reader.

mod fuzz;
