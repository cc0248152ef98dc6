//! The canary: a file that is uploaded, recorded, opened, revoked and removed, and forms that S3 must refuse.
//!
//! ```text
//! send     runs the steps until a signal comes, and removes what they made
//! steps    talks to the API, to S3 and to the link; what they made is in `made`
//! made     what is still to be removed
//! judge    here: what the steps saw
//! ```

mod made;
mod send;
mod steps;

use std::collections::BTreeMap;

pub use self::made::Made;
pub use self::send::{Run, interrupted, send};
pub use self::steps::Api;
use super::api::{Answer, short};
use super::functions::Function;
use super::observed::{Findings, Judged, Observed, Unseen, is};
use crate::stack::Stack;

/// What a step saw, or why it failed.
pub type Step<T> = Result<T, String>;

/// What the canary saw. A step that was not taken is unseen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    pub posted: Observed<Step<Answer>>,
    /// The ARN of the key with which the stored version is encrypted.
    pub encryption: Observed<Step<Option<String>>>,
    /// The state of the record in the end.
    pub recorded: Observed<Step<String>>,
    pub opened: Observed<Step<Opened>>,
    pub head: Observed<Step<Head>>,
    /// The status of the link after its revocation.
    pub revoked: Observed<Step<u16>>,
    /// The state of the record after its deletion.
    pub removed: Observed<Step<String>>,
    /// The answers to what S3 must refuse, by the name of the check.
    pub refused: BTreeMap<&'static str, Observed<Step<Answer>>>,
}

/// An opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub status: u16,
    pub is_same: bool,
    /// How long the URL lives, if its query says so.
    pub life_s: Option<u64>,
    /// How the file is encrypted, and the ARN of the key, as S3's answer says.
    pub encryption: Option<String>,
    pub key: Option<String>,
}

/// An answer to HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    pub size_bytes: Option<u64>,
    pub wanted_bytes: u64,
}

/// The checks whose form S3 must refuse, with the codes by which it does.
const REFUSALS: [(&str, &[&str]); 5] = [
    ("canary-too-large", &["EntityTooLarge"]),
    ("canary-without-encryption", &["AccessDenied", "InvalidArgument"]),
    ("canary-other-prefix", &["AccessDenied"]),
    ("canary-checksum", &["BadDigest", "InvalidRequest", "XAmzContentChecksumMismatch"]),
    ("canary-put-date", &["SignatureDoesNotMatch", "AccessDenied"]),
];

impl Canary {
    /// A canary that was not sent.
    pub fn not_run(because: &str) -> Self {
        let unseen = || Unseen::Because(because.to_owned());
        Self {
            posted: Err(unseen()),
            encryption: Err(unseen()),
            recorded: Err(unseen()),
            opened: Err(unseen()),
            head: Err(unseen()),
            revoked: Err(unseen()),
            removed: Err(unseen()),
            refused: REFUSALS.map(|(check, _)| (check, Err(unseen()))).into(),
        }
    }
}

/// Why a step was not taken, unless there is another reason.
const NOT_YET: &str = "an earlier step of the canary failed";

impl Canary {
    /// Gives the steps that were not taken another reason.
    fn interrupt(&mut self) {
        let Self { posted, encryption, recorded, opened, head, revoked, removed, refused } = self;
        for why in [posted.as_mut().err(), encryption.as_mut().err(), recorded.as_mut().err()]
            .into_iter()
            .chain([
                opened.as_mut().err(),
                head.as_mut().err(),
                revoked.as_mut().err(),
                removed.as_mut().err(),
            ])
            .chain(refused.values_mut().map(|step| step.as_mut().err()))
            .flatten()
        {
            if *why == Unseen::Because(NOT_YET.to_owned()) {
                *why = Unseen::Because("interrupted".to_owned());
            }
        }
    }
}

