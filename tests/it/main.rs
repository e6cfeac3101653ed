//! Stories: the real router, the pretend AMC behind the real client, time moved by hand.

mod browser;
mod house;
