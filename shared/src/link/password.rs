//! The password of a link: kept as an Argon2id hash, which is slow and takes memory on purpose.
//!
//! Ten tries in a quarter of an hour are all that anybody gets through the door
//! ([`super::MAX_ATTEMPTS`]); the hash is for the day when the table leaks. Parameters:
//! [OWASP, password storage](https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id),
//! the row that fits into a function of 40 MiB.

use std::fmt;

use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};

/// The shortest and the longest password, in bytes of UTF-8.
pub const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 6..=256;

/// Memory of one hash in KiB, and passes over it.
const MEMORY_KIB: u32 = 9 * 1024;
const PASSES: u32 = 4;

/// A hash in PHC's text form. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

/// The password could not be hashed: a bug in the parameters.
#[derive(Debug, thiserror::Error)]
#[error("hash a password")]
pub struct HashPasswordError(#[from] password_hash::Error);

impl PasswordHash {
    /// The hash of `password` under 16 random bytes.
    ///
    /// # Errors
    /// If the parameters are refused, which no input causes.
    pub fn new(password: &str, salt: [u8; 16]) -> Result<Self, HashPasswordError> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(password_hash::Error::from)?;
        let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_with_salt(password.as_bytes(), &salt)?;
        Ok(Self(hash.to_string()))
    }

    /// Whether `attempt` is the password. Takes as long either way.
    pub fn verify(&self, attempt: &str) -> bool {
        // What is too long to be one costs no hash.
        attempt.len() <= *PASSWORD_BYTES.end()
            && Argon2::default().verify_password(attempt.as_bytes(), self.0.as_str()).is_ok()
    }

    /// The text that the table keeps.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other_is() {
        let hash = PasswordHash::new("correct horse \u{1F40E}", [7; 16]).unwrap();
        assert!(hash.verify("correct horse \u{1F40E}"));
        for wrong in ["", "correct horse", "Correct horse \u{1F40E}", &"x".repeat(10_000)] {
            assert!(!hash.verify(wrong), "{wrong:?}");
        }
        assert_ne!(hash, PasswordHash::new("correct horse \u{1F40E}", [8; 16]).unwrap());
    }

    #[test]
    fn the_hash_is_memory_hard_and_never_shown() {
        let hash = PasswordHash::new("secret", [7; 16]).unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=9216,t=4,p=1$"), "{}", hash.as_str());
        assert_eq!(format!("{hash:?}"), "PasswordHash(..)");
    }
}
