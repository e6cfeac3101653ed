//! Administrators' commands.

mod backup;
mod copy;
mod doctor;
mod keys;
mod proxy;
mod release;
mod start;
