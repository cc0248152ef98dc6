//! The body that makes or changes a link.
//!
//! One body serves both: a field that is left out keeps its value, and `null` removes it.

use std::time::Duration;

use serde::Deserialize;

use super::change::Change;
use super::link_change::{LinkChange, Password};
use super::request::{parse_field, parse_json};
use crate::http::{FieldProblem, Problem};
use crate::link::PASSWORD_BYTES;
use crate::value::filename::Disposition;

/// The longest life of a link that expires: ten years.
const MAX_LINK_S: u64 = 10 * 366 * 24 * 3600;

/// The largest number of openings.
const MAX_OPENS: u64 = 1_000_000_000;

/// The longest time for which a redirect may be kept, in seconds.
const MAX_REDIRECT_AGE_S: u64 = 3600;

/// The body before it is checked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Body {
    expires_in_s: Change<u64>,
    max_opens: Change<u64>,
    max_opens_per_hour: Change<u64>,
    password: Change<String>,
    confirm: Change<bool>,
    allowed_network: Change<String>,
    filename: Change<String>,
    disposition: Change<String>,
    redirect_max_age_s: Change<u64>,
    url_ttl_s: Change<u64>,
    label: Change<String>,
    recipient: Change<String>,
    page: Change<String>,
    note: Change<String>,
    track: Change<bool>,
    latest: Change<serde_json::Value>,
}

impl LinkChange {
    /// Reads the body of `POST /uploads/{id}/links` or `PATCH /links/{id}`. An empty body has no fields.
    ///
    /// # Errors
    /// [`Problem::MalformedBody`], or [`Problem::InvalidFields`] with every rule that the body breaks.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        let body: Body = match body.trim_ascii() {
            b"" => Body::default(),
            body => parse_json(body)?,
        };
        let mut problems = Vec::new();
        let change = Self::checked(body, &mut problems);
        if problems.is_empty() { Ok(change) } else { Err(Problem::InvalidFields(problems)) }
    }

    fn checked(body: Body, problems: &mut Vec<FieldProblem>) -> Self {
        if body.latest != Change::Keep {
            let rule = "an upload never changes, so there is no latest file: leave it out, and lead the link to a newer upload with PUT /links/{id}/target";
            problems.push(FieldProblem::new("latest", rule));
        }
        let life = ranged(problems, "expires_in_s", body.expires_in_s, MAX_LINK_S, "seconds a link lives");
        Self {
            expires_in: life.map(Duration::from_secs),
            max_opens: ranged(problems, "max_opens", body.max_opens, MAX_OPENS, "openings of a link"),
            max_opens_per_hour: ranged(
                problems,
                "max_opens_per_hour",
                body.max_opens_per_hour,
                MAX_OPENS,
                "openings of a link",
            ),
            password: body.password.and_then(|text| password(problems, text)),
            confirm: body.confirm,
            allowed_network: body
                .allowed_network
                .and_then(|text| parse_field(problems, "allowed_network", &text)),
            filename: body.filename.and_then(|text| parse_field(problems, "filename", &text)),
            disposition: body.disposition.and_then(|text| disposition(problems, &text)),
            redirect_max_age_s: ranged(
                problems,
                "redirect_max_age_s",
                body.redirect_max_age_s,
                MAX_REDIRECT_AGE_S,
                "seconds a redirect is kept",
            ),
            url_ttl_s: body.url_ttl_s,
            label: body.label.and_then(|text| parse_field(problems, "label", &text)),
            recipient: body.recipient.and_then(|text| parse_field(problems, "recipient", &text)),
            page: body.page.and_then(|text| parse_field(problems, "page", &text)),
            note: body.note.and_then(|text| parse_field(problems, "note", &text)),
            track: body.track,
        }
    }
}

fn ranged(
    problems: &mut Vec<FieldProblem>,
    name: &str,
    value: Change<u64>,
    most: u64,
    what: &str,
) -> Change<u64> {
    value.and_then(|value| {
        if (1..=most).contains(&value) {
            return Some(value);
        }
        problems.push(FieldProblem::new(
            name,
            format!("{what}: 1 to {most}; for no limit leave it out, or send null to remove it"),
        ));
        None
    })
}

fn password(problems: &mut Vec<FieldProblem>, text: String) -> Option<Password> {
    if PASSWORD_BYTES.contains(&text.len()) {
        return Some(Password(text));
    }
    let (least, most) = (PASSWORD_BYTES.start(), PASSWORD_BYTES.end());
    problems.push(FieldProblem::new("password", format!("a password has {least} to {most} bytes in UTF-8")));
    None
}

