//! The commands of the program `postern` that talk to AWS.
//!
//! ```text
//! stack     which stack is meant: Terraform's outputs, the file of `cargo dev --env-file`, or flags
//! clients   the AWS clients, with credentials, region and endpoint from the SDK's ordinary environment
//! commands  shows, lists, revokes, reconciles, dead letters, the emergency
//! doctor    looks at a running stack, and names what is wrong with it
//! ended     exit codes
//! text      cleans texts of others for a terminal
//! ```

pub mod clients;
pub mod commands;
pub mod doctor;
pub mod ended;
pub mod stack;
pub mod text;
