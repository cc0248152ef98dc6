//! The app's events, posted to a URL in the form of [Standard
//! Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
//!
//! ```text
//!  event of the bus ─▶ queue ─▶ event: id, body ─▶ secrets: signature ─▶ POST ─▶ attempt: what now
//!                        ▲                                                         │
//!                        └────────────── hidden until the next attempt ◀───────────┤
//!                                          dead-letter queue ◀─────────────────────┘
//! ```
//!
//! This module computes texts from texts. It has no HTTP client and no queue, and does not read the secrets.

mod attempt;
mod event;
mod secrets;
mod url;

pub use attempt::{Answer, Decision, GivenUp, LONGEST_DELAY, WEBHOOK_ATTEMPTS, decide, retry_after};
pub use event::{NoWebhookError, Webhook, WebhookId};
pub use secrets::{ParseSecretsError, Secrets};
pub use url::{ParseWebhookUrlError, WebhookUrl};
