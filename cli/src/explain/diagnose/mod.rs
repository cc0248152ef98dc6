//! From what was found to the causes.
//!
//! ```text
//!  error body ─▶ denied, signature, s3 ─┐
//!  no error body ─▶ form, url, exchange ├─▶ the most certain first, each cause once
//!  API, gateway, log, browser ──────────┘
//! ```

use super::cause::STATUS_ONLY;
use super::explanation::Certainty;
use super::recognize::{ErrorBody, Evidence};
use super::settings::Settings;

mod api;
mod broken;
mod browser;
mod case;
mod cloudfront;
mod denied;
mod form;
pub(super) mod found;
mod s3;
mod signature;
mod url;

use case::Case;
use found::Found;

/// Finds the causes, the most certain first, each once.
pub(super) fn causes(evidence: &Evidence, settings: &Settings) -> Vec<Found> {
    let case = Case::new(evidence, settings);
    let shown = browser::shown(&case);
    if !shown.is_empty() && evidence.errors.is_empty() {
        return in_order(shown);
    }
    let mut found: Vec<Found> = evidence.errors.iter().flat_map(|error| of_error(&case, error)).collect();
    found.extend(api::causes(&case));
    if evidence.errors.is_empty() {
        found.extend(case.form.into_iter().filter_map(|form| form::without_an_answer(&case, form)));
        found.extend(url::without_a_body(&case));
    }
    found.extend(browser::hidden(&case, !found.is_empty()));
    if found.is_empty()
        && case.exchange.is_some_and(|exchange| exchange.status.is_some_and(|status| status >= 300))
    {
        found.push(Found::possible(&STATUS_ONLY));
    }
    in_order(found)
}

fn of_error(case: &Case<'_>, error: &ErrorBody) -> Vec<Found> {
    let by_cloudfront = cloudfront::is_of_cloudfront(case, error);
    match error.code.as_str() {
        _ if by_cloudfront => cloudfront::causes(case, error),
        "AccessDenied" | "AccessForbidden" | "AllAccessDisabled" | "Forbidden" | "403" => {
            denied::causes(case, error)
        }
        "SignatureDoesNotMatch" => signature::causes(case, error),
        _ => s3::causes(case, error),
    }
}

fn in_order(found: Vec<Found>) -> Vec<Found> {
    let mut ordered: Vec<Found> = Vec::new();
    for one in found {
        match ordered.iter_mut().find(|own| own.cause == one.cause && own.name == one.name) {
            Some(own) => own.certainty = own.certainty.min(one.certainty),
            None => ordered.push(one),
        }
    }
    ordered.sort_by_key(|one| one.certainty);
    // Beside a certain cause the guesses only confuse.
    if ordered.first().is_some_and(|one| one.certainty == Certainty::Certain) {
        ordered.retain(|one| one.certainty != Certainty::Possible);
    }
    ordered
}
