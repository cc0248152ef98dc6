//! The rules of the stack that every object must keep, beside those of its record.

use crate::media::AllowedTypes;
use crate::upload::scan::ScanGate;

/// What the stack asks of every object.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The ARN of the key under which objects must be encrypted.
    pub files_key_arn: String,
    /// The types that may be declared.
    pub allowed_types: AllowedTypes,
    /// The most pixels of an image, as its header tells them; `None` for no ceiling.
    pub max_image_pixels: Option<u64>,
    /// Whether what the rules accept must have passed a scan as well.
    pub scan: ScanGate,
}
