//! Reads the API, its authorizer, and the authorizer's issuer.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::Value;

use super::{known, no_http, unseen};
use crate::clients::Clients;
use crate::doctor::api::{Answer, Api, Discovery, SigningKey};
use crate::doctor::bucket::Preflight;
use crate::doctor::observed::{Observed, Unseen};
use crate::stack::Stack;

/// A token with the shape of a link's, which no key has made.
const INVENTED: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Reads all of it.
pub async fn api(clients: &Clients, stack: &Stack) -> Api {
    let (routes, preflight, origins, without_token, invented_link, (discovery, keys)) = tokio::join!(
        routes(clients, stack),
        preflight(clients, stack),
        origins(clients, stack),
        without_token(clients, stack),
        invented_link(clients, stack),
        issuer(clients, stack),
    );
    Api { routes, preflight, origins, without_token, invented_link, discovery, keys }
}

async fn routes(clients: &Clients, stack: &Stack) -> Observed<BTreeMap<String, String>> {
    let id = known(stack.api_id.as_ref(), "API id")?;
    let (mut routes, mut next) = (BTreeMap::new(), None);
    loop {
        let page = clients.api_gateway.get_routes().api_id(id).set_next_token(next).send().await;
        let page = page.map_err(|error| unseen("apigateway:GET on the API's routes", &error))?;
        for route in page.items.unwrap_or_default() {
            let authorization =
                route.authorization_type.map_or("NONE".to_owned(), |kind| kind.as_str().to_owned());
            routes.insert(route.route_key.unwrap_or_default(), authorization);
        }
        next = page.next_token;
        if next.is_none() {
            return Ok(routes);
        }
    }
}

async fn preflight(clients: &Clients, stack: &Stack) -> Observed<Preflight> {
    let url = known(stack.api_url.as_ref(), "API URL")?;
    let origin = stack
        .origin
        .as_ref()
        .ok_or_else(|| Unseen::Because("no origin is known: give --origin".to_owned()))?;
    let request = clients.http.request(Method::OPTIONS, format!("{url}/uploads")).header("origin", origin);
    let request = request
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    let answer = request.send().await.map_err(|error| no_http(&error))?;
    let allowed = answer.headers().get("access-control-allow-origin");
    Ok(Preflight {
        origin: origin.clone(),
        status: answer.status().as_u16(),
        allowed_origin: allowed.and_then(|allowed| allowed.to_str().ok()).map(str::to_owned),
    })
}

async fn origins(clients: &Clients, stack: &Stack) -> Observed<Vec<String>> {
    let id = known(stack.api_id.as_ref(), "API id")?;
    let api = clients.api_gateway.get_api().api_id(id).send().await;
    let api = api.map_err(|error| unseen("apigateway:GET on the API", &error))?;
    Ok(api.cors_configuration.and_then(|cors| cors.allow_origins).unwrap_or_default())
}

async fn without_token(clients: &Clients, stack: &Stack) -> Observed<u16> {
    let url = known(stack.api_url.as_ref(), "API URL")?;
    let answer = clients.http.get(format!("{url}/uploads")).send().await.map_err(|error| no_http(&error))?;
    Ok(answer.status().as_u16())
}

async fn invented_link(clients: &Clients, stack: &Stack) -> Observed<Answer> {
    let url = known(stack.link_base_url.as_ref().or(stack.api_url.as_ref()), "link base URL")?;
    let answer =
        clients.http.get(format!("{url}/l/{INVENTED}")).send().await.map_err(|error| no_http(&error))?;
    let status = answer.status().as_u16();
    Ok(Answer { status, body: answer.text().await.map_err(|error| no_http(&error))? })
}

/// Reads the issuer that the authorizer names, its discovery document and its keys.
async fn issuer(clients: &Clients, stack: &Stack) -> (Observed<Discovery>, Observed<Vec<SigningKey>>) {
    let configured = match configured_issuer(clients, stack).await {
        Ok(issuer) => issuer,
        Err(why) => return (Err(why.clone()), Err(why)),
    };
    let url = format!("{}/.well-known/openid-configuration", configured.trim_end_matches('/'));
    let (status, document) = match json(clients, &url).await {
        Ok(answer) => answer,
        Err(why) => return (Err(why.clone()), Err(why)),
    };
    let text = |name: &str| document.as_ref()?.get(name)?.as_str().map(str::to_owned);
    let keys = match text("jwks_uri") {
        Some(url) => json(clients, &url).await.map(|(_, keys)| signing_keys(keys.as_ref())),
        None => Err(Unseen::Because("the issuer's document names no keys".to_owned())),
    };
    (Ok(Discovery { configured, status, named: text("issuer") }), keys)
}

async fn configured_issuer(clients: &Clients, stack: &Stack) -> Observed<String> {
    let id = known(stack.api_id.as_ref(), "API id")?;
    let answer = clients.api_gateway.get_authorizers().api_id(id).send().await;
    let authorizers =
        answer.map_err(|error| unseen("apigateway:GET on the API's authorizers", &error))?.items;
    let authorizers = authorizers.unwrap_or_default();
    let ours = |authorizer: &&aws_sdk_apigatewayv2::types::Authorizer| match &stack.authorizer_id {
        Some(id) => authorizer.authorizer_id.as_ref() == Some(id),
        None => authorizer.jwt_configuration.is_some(),
    };
    let issuer =
        authorizers.iter().find(ours).and_then(|ours| ours.jwt_configuration.as_ref()?.issuer.clone());
    issuer.ok_or_else(|| Unseen::Because("the API has no JWT authorizer".to_owned()))
}

async fn json(clients: &Clients, url: &str) -> Observed<(u16, Option<Value>)> {
    let answer = clients.http.get(url).send().await;
    let answer = answer.map_err(|error| no_http(&error))?;
    let status = answer.status().as_u16();
    let body = answer.text().await.map_err(|error| no_http(&error))?;
    Ok((status, serde_json::from_str(&body).ok().filter(|_| status == 200)))
}

fn signing_keys(document: Option<&Value>) -> Vec<SigningKey> {
    let keys =
        document.and_then(|document| document.get("keys")).and_then(Value::as_array).into_iter().flatten();
    keys.map(|key| {
        let text = |name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
        SigningKey {
            id: text("kid").unwrap_or_else(|| "a key without an id".to_owned()),
            kind: text("kty").unwrap_or_default(),
            usage: text("use"),
        }
    })
    .collect()
}
