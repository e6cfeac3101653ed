//! The API contract, tested through the router with a manual clock.

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
