//! Forms, judged by the verifier of `s3-presigned`: there is no second evaluator.

use std::borrow::Cow;

use s3_presigned::post_policy::Condition;
use s3_presigned::verify::{Part, PolicyDocument, Refusal, RefusalCode, Verifier, evaluate};
use s3_presigned::{BucketEndpoint, SigningCredentials};

use super::super::cause;
use super::super::recognize::{ErrorBody, Form, SignedUrl};
use super::super::shorten::shorten;
use super::super::{signed, time};
use super::case::Case;
use super::found::Found;

/// Explains S3's message about a policy, with the form's values where the form is there.
pub(super) fn by_message(case: &Case<'_>, error: &ErrorBody) -> Found {
    let refused = case.form.and_then(|form| refused(case, form));
    if error.says("Policy expired") {
        let ended = case.form.and_then(|form| signed::times_of_form(form).expires_at);
        let found = Found::certain(&cause::POLICY_EXPIRED).named("expiration");
        return match ended {
            Some(ended) => found.because(format!("The policy expired at {}.", time::shown(ended))),
            None => found,
        };
    }
    if let Some(extra) = error.message.split("Extra input fields: ").nth(1) {
        let found = Found::certain(&cause::EXTRA_FIELD).named(extra.trim());
        return match extra.trim() {
            "bucket" => found
                .because("Every policy needs a condition for the bucket, though the form has no such field."),
            _ => found,
        };
    }
    let Some(condition) = error.message.split("Policy Condition failed: ").nth(1) else {
        return refused.unwrap_or_else(|| Found::certain(&cause::CONDITION_FAILED));
    };
    let field = field_of(condition);
    match refused {
        // The verifier knows the value as well.
        Some(refused) if refused.cause == &cause::CONDITION_FAILED && refused.name == field => refused,
        _ => {
            let found =
                Found::certain(&cause::CONDITION_FAILED).because(format!("The condition is {condition}."));
            let found = match &field {
                Some(field) => found.named(field),
                None => found,
            };
            found.because(hint(field.as_deref()))
        }
    }
}

/// The field of a condition, as S3 writes it: `["eq", "$key", "a"]`, `{"bucket": "a"}`.
fn field_of(condition: &str) -> Option<String> {
    let named = condition.split('$').nth(1).and_then(|rest| rest.split('"').next());
    named.or_else(|| condition.split('"').nth(1)).map(str::to_ascii_lowercase)
}

fn hint(field: Option<&str>) -> Cow<'static, str> {
    Cow::Borrowed(match field {
        Some("content-type") => {
            "Clients send a type of their own for the file; this condition is about the form's field."
        }
        Some("key") => "The key is compared after `${filename}` is replaced, and with its letter case.",
        Some("content-length") => {
            "The size has a condition of its own, `content-length-range`: `content-length` is no field of a form."
        }
        Some("bucket") => "The form was posted to another bucket than the one that the policy names.",
        Some("acl") => "The form lacks the field `acl`, or has another value than the policy.",
        _ => "",
    })
}

/// Judges a form. `None` means that S3 accepts it, as far as the input shows.
pub(super) fn refused(case: &Case<'_>, form: &Form) -> Option<Found> {
    let (parts, has_size) = parts(case, form);
    let bucket = bucket(form);
    let answered_at = case.answered_at();
    // A form that expired later than S3's answer was refused for another reason.
    let now = answered_at.unwrap_or(case.settings.now);
    let judged = match credentials(case, form) {
        Some(credentials) => Verifier::new(&endpoint(form, &bucket), &credentials).verify(&parts, now),
        None => policy(form).and_then(|policy| evaluate(&policy, &bucket, &parts, now)),
    };
    let refusal = judged.err()?;
    explain(&refusal, has_size, case)
}

/// Judges a form without an answer of S3.
pub(super) fn without_an_answer(case: &Case<'_>, form: &Form) -> Option<Found> {
    if case.lacks_token() {
        return Some(Found::certain(&cause::TOKEN_MISSING).named("x-amz-security-token"));
    }
    refused(case, form)
}

fn policy(form: &Form) -> Result<PolicyDocument, Refusal> {
    // What cannot be decoded is no JSON either.
    PolicyDocument::parse(&form.policy().unwrap_or_default())
}

/// The parts in the order of the form, and whether the size of the file is known.
fn parts(case: &Case<'_>, form: &Form) -> (Vec<Part>, bool) {
    let mut parts: Vec<Part> = form.fields.iter().map(|(name, value)| Part::field(name, value)).collect();
    let size = case.settings.size_bytes;
    let size_bytes = size.or_else(|| a_size_that_fits(form)).unwrap_or(1);
    let filename = case.settings.filename.as_ref().or(form.filename.as_ref());
    parts.push(match filename {
        Some(filename) => Part::file(filename, size_bytes),
        None => Part::unnamed_file(size_bytes),
    });
    (parts, size.is_some())
}

