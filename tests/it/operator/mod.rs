//! What the person who runs it does from the command line.

mod backup;
mod copy;
mod doctor;
mod keys;
mod start;