/// Judges what the canary saw.
pub fn judge(
    stack: &Stack,
    functions: &BTreeMap<String, Observed<Function>>,
    canary: &Canary,
    findings: &mut Findings,
) {
    step(findings, "canary-upload", &canary.posted, |answer| match answer.status {
        200 | 201 | 204 => Ok(format!("S3 answers {}", answer.status)),
        status => Err(format!("S3 answers {status} {}", short(&answer.body))),
    });
    step(findings, "canary-encryption", &canary.encryption, |key| match &stack.files_key_arn {
        Some(wanted) => is("key", key.as_deref(), wanted),
        None => key.clone().ok_or_else(|| "no key".to_owned()),
    });
    step(findings, "canary-recorded", &canary.recorded, |state| is("state", Some(state), "available"));
    step(findings, "canary-opened", &canary.opened, |opened| match opened.status {
        200 if opened.is_same => Ok("the same bytes".to_owned()),
        200 => Err("other bytes".to_owned()),
        status => Err(format!("the file's URL answers {status}")),
    });
    let life = canary.opened.as_ref().map_err(Clone::clone).and_then(|opened| {
        let opened = opened.as_ref().map_err(|_| Unseen::Because("the link did not open".to_owned()))?;
        let life_s = opened.life_s.ok_or_else(|| {
            Unseen::Because("a distribution's URL does not say how long it lives".to_owned())
        })?;
        Ok((life_s, allowed_life_s(functions)))
    });
    findings.judge("canary-url-life", &life, url_life);
    step(findings, "canary-head", &canary.head, |head| match head.size_bytes {
        Some(size_bytes) if head.status == 200 && size_bytes == head.wanted_bytes => {
            Ok(format!("content-length {size_bytes}"))
        }
        size_bytes => {
            let size =
                size_bytes.map_or("no content-length".to_owned(), |size| format!("content-length {size}"));
            Err(format!("{} with {size}, not {}", head.status, head.wanted_bytes))
        }
    });
    step(findings, "canary-kms", &with_encryption(&canary.opened), |opened| kms(stack, opened));
    step(findings, "canary-revoked", &canary.revoked, |status| match status {
        410 => Ok("410".to_owned()),
        status => Err(format!("the revoked link answers {status}")),
    });
    step(findings, "canary-removed", &canary.removed, |state| is("state", Some(state), "deleted"));
    for (check, codes) in REFUSALS {
        let answer = canary.refused.get(check).cloned();
        let answer =
            answer.unwrap_or_else(|| Err(Unseen::Because("the canary did not come so far".to_owned())));
        step(findings, check, &answer, |answer| refusal(answer, codes));
    }
}

/// Judges a step. A step that failed is a failure of its check.
fn step<T>(findings: &mut Findings, check: &str, seen: &Observed<Step<T>>, judge: impl FnOnce(&T) -> Judged) {
    findings.judge(check, seen, |step| judge(step.as_ref().map_err(Clone::clone)?));
}

/// An opening whose answer says how the file is encrypted, or that failed.
fn with_encryption(opened: &Observed<Step<Opened>>) -> Observed<Step<Opened>> {
    match opened {
        Ok(Ok(Opened { status: 200, encryption: None, .. })) => {
            Err(Unseen::Because("the file's answer does not say how it is encrypted".to_owned()))
        }
        opened => opened.clone(),
    }
}

fn kms(stack: &Stack, opened: &Opened) -> Judged {
    if opened.status != 200 {
        return Err(format!("the file's URL answers {}", opened.status));
    }
    is("encryption", opened.encryption.as_deref(), "aws:kms")?;
    match (&stack.files_key_arn, &opened.key) {
        (Some(wanted), Some(key)) => {
            is("key", Some(key), wanted).map(|_| "with the files key, stored and decrypted".to_owned())
        }
        _ => Ok("aws:kms, stored and decrypted".to_owned()),
    }
}

/// The lives that serve-link's settings allow: from, to.
fn allowed_life_s(functions: &BTreeMap<String, Observed<Function>>) -> Option<(u64, u64)> {
    let environment = &functions.get("serve-link")?.as_ref().ok()?.environment;
    let number = |name: &str| environment.get(name)?.parse().ok();
    Some((number("POSTERN_LINK_URL_TTL_S")?, number("POSTERN_LINK_URL_TTL_MAX_S")?))
}

fn url_life((life_s, allowed): &(u64, Option<(u64, u64)>)) -> Judged {
    match allowed {
        // A small file has the least life. A session that ends soon makes it shorter.
        Some((least_s, _)) if life_s > least_s => {
            Err(format!("{life_s} s, and the settings allow {least_s} s"))
        }
        _ if *life_s == 0 => Err("it is dead at once".to_owned()),
        Some((least_s, _)) => Ok(format!("{life_s} of {least_s} s")),
        None => Ok(format!("{life_s} s")),
    }
}

fn refusal(answer: &Answer, codes: &[&str]) -> Judged {
    let code = answer.body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let code = code.map(|(code, _)| code).unwrap_or_default();
    match answer.status {
        400..500 if codes.contains(&code) => Ok(format!("{} {code}", answer.status)),
        200..300 => Err(format!("stored: S3 answers {}", answer.status)),
        status => Err(format!("refused for another reason: {status} {}", short(&answer.body))),
    }
}