/// Without a size the size is not judged.
fn a_size_that_fits(form: &Form) -> Option<u64> {
    let policy = PolicyDocument::parse(&form.policy()?).ok()?;
    let ranges = policy.conditions().filter_map(|condition| match condition {
        Condition::ContentLengthRange(min, _) => Some(*min),
        _ => None,
    });
    ranges.max()
}

fn bucket(form: &Form) -> String {
    SignedUrl::parse(&format!("{}?X-Amz-Date=", form.url.split('?').next().unwrap_or_default()))
        .map(|url| url.location().0)
        .unwrap_or_default()
}

fn endpoint(form: &Form, bucket: &str) -> BucketEndpoint {
    let region = form.field("x-amz-credential").and_then(|credential| credential.split('/').nth(2));
    BucketEndpoint::regional(bucket, region.unwrap_or_default()).with_url(&form.url)
}

fn credentials(case: &Case<'_>, form: &Form) -> Option<SigningCredentials> {
    let secret = case.settings.secret.as_ref()?;
    let access_key_id = form.field("x-amz-credential")?.split('/').next()?;
    let credentials = SigningCredentials::new(access_key_id, secret.reveal());
    Some(match form.field("x-amz-security-token") {
        Some(token) => credentials.with_session_token(token),
        None => credentials,
    })
}

/// The cause behind a refusal of the verifier.
fn explain(refusal: &Refusal, has_size: bool, case: &Case<'_>) -> Option<Found> {
    let is = |text: &str| refusal.message.contains(text);
    Some(match refusal.code {
        RefusalCode::AccessDenied if is("Policy expired") => {
            let ended = case.form.and_then(|form| signed::times_of_form(form).expires_at);
            let found = Found::certain(&cause::POLICY_EXPIRED).named("expiration");
            found.because(
                ended.map_or_else(String::new, |end| format!("The policy expired at {}.", time::shown(end))),
            )
        }
        RefusalCode::AccessDenied if is("Extra input fields") => {
            let extra = refusal.message.rsplit(": ").next().unwrap_or_default();
            Found::certain(&cause::EXTRA_FIELD).named(extra)
        }
        RefusalCode::AccessDenied => condition(refusal),
        RefusalCode::EntityTooLarge if has_size => {
            Found::certain(&cause::FILE_TOO_LARGE).because(sizes(case))
        }
        RefusalCode::EntityTooSmall if has_size => {
            Found::certain(&cause::FILE_TOO_SMALL).because(sizes(case))
        }
        RefusalCode::EntityTooLarge | RefusalCode::EntityTooSmall => return None,
        RefusalCode::InvalidPolicyDocument => {
            Found::certain(&cause::POLICY_UNREADABLE).named("policy").because(refusal.message.clone())
        }
        RefusalCode::MetadataTooLarge => Found::certain(&cause::METADATA_TOO_LARGE),
        RefusalCode::MaxPostPreDataLengthExceeded => Found::certain(&cause::FORM_TOO_LONG),
        RefusalCode::SignatureDoesNotMatch => Found::certain(&cause::FORM_SIGNATURE_MISMATCH)
            .named("x-amz-signature")
            .because("The given secret does not sign this policy with this signature."),
        RefusalCode::InvalidAccessKeyId => Found::certain(&cause::ACCESS_KEY_UNKNOWN),
        RefusalCode::InvalidToken => Found::certain(&cause::TOKEN_INVALID),
        RefusalCode::IncorrectNumberOfFilesInPostRequest => Found::certain(&cause::FILES_IN_FORM),
        _ => Found::certain(&cause::FIELD_MISSING).because(refusal.message.clone()),
    })
}

fn condition(refusal: &Refusal) -> Found {
    let found = Found::certain(&cause::CONDITION_FAILED);
    let Some(failed) = &refusal.failed else { return found.because(refusal.message.clone()) };
    let field = failed.field.as_deref();
    let found = match field {
        Some(field) => found.named(field),
        None => found.because("S3 can read the policy, and no form fulfills this condition."),
    };
    let found = found.because(format!("The condition is {}.", failed.condition));
    let has = match &failed.value {
        Some(value) => format!("The form has \"{}\".", shorten(value)),
        None if field.is_some() => "The form does not have this field.".to_owned(),
        None => String::new(),
    };
    found.because(has).because(hint(field))
}

/// The size of the file and what the policy allows.
pub(super) fn sizes(case: &Case<'_>) -> String {
    let size =
        case.settings.size_bytes.map(|size| format!("The file has {size} bytes. ")).unwrap_or_default();
    let policy = case.form.and_then(|form| policy(form).ok());
    let ranges = policy.iter().flat_map(PolicyDocument::conditions).filter_map(|condition| match condition {
        Condition::ContentLengthRange(min, max) => Some(format!("The policy allows {min} to {max} bytes.")),
        _ => None,
    });
    format!("{size}{}", ranges.collect::<Vec<_>>().join(" ")).trim().to_owned()
}
