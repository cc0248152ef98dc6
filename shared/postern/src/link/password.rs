//! The password of a link, as an Argon2id hash, which is slow and uses memory on purpose.
//!
//! A link allows ten attempts in a quarter of an hour ([`super::MAX_ATTEMPTS`]). The slow hash protects the
//! password if the table leaks. Parameters:
//! [OWASP, password storage](https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id),
//! the row that fits into a function of 40 MiB.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::phc::{self, Output, ParamsString, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version, password_hash};
use serde::{Deserialize, Serialize};

/// The length of a password in bytes of UTF-8: least and most.
pub const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 6..=256;

/// The memory of one hash in KiB, and the number of passes.
const MEMORY_KIB: u32 = 9 * 1024;
const PASSES: u32 = 4;

/// The memory for hashes, which are computed one at a time. It is kept, because an allocator may not free the
/// last hash's memory before it allocates the next.
static MEMORY: Mutex<Vec<Block>> = Mutex::new(Vec::new());

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
        let hash = phc::PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(Salt::new(&salt).map_err(password_hash::Error::from)?),
            hash: Some(output(password, &salt, params)?),
        };
        Ok(Self(hash.to_string()))
    }

    /// Whether `attempt` is the password. It takes equally long in both cases.
    pub fn verify(&self, attempt: &str) -> bool {
        // Texts that are too long to be a password are not hashed.
        attempt.len() <= *PASSWORD_BYTES.end() && self.is_of(attempt).unwrap_or(false)
    }

    fn is_of(&self, attempt: &str) -> Result<bool, password_hash::Error> {
        let kept = phc::PasswordHash::new(&self.0)?;
        let (Some(salt), true) = (kept.salt, kept.algorithm == ARGON2ID_IDENT) else { return Ok(false) };
        let found = output(attempt, &salt, Params::try_from(&kept)?)?;
        // Compared in constant time.
        Ok(kept.hash == Some(found))
    }

    /// The text that the table keeps.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn output(password: &str, salt: &[u8], params: Params) -> Result<Output, password_hash::Error> {
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    memory.resize(params.block_count(), Block::new());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut output, memory.as_mut_slice())?;
    Ok(Output::new(&output)?)
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other_is() {
        let hash = PasswordHash::new("correct horse \u{1F40E}", [7; 16]).unwrap();
        assert!(hash.verify("correct horse \u{1F40E}"));
        for wrong in ["", "correct horse", "Correct horse \u{1F40E}", &"x".repeat(10_000)] {
            assert!(!hash.verify(wrong), "{wrong:?}");
        }
        assert_ne!(hash, PasswordHash::new("correct horse \u{1F40E}", [8; 16]).unwrap());
        let longest = "x".repeat(*PASSWORD_BYTES.end());
        assert!(PasswordHash::new(&longest, [7; 16]).unwrap().verify(&longest));
    }

    #[test]
    fn hashes_are_those_of_the_library() {
        let ours = PasswordHash::new("open sesame", [7; 16]).unwrap();
        let theirs = Argon2::default();
        assert!(theirs.verify_password(b"open sesame", ours.as_str()).is_ok());
        assert!(theirs.verify_password(b"open sesam", ours.as_str()).is_err());
        // Parameters of other hashes, larger and smaller, as older hashes may have.
        for (memory_kib, passes) in [(19 * 1024, 2), (64, 1)] {
            let params = Params::new(memory_kib, passes, 1, None).unwrap();
            let hash = Argon2::from(params).hash_password_with_salt(b"open sesame", &[9; 16]).unwrap();
            let kept = PasswordHash(hash.to_string());
            assert!(kept.verify("open sesame") && !kept.verify("open sesam"));
        }
        for broken in ["", "$argon2id$", "$argon2d$v=19$m=64,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(!PasswordHash(broken.to_owned()).verify("open sesame"), "{broken}");
        }
    }

    #[test]
    fn the_hash_is_memory_hard_and_never_shown() {
        let hash = PasswordHash::new("secret", [7; 16]).unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=9216,t=4,p=1$"), "{}", hash.as_str());
        assert_eq!(format!("{hash:?}"), "PasswordHash(..)");
    }
}
