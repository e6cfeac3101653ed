//! What all pages share: the layout around them, the values their components take, the files they load.

pub mod assets;
pub mod components;
pub mod local;
pub mod shell;
pub mod theme;

#[cfg(test)]
mod gallery;