fn disposition(problems: &mut Vec<FieldProblem>, text: &str) -> Option<Disposition> {
    match text {
        "inline" => Some(Disposition::Inline),
        "attachment" => Some(Disposition::Attachment),
        _ => {
            problems.push(FieldProblem::new("disposition", "write inline or attachment"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::TokenKeys;
    use crate::link::{Link, LinkTerms};

    fn fields(body: &str) -> Vec<String> {
        match LinkChange::parse(body.as_bytes()).unwrap_err() {
            Problem::InvalidFields(problems) => problems.into_iter().map(|problem| problem.field).collect(),
            other => vec![other.code().to_owned()],
        }
    }

    fn terms(body: &str, existing: &LinkTerms, sniffed: &str) -> Result<LinkTerms, Problem> {
        let link = crate::testing::samples::link(None);
        let link = Link { terms: existing.clone(), sniffed_type: sniffed.parse().unwrap(), ..link };
        LinkChange::parse(body.as_bytes()).unwrap().apply(&link, [1; 16])
    }

    #[test]
    fn a_name_must_not_promise_another_kind_of_file() {
        for (name, sniffed, allowed) in [
            ("b.jpg", "image/png", true),
            ("b", "image/png", true),
            ("invoice.pdf", "image/png", false),
            ("invoice.pdf", "application/vnd.microsoft.portable-executable", false),
            ("invoice.pdf. ", "application/vnd.microsoft.portable-executable", false),
            ("=?utf-8?Q?invoice=2Epdf?=", "application/vnd.microsoft.portable-executable", false),
            ("setup.exe", "application/vnd.microsoft.portable-executable", true),
        ] {
            let body = serde_json::json!({ "filename": name }).to_string();
            assert_eq!(terms(&body, &LinkTerms::default(), sniffed).is_ok(), allowed, "{name} {sniffed}");
        }
    }

    #[test]
    fn every_broken_rule_is_named() {
        for (body, expected) in [
            (r#"{"expires_in_s":0}"#, "expires_in_s"),
            (r#"{"expires_in_s":99999999999}"#, "expires_in_s"),
            (r#"{"expires_in_s":"1"}"#, "expires_in_s"),
            (r#"{"max_opens":0}"#, "max_opens"),
            (r#"{"max_opens_per_hour":0}"#, "max_opens_per_hour"),
            (r#"{"password":"short"}"#, "password"),
            (r#"{"allowed_network":"192.0.2.0/33"}"#, "allowed_network"),
            (r#"{"filename":"a/b"}"#, "filename"),
            (r#"{"disposition":"pop-up"}"#, "disposition"),
            (r#"{"redirect_max_age_s":3601}"#, "redirect_max_age_s"),
            (r#"{"label":""}"#, "label"),
            (r#"{"recipient":"a\nb"}"#, "recipient"),
            (r#"{"page":"yes"}"#, "page"),
            (r#"{"note":"a\tb"}"#, "note"),
            (r#"{"maxopens":1}"#, "maxopens"),
            (r#"{"latest":true}"#, "latest"),
            (r#"{"latest":null}"#, "latest"),
        ] {
            assert_eq!(fields(body), [expected], "{body}");
        }
    }

    #[test]
    fn what_is_left_out_stays_and_null_takes_away() {
        let first = terms(
            r#"{"max_opens":3,"password":"secret","filename":"b.png","label":"x","confirm":true,"allowed_network":"192.0.2.0/24","disposition":"attachment","page":"always","note":"Hello"}"#,
            &LinkTerms::default(),
            "image/png",
        );
        let first = first.unwrap();
        assert_eq!(terms("", &first, "image/png").unwrap(), first);
        let all = r#"{"max_opens":null,"password":null,"filename":null,"label":null,"confirm":null,"allowed_network":null,"disposition":null,"page":null,"note":null}"#;
        assert_eq!(terms(all, &first, "image/png").unwrap(), LinkTerms::default());
        let one = terms(r#"{"max_opens":null}"#, &first, "image/png").unwrap();
        assert_eq!(one, LinkTerms { max_opens: None, ..first });
    }

    #[test]
    fn active_content_cannot_be_made_inline() {
        let inline = r#"{"disposition":"inline"}"#;
        assert!(terms(inline, &LinkTerms::default(), "image/png").is_ok());
        for active in ["text/html", "image/svg+xml", "application/octet-stream"] {
            assert!(terms(inline, &LinkTerms::default(), active).is_err(), "{active}");
        }
        let Err(Problem::InvalidFields(fields)) = terms(inline, &LinkTerms::default(), "application/zip")
        else {
            panic!("it was accepted");
        };
        insta::assert_snapshot!(fields[0].rule, @"links always save application/zip: leave disposition out, or write attachment. Links show images, audio, video, plain text and PDF");
    }

    #[test]
    fn a_redirect_is_kept_only_where_nothing_is_counted_or_asked() {
        let kept = terms(r#"{"redirect_max_age_s":30}"#, &LinkTerms::default(), "image/png").unwrap();
        for body in [
            r#"{"max_opens":1}"#,
            r#"{"track":true}"#,
            r#"{"password":"secret"}"#,
            r#"{"confirm":true}"#,
            r#"{"allowed_network":"192.0.2.7"}"#,
        ] {
            assert!(terms(body, &kept, "image/png").is_err(), "{body}");
        }
    }

    #[test]
    fn a_digest_tells_passwords_apart_and_is_not_their_hash() {
        let keys = crate::testing::samples::ring(&[1]);
        let digest = |body: &str, keys: &TokenKeys| {
            let change = LinkChange::parse(body.as_bytes()).unwrap();
            let terms = change.apply(&crate::testing::samples::link(None), [1; 16]).unwrap();
            change.hash(&terms, keys)
        };
        let body = r#"{"password":"secret"}"#;
        assert_eq!(digest(body, &keys), digest(body, &keys));
        assert_ne!(digest(body, &keys), digest(r#"{"password":"secrets"}"#, &keys));
        assert_ne!(digest(body, &keys), digest("{}", &keys));
        assert_ne!(digest(body, &keys), digest(body, &crate::testing::samples::ring(&[2])));
        let change = LinkChange::parse(body.as_bytes()).unwrap();
        assert!(!format!("{change:?}").contains("secret"));
    }
}
