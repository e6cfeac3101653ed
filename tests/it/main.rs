//! Stories: the real router, the pretend AMC behind the real client, time moved by hand.

mod browser;
mod connections;
mod executions;
mod house;
mod security;
mod support;
