//! Media types: what a client declares, which names mean the same, what people take a file for.

mod allowed;
mod content_type;
mod kind;
pub mod kinship;
mod known_types;
mod promise;
mod range;

pub use allowed::{AllowedTypes, ParseAllowedTypesError};
pub use content_type::{ContentType, ParseContentTypeError};
pub use kind::Kind;
pub use range::{MediaRange, ParseMediaRangeError};
