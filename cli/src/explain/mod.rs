//! `postern explain`: from what a person pasted to the cause.
//!
//! ```text
//!  text ─▶ recognize ─▶ evidence ─▶ diagnose ─▶ causes ──┐
//!                          └──────▶ signed ────▶ facts ──┴─▶ mask ─▶ Explanation ─▶ text or JSON
//! ```
//!
//! Nothing here opens a connection or reads a clock.

pub mod cause;
mod diagnose;
mod explanation;
pub mod mask;
pub mod recognize;
mod report;
mod settings;
mod shorten;
pub mod signed;
mod time;

pub use explanation::{Blame, Certainty, Diagnosis, Explanation, Outcome};
use mask::Secrets;
use recognize::Evidence;
pub use settings::{Secret, Settings};
use shorten::shorten;

/// Explains a text.
///
/// ```
/// use postern_cli::explain::{Settings, explain};
///
/// let settings = Settings::at("2026-11-24T12:00:00Z".parse::<s3_presigned::Timestamp>()?);
/// let answer = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
/// assert_eq!(explain(answer, &settings).diagnoses[0].cause, "url_expired");
/// # Ok::<(), s3_presigned::ParseTimestampError>(())
/// ```
pub fn explain(input: &str, settings: &Settings) -> Explanation {
    let evidence = recognize::find(input);
    let mut others: Vec<&str> = settings.secret.iter().map(Secret::reveal).collect();
    others.extend(
        settings
            .headers
            .iter()
            .filter(|(name, _)| mask::is_secret_header(name))
            .map(|(_, value)| value.as_str()),
    );
    let secrets = Secrets::of(&evidence, &others);
    let place = Place::of(&evidence);
    let found = diagnose::causes(&evidence, settings).into_iter();
    let diagnoses: Vec<_> = found.map(|found| diagnosis(found, &place, &secrets)).collect();
    let urls = evidence.urls.iter().filter_map(|url| signed::url(url, settings));
    let forms = evidence.forms.iter().filter_map(|form| signed::form(form, settings));
    let signed = urls.chain(forms).map(|signed| masked(signed, &secrets)).collect();
    let outcome = match diagnoses.first().map(|diagnosis| diagnosis.certainty) {
        Some(Certainty::Possible) => Outcome::CausesPossible,
        Some(_) => Outcome::CauseFound,
        None if evidence.is_empty() => Outcome::NotRecognized,
        None => Outcome::NoFaultSeen,
    };
    Explanation { outcome, recognized: evidence.names(), diagnoses, signed }
}

/// The bucket and the key that the input names, for the commands that find more out.
#[derive(Default)]
struct Place {
    bucket: String,
    key: String,
}

impl Place {
    fn of(evidence: &Evidence) -> Self {
        let location = |url: &recognize::SignedUrl| {
            let (bucket, key, _) = url.location();
            Self { bucket, key }
        };
        let url = evidence.urls.last().filter(|url| url.scheme != recognize::Scheme::CloudFront);
        let mut place = url.map(location).unwrap_or_default();
        if let Some(key) = evidence.forms.last().and_then(|form| form.field("key")) {
            key.clone_into(&mut place.key);
        }
        place
    }

    /// Puts bucket, key and action into a command. What a shell would read otherwise stays a placeholder.
    fn fill(&self, line: &str, action: Option<&str>) -> String {
        let line = match action {
            Some(action) => {
                line.replace("--action-names s3:GetObject ", &format!("--action-names {action} "))
            }
            None => line.to_owned(),
        };
        let is_plain = |text: &str| {
            let plain =
                |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '=' | '+' | ',' | '@');
            !text.is_empty() && text.chars().all(plain)
        };
        [("BUCKET", &self.bucket), ("KEY", &self.key)].into_iter().filter(|(_, value)| is_plain(value)).fold(
            line,
            |line, (name, value)| {
                // `--key-id KEY` is another key.
                match name == "KEY" && line.contains("--key-id KEY") {
                    true => line,
                    false => line.replace(name, value),
                }
            },
        )
    }
}

fn diagnosis(found: diagnose::found::Found, place: &Place, secrets: &Secrets) -> Diagnosis {
    let mask = |text: String| secrets.mask(&shorten(&text));
    let is_action =
        |name: &&str| name.starts_with("s3:") && name.bytes().skip(3).all(|b| b.is_ascii_alphanumeric());
    let name = found.name.clone();
    let action = name.as_deref().filter(is_action);
    Diagnosis {
        cause: found.cause.code,
        certainty: found.certainty,
        blame: Blame { part: found.cause.part, name: found.name.map(mask) },
        happened: found.cause.happened,
        because: found.because.into_iter().map(mask).collect(),
        change: found.cause.change,
        unknown: found.cause.unknown.iter().map(|line| secrets.mask(&place.fill(line, action))).collect(),
    }
}

fn masked(signed: signed::Signed, secrets: &Secrets) -> signed::Signed {
    let mask = |text: String| secrets.mask(&shorten(&text));
    signed::Signed {
        what: signed.what,
        leads_to: mask(signed.leads_to),
        key_id: signed.key_id.map(mask),
        credentials: mask(signed.credentials),
        account: signed.account.map(mask),
        signed_with: mask(signed.signed_with),
        signed_at: signed.signed_at.map(mask),
        expires_at: signed.expires_at.map(mask),
        works_until: mask(signed.works_until),
        discloses: signed.discloses.into_iter().map(mask).collect(),
    }
}
