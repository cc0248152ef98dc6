//! Answers to HTTP requests, before a function gives them the form of its event.

mod field_problem;
mod not_available;
mod problem;
mod reached_limit;
mod reply;

pub use field_problem::FieldProblem;
pub use not_available::NotAvailable;
pub use problem::Problem;
pub use reached_limit::ReachedLimit;
pub use reply::Reply;
