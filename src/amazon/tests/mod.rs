//! What holds for any answer.

mod fuzz;
