//! Sixty forms and S3's answer to each, to test an S3 server or another verifier.
//!
//! Each scenario differs in one thing from a form that S3 accepts. Sign the form with
//! [`signed_fields`](Scenario::signed_fields), post it, and compare the answer with
//! [`expected`](Scenario::expected).
//!
//! ```
//! use std::time::SystemTime;
//!
//! use s3_presigned::verify::Verifier;
//! use s3_presigned::verify::scenarios::{Setup, scenarios};
//! use s3_presigned::{BucketEndpoint, SigningCredentials};
//!
//! let bucket = BucketEndpoint::at("http://127.0.0.1:9000", "my-bucket", "eu-central-1");
//! let credentials = SigningCredentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
//! let now = SystemTime::now();
//! let setup = Setup::new(&bucket, &credentials, now);
//! for scenario in scenarios(&setup) {
//!     let answer = Verifier::new(&bucket, &credentials).verify(&scenario.parts(&setup), now);
//!     assert_eq!(answer.map(|_| ()).map_err(|refusal| refusal.code), scenario.expected, "{}", scenario.name);
//! }
//! ```

mod accepted;
mod refused;
mod scenario;
mod setup;

pub use scenario::{FileName, Scenario};
pub use setup::Setup;

/// Makes all scenarios.
pub fn scenarios(setup: &Setup<'_>) -> Vec<Scenario> {
    let mut all = accepted::scenarios(setup);
    all.extend(refused::scenarios(setup));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::example_credentials;
    use crate::verify::Verifier;
    use crate::{BucketEndpoint, Timestamp};

    #[test]
    fn the_verifier_answers_as_s3_does() {
        let credentials = example_credentials();
        let now = "2026-11-24T10:00:00Z".parse::<Timestamp>().unwrap();
        let bucket = BucketEndpoint::regional("files", "eu-central-1");
        let setup = Setup::new(&bucket, &credentials, now.system_time());
        let verifier = Verifier::new(&bucket, &credentials);
        let all = scenarios(&setup);
        for scenario in &all {
            let verified = verifier.verify(&scenario.parts(&setup), now);
            let answer = verified.as_ref().map(|_| ()).map_err(|refusal| refusal.code);
            assert_eq!(answer, scenario.expected, "{}: {verified:?}", scenario.name);
        }
        let mut names: Vec<_> = all.iter().map(|scenario| scenario.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len(), "two scenarios have one name");
        assert!(all.len() >= 60, "{}", all.len());
    }
}
