//! Where a server answers otherwise than S3, with the page that decides.
//!
//! `ERRORS` decides where only the code differs: the form is refused all the same. A server that
//! *accepts* what is refused here cannot prove that a form pins it.

use super::{Divergence, ERRORS, FORMS, METADATA, POLICY, POST_OBJECT, SIGNATURE, Server};

type Row = (&'static str, &'static str, &'static str);

/// The emulator of the local stack, 1.5.33.
const MINISTACK: &[Row] = &[
    ("names of conditions and operators in any case", "InvalidPolicyDocument", POLICY),
    ("a field after the file", "AccessDenied", FORMS),
    ("an escaped dollar sign", "InvalidPolicyDocument", POLICY),
    ("a doubled field", "accepted", POLICY),
    ("a range with one end", "InvalidPolicyDocument", POLICY),
    ("a range with a negative end", "InvalidPolicyDocument", POLICY),
    ("an unknown operator", "InvalidPolicyDocument", POLICY),
    ("a field name without its dollar sign", "InvalidPolicyDocument", POLICY),
    ("a condition of two fields", "AccessDenied", POLICY),
    ("metadata of more than 2 KB", "accepted", METADATA),
    ("fields of more than 20 KB", "accepted", FORMS),
    ("the key after the file", "accepted", FORMS),
    ("no file", "InvalidArgument", ERRORS),
    ("no credential", "AccessDenied", SIGNATURE),
];

/// `s3s-fs` 0.14.
const S3S: &[Row] = &[
    ("an escaped dollar sign", "InvalidPolicyDocument", POLICY),
    ("another exact value", "InvalidPolicyDocument", ERRORS),
    ("an exact value in another case", "InvalidPolicyDocument", ERRORS),
    ("an exact value that should be empty", "InvalidPolicyDocument", ERRORS),
    ("a field left out that has an exact value", "InvalidPolicyDocument", ERRORS),
    ("a field left out that may have any value", "accepted", POLICY),
    ("another prefix of the key", "InvalidPolicyDocument", ERRORS),
    ("another prefix of the content type", "InvalidPolicyDocument", ERRORS),
    ("a list of content types, one without the prefix", "accepted", POLICY),
    ("one of two conditions on one field", "InvalidPolicyDocument", ERRORS),
    ("a doubled field", "accepted", POLICY),
    ("encryption without a condition", "accepted", POLICY),
    ("no condition for the bucket", "accepted", POLICY),
    ("another bucket", "InvalidPolicyDocument", ERRORS),
    ("a range with one end", "InvalidPolicyDocument", POLICY),
    ("a range with a negative end", "InvalidPolicyDocument", POLICY),
    ("an unknown operator", "InvalidPolicyDocument", POLICY),
    ("a field name without its dollar sign", "accepted", POLICY),
    ("metadata of more than 2 KB", "accepted", METADATA),
    ("fields of more than 20 KB", "accepted", FORMS),
    ("no key", "InvalidPolicyDocument", POST_OBJECT),
    ("an empty key", "InvalidPolicyDocument", POST_OBJECT),
    ("the key after the file", "InvalidPolicyDocument", FORMS),
    ("no file", "MalformedPOSTRequest", ERRORS),
    ("an unknown access key", "InvalidPolicyDocument", ERRORS),
    ("no signature", "AccessDenied", SIGNATURE),
    ("no credential", "InvalidRequest", SIGNATURE),
    ("no date", "InvalidRequest", SIGNATURE),
    ("no algorithm", "InvalidRequest", SIGNATURE),
    ("no policy", "InvalidRequest", SIGNATURE),
    ("a policy with no condition", "InvalidPolicyDocument", POLICY),
    ("a policy cut by two characters", "InvalidRequest", SIGNATURE),
    ("a key and a policy only", "InvalidPolicyDocument", SIGNATURE),
];

/// What each server is known to answer to the scenario of this name.
pub(super) fn of(scenario: &str) -> Vec<Divergence> {
    let listed = [(Server::Ministack, MINISTACK), (Server::S3s, S3S)];
    let rows = listed.into_iter().flat_map(|(server, rows)| rows.iter().map(move |row| (server, row)));
    rows.filter(|(_, (name, ..))| *name == scenario)
        .map(|(server, (_, answer, decided_by))| Divergence { server, answer, decided_by })
        .collect()
}

#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    MINISTACK.iter().chain(S3S).map(|(name, ..)| *name)
}
