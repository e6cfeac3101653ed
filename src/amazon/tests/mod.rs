//! Properties of any response.

mod fuzz;
