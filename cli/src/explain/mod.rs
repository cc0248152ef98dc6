//! `postern explain`: from what a person pasted to the cause.
//!
//! ```text
//!  text ─▶ recognize ─▶ evidence ─▶ diagnose ─▶ causes ──┐
//!                          └──────▶ signed ────▶ facts ──┴─▶ mask ─▶ Explanation ─▶ text or JSON
//! ```
//!
//! Nothing here opens a connection or reads a clock.

use s3_presigned::Timestamp;
use serde::Serialize;

pub mod cause;
mod diagnose;
pub mod mask;
pub mod recognize;
mod report;
pub mod signed;
mod time;

use cause::Part;
use mask::Secrets;
use recognize::Evidence;

/// A secret access key. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Makes a secret of a text. White space around it is no part of it.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What the caller knows beside the input.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The time that counts as now.
    pub now: Timestamp,
    /// The key of the object that was meant.
    pub key: Option<String>,
    /// The size of the file.
    pub size_bytes: Option<u64>,
    /// The type that the client sends.
    pub content_type: Option<String>,
    /// The name of the file.
    pub filename: Option<String>,
    /// The method of the request.
    pub method: Option<String>,
    /// Headers of the request.
    pub headers: Vec<(String, String)>,
    /// When the session of the credentials ends.
    pub session_ends: Option<Timestamp>,
    /// The secret access key that signed.
    pub secret: Option<Secret>,
}

impl Settings {
    /// Makes settings in which only the time is known.
    pub fn at(now: impl Into<Timestamp>) -> Self {
        Self {
            now: now.into(),
            key: None,
            size_bytes: None,
            content_type: None,
            filename: None,
            method: None,
            headers: Vec::new(),
            session_ends: None,
            secret: None,
        }
    }
}

/// How sure a diagnosis is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Certainty {
    /// The input shows it.
    Certain,
    /// The input speaks for it.
    Likely,
    /// It is one of several that remain.
    Possible,
}

/// What came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// A cause is certain or likely.
    CauseFound,
    /// Several causes remain possible.
    CausesPossible,
    /// Nothing is wrong with what was given, as far as it shows.
    NoFaultSeen,
    /// The input has nothing that the program knows.
    NotRecognized,
}

/// The part that is to blame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Blame {
    /// The kind of the part.
    pub part: Part,
    /// Its name, such as `content-type`.
    pub name: Option<String>,
}

/// One cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The stable name of the cause.
    pub cause: &'static str,
    /// How sure it is.
    pub certainty: Certainty,
    /// The part that is to blame.
    pub blame: Blame,
    /// What happened.
    pub happened: &'static str,
    /// What the input says for it.
    pub because: Vec<String>,
    /// What to change.
    pub change: &'static [&'static str],
    /// What the input does not show, and how to find it out.
    pub unknown: Vec<String>,
}

/// The answer of the program. All texts that come from the input are masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// What came out.
    pub outcome: Outcome,
    /// What was recognized.
    pub recognized: Vec<&'static str>,
    /// The causes, the most certain first.
    pub diagnoses: Vec<Diagnosis>,
    /// Who signed each URL and form, and what it discloses.
    pub signed: Vec<signed::Signed>,
}

/// The most characters of a text from the input that are repeated.
const MAX_SHOWN: usize = 300;

/// Cuts a long text.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}\u{2026}", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

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
    let evidence = Evidence::find(input);
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

fn diagnosis(found: diagnose::Found, place: &Place, secrets: &Secrets) -> Diagnosis {
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
