//! The rules of the stack that every object must keep, beside those of its record.

use crate::media::AllowedTypes;
use crate::upload::scan::ScanGate;

/// The rules of the stack for every object.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The ARN of the KMS key that must encrypt objects.
    pub files_key_arn: String,
    /// The types that may be declared.
    pub allowed_types: AllowedTypes,
    /// The most pixels of an image by its header; `None` sets no limit.
    pub max_image_pixels: Option<u64>,
    /// Whether a version that keeps the rules must also pass a scan.
    pub scan: ScanGate,
}
