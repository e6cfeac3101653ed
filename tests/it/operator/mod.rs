//! Administrators' commands.

mod backup;
mod copy;
mod doctor;
mod keys;
mod start;
