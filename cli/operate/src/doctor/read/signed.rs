//! Signed calls of two services of which the program needs one call each: CloudWatch and Pipes. Their SDKs take longer to
//! compile than the rest of this crate.

use std::time::SystemTime;

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::Value;

use super::{is_denied, is_missing, no_http};
use crate::clients::Clients;
use crate::doctor::observed::{Observed, Unseen};

/// A call.
pub struct Call<'a> {
    /// The service, as host names and signatures have it.
    pub service: &'a str,
    pub method: &'a str,
    pub path: &'a str,
    /// The header `x-amz-target`, for services with JSON over POST.
    pub target: Option<&'a str>,
    pub body: String,
    /// The action that the caller needs.
    pub action: &'a str,
}

/// Sends a call, and returns the JSON of its answer.
pub async fn call(clients: &Clients, call: Call<'_>) -> Observed<Value> {
    let request = request(clients, &call).await?;
    let answer = clients.http.execute(request).await.map_err(|error| no_http(&error))?;
    let status = answer.status();
    let body = answer.text().await.map_err(|error| no_http(&error))?;
    let json: Value = serde_json::from_str(&body).unwrap_or_default();
    if status.is_success() {
        return Ok(json);
    }
    let code = ["__type", "code", "Code"].iter().find_map(|name| json.get(name)?.as_str());
    let code = code.and_then(|code| code.rsplit('#').next()).unwrap_or("an error without a code");
    if is_missing(code) {
        return Err(Unseen::Missing(format!("it does not exist: {} answers {code}", call.action)));
    }
    Err(Unseen::Because(match is_denied(code) {
        true => format!("the caller may not {} ({code})", call.action),
        false => format!("{} answers {status} {code}", call.action),
    }))
}

async fn request(clients: &Clients, call: &Call<'_>) -> Observed<reqwest::Request> {
    let unsent = |why: &str| Unseen::Because(format!("{} was not sent: {why}", call.action));
    let region = clients.config.region().ok_or_else(|| unsent("no region"))?;
    let url = match clients.config.endpoint_url() {
        Some(endpoint) => format!("{}{}", endpoint.trim_end_matches('/'), call.path),
        None => format!("https://{}.{region}.amazonaws.com{}", call.service, call.path),
    };
    let provider = clients.config.credentials_provider().ok_or_else(|| unsent("no credentials"))?;
    let identity = provider.provide_credentials().await.map_err(|_| unsent("no credentials"))?.into();
    let mut headers = vec![(
        "content-type",
        if call.target.is_some() { "application/x-amz-json-1.0" } else { "application/json" },
    )];
    headers.extend(call.target.map(|target| ("x-amz-target", target)));
    #[expect(clippy::disallowed_methods, reason = "the signing time of a call")]
    let now = SystemTime::now();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region.as_ref())
        .name(call.service)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| unsent("it cannot be signed"))?
        .into();
    let body = SignableBody::Bytes(call.body.as_bytes());
    let signable = SignableRequest::new(call.method, &url, headers.iter().copied(), body);
    let signed =
        signable.and_then(|signable| sign(signable, &params)).map_err(|_| unsent("it cannot be signed"))?;
    let (instructions, _) = signed.into_parts();
    let method = reqwest::Method::from_bytes(call.method.as_bytes()).map_err(|_| unsent("no such method"))?;
    let mut request = clients.http.request(method, &url).body(call.body.clone());
    for (name, value) in headers.into_iter().chain(instructions.headers()) {
        request = request.header(name, value);
    }
    request.build().map_err(|_| unsent("no such address"))
}
