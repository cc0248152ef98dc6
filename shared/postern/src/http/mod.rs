//! Answers to HTTP requests, before a function gives them the form of its event.

pub mod problem;
mod reply;

pub use problem::Problem;
pub use reply::Reply;
