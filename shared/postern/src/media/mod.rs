//! Media types: declared types, their other names, and the kinds of files that people expect.

mod allowed;
mod content_type;
pub mod extension;
mod kind;
pub mod kinship;
mod known_types;
mod promise;
mod range;

pub use allowed::{AllowedTypes, ParseAllowedTypesError};
pub use content_type::{ContentType, ParseContentTypeError};
pub use kind::Kind;
pub use range::{MediaRange, ParseMediaRangeError};
