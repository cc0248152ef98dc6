//! Judges the API and its authorizer.

use std::collections::{BTreeMap, BTreeSet};

use super::bucket::{Preflight, preflight};
use super::observed::{Findings, Judged, Observed};
use super::settings::Description;

/// What was read of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Api {
    /// The authorization of each route.
    pub routes: Observed<BTreeMap<String, String>>,
    pub preflight: Observed<Preflight>,
    /// The origins that the API's CORS allows.
    pub origins: Observed<Vec<String>>,
    /// The status of a request without a token.
    pub without_token: Observed<u16>,
    /// The answer to an invented link.
    pub invented_link: Observed<Answer>,
    pub discovery: Observed<Discovery>,
    pub keys: Observed<Vec<SigningKey>>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// The issuer of the authorizer, and the one that its discovery document names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    pub configured: String,
    pub status: u16,
    pub named: Option<String>,
}

/// A key of the issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    pub id: String,
    pub kind: String,
    /// `sig`, `enc` or nothing.
    pub usage: Option<String>,
}

/// Judges all of it.
pub fn judge(description: &Description, api: &Api, findings: &mut Findings) {
    findings.judge("api-routes", &api.routes, |routes| self::routes(description, routes));
    findings.judge("api-preflight", &api.preflight, preflight);
    findings.judge("api-refuses", &api.without_token, |status| match status {
        401 => Ok("401".to_owned()),
        status => Err(format!("a request without a token gets {status}")),
    });
    findings.judge("links-answer", &api.invented_link, |answer| match answer.status {
        // The gateway answers 404 too if no route fits, and so does any other server.
        404 if code(&answer.body).as_deref() == Some("link_unknown") => Ok("404 link_unknown".to_owned()),
        status => Err(format!("an invented link gets {status} {}", short(&answer.body))),
    });
    findings.judge("authorizer-discovery", &api.discovery, discovery);
    findings.judge("authorizer-keys", &api.keys, |keys| self::keys(keys));
}

/// The code of an answer of serve-link or of the API.
fn code(body: &str) -> Option<String> {
    let problem: serde_json::Value = serde_json::from_str(body).ok()?;
    problem.get("code")?.as_str().map(str::to_owned)
}

/// The beginning of a text, for a table.
pub fn short(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(200).collect()
}

fn routes(description: &Description, routes: &BTreeMap<String, String>) -> Judged {
    let mut wrong = Vec::new();
    for route in &description.routes {
        match routes.get(&route.key) {
            None => wrong.push(format!("no route {}", route.key)),
            Some(seen) if *seen != route.authorization => {
                wrong.push(format!("{} has authorization {seen}, not {}", route.key, route.authorization));
            }
            Some(_) => {}
        }
    }
    if wrong.is_empty() { Ok(format!("{} routes", description.routes.len())) } else { Err(wrong.join(", ")) }
}

fn discovery(seen: &Discovery) -> Judged {
    let Discovery { configured, status, named } = seen;
    match named {
        Some(named) if named == configured => Ok(configured.clone()),
        Some(named) => Err(format!("the authorizer has {configured}, and the document names {named}")),
        None => Err(format!("{configured} has no discovery document ({status})")),
    }
}

fn keys(keys: &[SigningKey]) -> Judged {
    let signing: Vec<&SigningKey> = keys.iter().filter(|key| key.usage.as_deref() != Some("enc")).collect();
    let others: BTreeSet<String> = signing
        .iter()
        .filter(|key| key.kind != "RSA")
        .map(|key| format!("{} ({})", key.id, key.kind))
        .collect();
    if signing.iter().all(|key| key.kind != "RSA") {
        return Err("no RSA key".to_owned());
    }
    if others.is_empty() {
        return Ok(format!("{} RSA keys", signing.len()));
    }
    Err(format!(
        "tokens signed with these are refused: {}",
        others.into_iter().collect::<Vec<_>>().join(", ")
    ))
}
