//! The HTTP API's event and answer, with the fields that the functions use:
//! [payload format 2.0](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
//!
//! The types of the crate `aws_lambda_events` do not serve here. They accept only claims that are texts, so one
//! number among the claims of a JWT would fail every request with that JWT.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use postern::http::Reply;

/// Names and values. The API writes the names of headers in lower case and joins repeated ones,
/// and repeated query parameters, with commas.
pub(super) type Pairs = BTreeMap<String, String>;

/// A request. It has no `Debug`: it carries tokens and cookies.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpEvent {
    pub(super) raw_path: String,
    #[serde(deserialize_with = "perhaps_null")]
    pub(super) cookies: Vec<String>,
    #[serde(deserialize_with = "perhaps_null")]
    pub(super) headers: Pairs,
    #[serde(deserialize_with = "perhaps_null")]
    pub(super) query_string_parameters: Pairs,
    #[serde(deserialize_with = "perhaps_null")]
    pub(super) path_parameters: Pairs,
    pub(super) request_context: RequestContext,
    #[serde(deserialize_with = "perhaps_null")]
    pub(super) body: String,
    pub(super) is_base64_encoded: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RequestContext {
    pub(super) route_key: String,
    pub(super) request_id: String,
    pub(super) http: Http,
    #[serde(deserialize_with = "perhaps_null")]
    pub(super) authorizer: Authorizer,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Http {
    pub(super) method: String,
    pub(super) source_ip: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Authorizer {
    #[serde(deserialize_with = "perhaps_null")]
    pub(super) jwt: Jwt,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Jwt {
    /// Only claims that are a text, a number or a truth value. The API turns most claims into texts;
    /// a list or an object names no owner.
    #[serde(deserialize_with = "scalar_claims")]
    pub(super) claims: Pairs,
}

/// An answer. It has no `Debug`: it carries signed URLs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpAnswer {
    status_code: u16,
    #[serde(serialize_with = "as_map")]
    headers: Vec<(&'static str, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    body: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_base64_encoded: bool,
}

/// A value that HTTP cannot carry is left out; cookies have a place of their own.
impl From<Reply> for HttpAnswer {
    fn from(reply: Reply) -> Self {
        let fits = |(_, value): &(_, String)| value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
        let fitting = reply.headers.into_iter().filter(fits);
        let (cookies, headers): (Vec<_>, Vec<_>) = fitting.partition(|(name, _)| *name == "set-cookie");
        Self {
            status_code: reply.status.as_u16(),
            headers,
            cookies: cookies.into_iter().map(|(_, value)| value).collect(),
            body: reply.body,
            is_base64_encoded: reply.is_base64,
        }
    }
}

/// The API leaves out what is not there; tools that make up events write null.
fn perhaps_null<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

fn scalar_claims<'de, D: Deserializer<'de>>(from: D) -> Result<Pairs, D::Error> {
    let claims: BTreeMap<String, Value> = perhaps_null(from)?;
    let scalar = |value| match value {
        Value::String(text) => Some(text),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(claims.into_iter().filter_map(|(name, value)| Some((name, scalar(value)?))).collect())
}

fn as_map<S: Serializer>(headers: &[(&'static str, String)], to: S) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(headers.len()))?;
    for (name, value) in headers {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::{from_value, json, to_string};

    use super::*;

    /// AWS's own example, with what it leaves out of a request without a body and a login.
    #[test]
    fn an_event_is_read_whether_its_maps_are_there_missing_or_null() {
        let whole = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/my/path",
            "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value",
            "cookies": ["cookie1", "cookie2"], "headers": { "header1": "value1", "header2": "value1,value2" },
            "queryStringParameters": { "parameter1": "value1,value2", "parameter2": "value" },
            "requestContext": {
                "accountId": "123456789012", "apiId": "api-id",
                "authentication": { "clientCert": { "validity": { "notBefore": "May 28 12:30:02 2019 GMT" } } },
                "authorizer": { "jwt": { "claims": { "claim1": "value1" }, "scopes": ["scope1"] } },
                "http": { "method": "POST", "path": "/my/path", "sourceIp": "192.0.2.1", "userAgent": "agent" },
                "requestId": "id", "routeKey": "$default", "stage": "$default", "timeEpoch": 1_583_348_638_390_u64,
            },
            "body": "Hello from Lambda", "pathParameters": { "parameter1": "value1" },
            "isBase64Encoded": false, "stageVariables": { "stageVariable1": "value1" },
        });
        let event: HttpEvent = from_value(whole).unwrap();
        assert_eq!(event.query_string_parameters["parameter1"], "value1,value2");
        assert_eq!(event.path_parameters["parameter1"], "value1");
        assert_eq!(event.headers["header2"], "value1,value2");
        assert_eq!((event.cookies.len(), event.body.as_str()), (2, "Hello from Lambda"));
        let context = event.request_context;
        assert_eq!((context.route_key.as_str(), context.request_id.as_str()), ("$default", "id"));
        assert_eq!((context.http.method.as_str(), context.http.source_ip.as_str()), ("POST", "192.0.2.1"));
        assert_eq!(context.authorizer.jwt.claims.len(), 1);

        let null = json!({
            "rawPath": "/", "cookies": null, "headers": null, "queryStringParameters": null,
            "pathParameters": null, "body": null, "requestContext": { "authorizer": null },
        });
        for sparse in [null, json!({})] {
            let event: HttpEvent = from_value(sparse).unwrap();
            assert!(event.headers.is_empty() && event.path_parameters.is_empty() && event.body.is_empty());
        }
    }

    #[test]
    fn a_claim_that_is_no_text_does_not_hide_the_others() {
        let claims =
            json!({ "sub": "ann", "iat": 17, "admin": true, "groups": ["a"], "name": { "b": 1 }, "x": null });
        let event = json!({ "requestContext": { "authorizer": { "jwt": { "claims": claims } } } });
        let event: HttpEvent = from_value(event).unwrap();
        let found: Vec<_> = event.request_context.authorizer.jwt.claims.into_iter().collect();
        let expected = [("admin", "true"), ("iat", "17"), ("sub", "ann")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn cookies_have_their_own_place_and_what_no_header_can_carry_is_left_out() {
        let reply = Reply::empty(StatusCode::FOUND)
            .with("set-cookie", "a=b; Secure")
            .with("location", "https://files.example.com/?a=\"b\"")
            .with("x-split", "a\r\nset-cookie: c=d");
        insta::assert_snapshot!(to_string(&HttpAnswer::from(reply)).unwrap(), @r#"{"statusCode":302,"headers":{"cache-control":"no-store","location":"https://files.example.com/?a=\"b\""},"cookies":["a=b; Secure"]}"#);
        let reply = Reply { body: "{}".to_owned(), ..Reply::empty(StatusCode::GONE) };
        insta::assert_snapshot!(to_string(&HttpAnswer::from(reply)).unwrap(), @r#"{"statusCode":410,"headers":{"cache-control":"no-store"},"body":"{}"}"#);
        let reply = Reply::bytes(StatusCode::OK, &[0x1f, 0x8b]);
        insta::assert_snapshot!(to_string(&HttpAnswer::from(reply)).unwrap(), @r#"{"statusCode":200,"headers":{"cache-control":"no-store"},"body":"H4s=","isBase64Encoded":true}"#);
    }
}
