//! The journeys: tests that use uploads and links as apps and browsers do. They run on the stack that the
//! environment names, or else on a local one.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a journey fails at an unexpected answer of the stack"
)]

mod app_events;
mod bad_input;
mod batches;
mod browsers;
mod capacity;
mod checksums;
mod chromium;
mod client;
mod client_faults;
mod client_speed;
mod clients;
mod cloudfront;
mod contents;
mod contract;
mod cors;
mod depth;
mod dev_page;
mod doctor;
mod downloads;
mod events;
mod faults;
mod frozen_bytes;
mod idempotency;
mod limits;
mod link_terms;
mod links;
mod logs;
mod many_links;
mod metrics;
mod multipart;
mod operating;
mod ownership;
mod pages;
mod part_checksums;
mod pictures;
mod ranges;
mod refused_forms;
mod removal;
mod revocation;
mod scanning;
mod scripts;
mod second_reads;
mod serve_link;
mod snippets;
mod takeover;
mod targets;
mod tidying;
mod unknown_routes;
mod upload_page;
mod upload_tokens;
mod verifiers;
mod webhooks;
