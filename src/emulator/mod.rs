//! emulator
pub mod world;
