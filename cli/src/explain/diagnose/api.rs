//! The API, its gateway, and the functions' logs.

use super::super::cause::{self, Cause};
use super::super::recognize::{LogLine, Problem};
use super::case::Case;
use super::found::Found;

pub(super) fn causes(case: &Case<'_>) -> Vec<Found> {
    let mut found: Vec<Found> = case.evidence.problems.iter().map(problem).collect();
    found.extend(challenge(case));
    if found.is_empty() {
        found.extend(case.evidence.gateway.iter().filter_map(|message| gateway(message)));
    }
    found.extend(case.evidence.log_lines.iter().filter_map(log_line));
    found
}

fn problem(problem: &Problem) -> Found {
    let found = Found::certain(&cause::API_REFUSED).named(&problem.code).because(problem.detail.clone());
    let found =
        problem.errors.iter().fold(found, |found, (field, rule)| found.because(format!("{field}: {rule}")));
    found.because(
        problem.request_id.as_ref().map_or_else(String::new, |id| format!("Its request id is {id}.")),
    )
}

/// The gateway's `www-authenticate`: its description names the reason.
fn challenge(case: &Case<'_>) -> Option<Found> {
    let header = case.exchange?.received("www-authenticate")?;
    let description = header.split("error_description=\"").nth(1).and_then(|rest| rest.split('"').next());
    let folded = description.unwrap_or(header).to_ascii_lowercase();
    let says = |text: &str| folded.contains(text);
    let cause: &'static Cause = match () {
        () if header.contains("insufficient_scope") => &cause::JWT_SCOPE,
        () if says("expired") => &cause::JWT_EXPIRED,
        () if says("audience") => &cause::JWT_AUDIENCE,
        () if says("discovery") || says("jwks") => &cause::JWT_ISSUER_UNREACHABLE,
        () if says("issuer") => &cause::JWT_ISSUER,
        () if says("signing method") || says("signature") || says("kid") || says("key") => {
            &cause::JWT_SIGNATURE
        }
        () if description.is_some() => &cause::JWT_MALFORMED,
        () => &cause::JWT_MISSING,
    };
    let found = Found::certain(cause);
    let sent = case.sent("authorization").is_none() && case.exchange?.method.is_some();
    let found =
        found.because(description.map_or_else(String::new, |text| format!("The gateway says: {text}.")));
    Some(found.because(if sent && cause == &cause::JWT_MISSING {
        "The request has no `authorization` header."
    } else {
        ""
    }))
}

fn gateway(message: &str) -> Option<Found> {
    Some(Found::certain(match message {
        "Unauthorized" => &cause::JWT_MISSING,
        "Forbidden" => &cause::GATEWAY_FORBIDDEN,
        "Not Found" => &cause::GATEWAY_NO_ROUTE,
        "Request Entity Too Large" => &cause::GATEWAY_TOO_LARGE,
        "Too Many Requests" | "Limit Exceeded" => &cause::GATEWAY_THROTTLED,
        "Internal Server Error" | "Service Unavailable" | "Endpoint request timed out" => {
            &cause::GATEWAY_UNAVAILABLE
        }
        _ => return None,
    }))
}

fn log_line(line: &LogLine) -> Option<Found> {
    let ids = line.ids.iter().map(|(name, id)| format!("{name} {id}")).collect::<Vec<_>>().join(", ");
    let ids = if ids.is_empty() { String::new() } else { format!("Search the log for: {ids}.") };
    if line.verdict.as_deref() == Some("rejected") {
        let found = Found::certain(&cause::UPLOAD_REJECTED).because(ids);
        return Some(match &line.reason {
            Some(reason) => found.named(reason),
            None => found,
        });
    }
    if let Some((route, status)) = line.answer.as_ref().filter(|(_, status)| *status >= 400) {
        let found = Found::likely(&cause::API_REFUSED).named(format!("{route} {status}"));
        return Some(found.because(line.error.clone().unwrap_or_default()).because(ids));
    }
    matches!(line.level.as_str(), "WARN" | "ERROR").then(|| {
        let found =
            Found::likely(&cause::LOGGED_FAILURE).because(format!("The line says: {}.", line.message));
        found
            .because(line.error.as_ref().map_or_else(String::new, |error| format!("Its cause: {error}.")))
            .because(ids)
    })
}
