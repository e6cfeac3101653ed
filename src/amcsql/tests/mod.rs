//! What holds for any text, by one reader after the other.

mod fuzz;
