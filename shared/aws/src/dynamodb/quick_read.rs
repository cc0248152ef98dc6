//! The quick read: one item of the table, without the layers that the SDK puts around a call.
//!
//! [`GetItem`](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html) of one key is the
//! only call that the opening of an ordinary link waits for. Endpoint and credentials come from the SDK, the
//! signature from `aws-sigv4`, and the connection from the [connector](crate::https) that all clients share. There is one attempt. If the answer is not
//! 200 with an item or without one, the caller sends the read again through the SDK, which handles errors and
//! retries.
//!
//! Only `serve-link` uses it. With it the whole function opens 1.6 times as many links in the same processor time:
//! measured in pairs with `cargo bench --bench functions`, where `POSTERN_BENCH_BUILT` names a release build with
//! [`Table::with_quick_reads`](super::Table::with_quick_reads) and one without.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_types::service_config::ServiceConfigKey;
use futures::FutureExt;
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_dynamo::Item;
use serde_json::json;

use super::item::PK;
use crate::https;
use crate::time_limits::attempt_timeout;

/// The timeout of the read. DynamoDB answers within milliseconds. A connection that was closed while the environment
/// was frozen gives no answer at all.
const LONGEST: Duration = Duration::from_secs(2);

/// The settings of the quick read.
#[derive(Debug, Clone)]
pub(super) struct QuickRead {
    connector: SharedHttpConnector,
    url: String,
    host: String,
    region: String,
    credentials: SharedCredentialsProvider,
    timeout: Duration,
}

#[derive(Deserialize)]
struct Output {
    #[serde(rename = "Item")]
    item: Option<Item>,
}

/// Why there is no plain answer. It contains nothing of an item.
type Unclear = Box<dyn std::error::Error + Send + Sync>;

impl QuickRead {
    /// The quick read; `None` if the endpoint needs more than a plain signature.
    pub(super) fn new(sdk: &SdkConfig) -> Option<Self> {
        let region = sdk.region()?.as_ref().to_owned();
        let params = Params::builder()
            .region(&region)
            .set_endpoint(endpoint_url(sdk))
            .set_use_fips(sdk.use_fips())
            .set_use_dual_stack(sdk.use_dual_stack())
            .build()
            .ok()?;
        let endpoint = DefaultResolver::new().resolve_endpoint(&params).now_or_never()?.ok()?;
        if !endpoint.properties().is_empty() {
            return None;
        }
        let url = endpoint.url().trim_end_matches('/').to_owned();
        let host = url.parse::<http::Uri>().ok()?.authority()?.to_string();
        let credentials = sdk.credentials_provider()?;
        let connector = https::connector();
        let timeout = attempt_timeout(sdk).min(LONGEST);
        Some(Self { connector, url, host, region, credentials, timeout })
    }

    /// Reads an item consistently. After an error the caller must read it again.
    pub(super) async fn get(&self, table: &str, pk: &str) -> Result<Option<Item>, Unclear> {
        tokio::time::timeout(self.timeout, self.attempt(table, pk)).await?
    }

    async fn attempt(&self, table: &str, pk: &str) -> Result<Option<Item>, Unclear> {
        let request = self.request(table, pk).await?;
        let answer = self.connector.call(request).await?;
        if answer.status().as_u16() != 200 {
            return Err(format!("status {}", answer.status().as_u16()).into());
        }
        let body = answer.into_body().collect().await?.to_bytes();
        // An error of serde may quote the item.
        serde_json::from_slice(&body).map(|output: Output| output.item).map_err(|_| "it is no item".into())
    }

    async fn request(&self, table: &str, pk: &str) -> Result<HttpRequest, Unclear> {
        let body =
            json!({ "TableName": table, "Key": { PK: { "S": pk } }, "ConsistentRead": true }).to_string();
        let headers = [
            ("host", self.host.as_str()),
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", "DynamoDB_20120810.GetItem"),
        ];
        // Lambda's credentials are in the environment: this call fetches nothing.
        let identity = self.credentials.provide_credentials().await?.into();
        #[expect(clippy::disallowed_methods, reason = "the signing time of a call of our own")]
        let now = SystemTime::now();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("dynamodb")
            .time(now)
            .settings(SigningSettings::default())
            .build()?
            .into();
        let signable = SignableRequest::new(
            "POST",
            &self.url,
            headers.into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        )?;
        let (instructions, _) = sign(signable, &params)?.into_parts();
        let mut request = http::Request::post(&self.url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        for (name, value) in instructions.headers() {
            request = request.header(name, value);
        }
        Ok(request.body(body.into())?.try_into()?)
    }
}

/// The endpoint of this service in the environment, if it is not AWS's own.
fn endpoint_url(sdk: &SdkConfig) -> Option<String> {
    let key =
        ServiceConfigKey::builder().service_id("DynamoDB").env("AWS_ENDPOINT_URL").profile("endpoint_url");
    let own = sdk.service_config().and_then(|config| config.load_config(key.build().ok()?));
    own.or_else(|| sdk.endpoint_url().map(ToOwned::to_owned))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::Table;
    use super::*;
    use crate::scripted::{Answer, Heard, answering, sdk};

    const ITEM: &str = r#"{"Item":{"pk":{"S":"LINK#1"}}}"#;

    fn say(status: u16, body: &str) -> Answer {
        Answer::Say(status, body.to_owned())
    }

    async fn read(url: &str) -> Option<BTreeMap<String, String>> {
        let sdk = sdk(url, Duration::from_millis(300));
        let table = Table::new(&sdk, "table").with_quick_reads(&sdk);
        table.get("LINK#1".to_owned(), "read a link").await.unwrap()
    }

    fn is_signed(heard: &Heard) -> bool {
        heard.head.contains("/eu-central-1/dynamodb/aws4_request, signedheaders=")
    }

    #[tokio::test]
    async fn a_plain_answer_is_all_that_is_asked_for() {
        let (url, heard) = answering(vec![say(200, ITEM)]);
        assert_eq!(read(&url).await, Some([("pk".to_owned(), "LINK#1".to_owned())].into()));
        assert!(heard.join().unwrap().iter().all(is_signed));
        let (url, heard) = answering(vec![say(200, "{}")]);
        assert_eq!(read(&url).await, None);
        assert!(heard.join().unwrap().iter().all(is_signed));
    }

    #[tokio::test]
    async fn an_item_without_a_plain_answer_is_read_again_through_the_sdk_and_consistently() {
        let throttled = say(400, r#"{"__type":"ThrottlingException"}"#);
        let unclear = [say(500, ""), throttled, say(200, "{\"Item\":[]}"), say(200, "")];
        for first in unclear.into_iter().chain([Answer::Lose, Answer::Silence]) {
            let (url, heard) = answering(vec![first.clone(), say(200, ITEM)]);
            assert_eq!(read(&url).await, Some([("pk".to_owned(), "LINK#1".to_owned())].into()), "{first:?}");
            let heard = heard.join().unwrap();
            assert!(heard.iter().all(is_signed), "{first:?}");
            assert!(heard.iter().all(|heard| heard.json()["ConsistentRead"] == true), "{first:?}");
        }
    }
}
