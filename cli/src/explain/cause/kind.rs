//! What a cause is, and how the causes are declared.

use serde::Serialize;

/// A part of a request or of a stack that can be to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Part {
    /// The policy of the bucket, or another policy around it.
    BucketPolicy,
    /// The CORS rules of the bucket or of the API.
    CorsRules,
    /// A clock.
    Clock,
    /// A condition of the form's policy.
    Condition,
    /// The credentials that signed.
    Credentials,
    /// A field of a form.
    Field,
    /// The file that is uploaded.
    File,
    /// A header of the request.
    Header,
    /// The host of the URL.
    Host,
    /// A KMS key.
    KmsKey,
    /// The method of the request.
    Method,
    /// The object, by its key or version.
    Object,
    /// A parameter of the URL.
    Parameter,
    /// The request as a whole.
    Request,
    /// The role or user whose rights count.
    Role,
    /// The service that answered.
    Service,
    /// The token that the caller sent.
    Token,
}

impl Part {
    /// Returns the name that people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::BucketPolicy => "policy of the bucket",
            Self::CorsRules => "CORS rules",
            Self::Clock => "clock",
            Self::Condition => "condition of the form's policy",
            Self::Credentials => "credentials",
            Self::Field => "field of the form",
            Self::File => "file",
            Self::Header => "header",
            Self::Host => "host of the URL",
            Self::KmsKey => "KMS key",
            Self::Method => "method of the request",
            Self::Object => "object",
            Self::Parameter => "parameter of the URL",
            Self::Request => "request",
            Self::Role => "role or user that signed",
            Self::Service => "service",
            Self::Token => "token",
        }
    }
}

/// A cause: why a request was refused, and what to do.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cause {
    /// The stable name, such as `url_expired`.
    pub code: &'static str,
    /// The part that is to blame.
    pub part: Part,
    /// What a person sees.
    pub symptom: &'static str,
    /// What happened.
    pub happened: &'static str,
    /// What to change.
    pub change: &'static [&'static str],
    /// What the input does not show, and how to find it out.
    pub unknown: &'static [&'static str],
}

/// Declares causes, and the list of all of them in a file.
macro_rules! causes {
    ($list:ident; $(
        $name:ident = $code:literal, $part:ident,
        sees: $symptom:literal,
        happened: $happened:literal,
        change: [$($change:literal),* $(,)?],
        unknown: [$($unknown:literal),* $(,)?];
    )*) => {
        $(
            #[doc = $happened]
            pub static $name: Cause = Cause {
                code: $code,
                part: Part::$part,
                symptom: $symptom,
                happened: $happened,
                change: &[$($change),*],
                unknown: &[$($unknown),*],
            };
        )*
        /// The causes of this file.
        pub(super) static $list: &[&Cause] = &[$(&$name),*];
    };
}
pub(super) use causes;
