//! Checksums of a file as S3 writes them: bytes in base64.
//!
//! [Checking object integrity](https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html)

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A SHA-256 digest, written in base64 with padding.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChecksumSha256([u8; 32]);

/// The text is no SHA-256 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 checksum is 32 bytes in base64: 44 characters, the last one \"=\" (not hexadecimal)")]
pub struct ParseChecksumError;

impl ChecksumSha256 {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl FromStr for ChecksumSha256 {
    type Err = ParseChecksumError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = STANDARD.decode(text).map_err(|_| ParseChecksumError)?;
        bytes.try_into().map(Self).map_err(|_| ParseChecksumError)
    }
}

impl TryFrom<String> for ChecksumSha256 {
    type Error = ParseChecksumError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ChecksumSha256> for String {
    fn from(checksum: ChecksumSha256) -> Self {
        checksum.to_string()
    }
}

impl fmt::Display for ChecksumSha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for ChecksumSha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A CRC-64/NVME, written as its bytes in base64 with padding, the highest one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChecksumCrc64Nvme([u8; 8]);

/// The text is no CRC-64/NVME.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a CRC64NVME checksum is 8 bytes in base64, the highest one first: 12 characters, the last one \"=\""
)]
pub struct ParseCrc64NvmeError;

impl FromStr for ChecksumCrc64Nvme {
    type Err = ParseCrc64NvmeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = STANDARD.decode(text).map_err(|_| ParseCrc64NvmeError)?;
        bytes.try_into().map(Self).map_err(|_| ParseCrc64NvmeError)
    }
}

impl fmt::Display for ChecksumCrc64Nvme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_has_one_spelling() {
        let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(ChecksumSha256::of(b"").to_string(), empty);
        assert_eq!(empty.parse::<ChecksumSha256>().unwrap(), ChecksumSha256::of(b""));
        for text in [
            "",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ] {
            assert!(text.parse::<ChecksumSha256>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_crc64nvme_is_eight_bytes_in_base64() {
        let checksum: ChecksumCrc64Nvme = "rosUhgp5mIg=".parse().unwrap();
        assert_eq!(checksum.to_string(), "rosUhgp5mIg=");
        for text in ["", "rosUhgp5mIg", "rosUhgp5mA==", "rosUhgp5mIg0", "rosUhgp5mIh=", "ae8b14860a799888"] {
            assert!(text.parse::<ChecksumCrc64Nvme>().is_err(), "{text:?}");
        }
    }
}
