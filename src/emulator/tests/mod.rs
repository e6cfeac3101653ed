//! The contract, driven through the router, with time moved by hand.

mod ads;
mod alone;
mod asked;
mod bench;
mod control;
mod executions;
mod fuzz;
mod hostile;
mod login;
mod real;
mod restart;
mod schedules;
mod workflows;
