//! What an operator asks of `record-upload`: to revoke links of any owner, and to run the hourly work now.
//!
//! ```text
//!  postern link revoke ID ── lambda:InvokeFunction ──▶ {"operator": {"by": …, "action": …}} ──▶ record-upload
//! ```
//!
//! The event has one field, `operator`. API Gateway may not invoke `record-upload`, and its events have fields of
//! their own (`version`, `requestContext`), so no HTTP request becomes an operator's event.
//!
//! The event goes to `record-upload` and not to `issue-upload`. Who may invoke `issue-upload` can write the event of
//! any user's request, and so act as every owner. `record-upload` believes no event: a person who may invoke it can only
//! do what is written here.

mod event;
mod revoke;

pub use event::{Action, Operator, OperatorEvent, Order};
pub use revoke::{Answer, Refusal, revoke};
