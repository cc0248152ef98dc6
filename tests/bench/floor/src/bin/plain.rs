//! The same AWS calls and signatures as the functions make, by the SDK with its defaults, and nothing else: no
//! rules, no tokens, no log. `_HANDLER` chooses the function.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "this is compared, and never deployed")]

use std::time::{Duration, SystemTime};

use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::Blob;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    #[expect(clippy::disallowed_methods, reason = "the SDK's default is what is compared")]
    let https =
        aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let sdk = aws_config::defaults(BehaviorVersion::latest()).http_client(https).load().await;
    let handler = variable("_HANDLER");
    let plain = &Plain::new(&sdk, &handler).await;
    let handler = handler.as_str();
    run(service_fn(async |event: LambdaEvent<Value>| {
        Ok::<_, Error>(match handler {
            "issue-upload" => plain.issue(&event.payload).await,
            "record-upload" => plain.record(&event.payload).await,
            _ => plain.open().await,
        })
    }))
    .await
}

struct Plain {
    table: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    signer: Option<Credentials>,
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap()
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

#[expect(clippy::disallowed_methods, reason = "a function has no `now`")]
fn clock() -> SystemTime {
    SystemTime::now()
}

impl Plain {
    async fn new(sdk: &SdkConfig, handler: &str) -> Self {
        let signer = match handler {
            "record-upload" => None,
            "issue-upload" => {
                let keys = ["POSTERN_LINK_KEYS", "POSTERN_UPLOAD_TOKEN_KEYS"];
                Some(tokio::join!(session(sdk), mac(sdk, keys[0]), mac(sdk, keys[1])).0)
            }
            _ => Some(tokio::join!(session(sdk), mac(sdk, "POSTERN_LINK_KEYS")).0),
        };
        let s3 = aws_sdk_s3::config::Builder::from(sdk).force_path_style(true);
        let s3 = match &signer {
            Some(signer) => s3.credentials_provider(SharedCredentialsProvider::new(signer.clone())),
            None => s3,
        };
        let table = aws_sdk_dynamodb::Client::new(sdk);
        Self { table, s3: aws_sdk_s3::Client::from_conf(s3.build()), signer }
    }

    async fn open(&self) -> Value {
        let read = self.table.get_item().table_name(variable("POSTERN_TABLE")).key("pk", text("LINK#a"));
        let item = read.consistent_read(true).send().await.unwrap().item.unwrap();
        let of = |name: &str| item[name].as_s().unwrap();
        let signed = self
            .s3
            .get_object()
            .bucket(variable("POSTERN_BUCKET"))
            .key(format!("uploads/{}", of("upload_id")))
            .version_id(of("version_id"))
            .response_content_type(of("sniffed_type"))
            .response_content_disposition(format!("inline; filename=\"{}\"", of("filename")))
            .response_cache_control("private, no-store")
            .presigned(PresigningConfig::expires_in(Duration::from_mins(1)).unwrap())
            .await
            .unwrap();
        let headers = json!({
            "cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex",
            "location": signed.uri(),
        });
        json!({ "statusCode": 302, "headers": headers })
    }

    async fn issue(&self, event: &Value) -> Value {
        let file: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
        let (now, id) = (OffsetDateTime::from(clock()), uuid::Uuid::new_v4());
        let end = now + Duration::from_mins(15);
        let key = format!("uploads/{id}");
        let put = self.table.put_item().table_name(variable("POSTERN_TABLE"));
        let put = put
            .item("pk", text(format!("UPLOAD#{id}")))
            .item(
                "owner",
                text(event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"].as_str().unwrap()),
            )
            .item("state", text("pending"))
            .item("filename", text(file["filename"].as_str().unwrap()))
            .item("content_type", text(file["content_type"].as_str().unwrap()))
            .item("max_size_bytes", AttributeValue::N(file["size_bytes"].to_string()))
            .item("policy_expires_at", text(end.format(&Rfc3339).unwrap()))
            .condition_expression("attribute_not_exists(pk)");
        put.send().await.unwrap();
        let fields = self.fields(&key, &file, now, end);
        let url =
            format!("https://{}.s3.{}.amazonaws.com/", variable("POSTERN_BUCKET"), variable("AWS_REGION"));
        let body = json!({ "upload_id": id.to_string(), "method": "POST", "url": url, "fields": fields });
        let headers = json!({ "content-type": "application/json" });
        json!({ "statusCode": 201, "headers": headers, "body": body.to_string() })
    }

    fn fields(&self, key: &str, file: &Value, now: OffsetDateTime, end: OffsetDateTime) -> Value {
        let signer = self.signer.as_ref().unwrap();
        let region = variable("AWS_REGION");
        let stamp = now.format(format_description!("[year][month][day]T[hour][minute][second]Z")).unwrap();
        let scope = format!("{}/{}/{region}/s3/aws4_request", signer.access_key_id(), &stamp[..8]);
        let mut fields = json!({
            "key": key, "content-type": file["content_type"], "success_action_status": "201",
            "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id": variable("POSTERN_FILES_KEY_ARN"),
            "x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-credential": scope, "x-amz-date": stamp,
            "x-amz-security-token": signer.session_token(),
        });
        let exact = fields.as_object().unwrap().iter().map(|(name, value)| json!({ name: value }));
        let size = json!(["content-length-range", file["size_bytes"], file["size_bytes"]]);
        let conditions: Vec<_> =
            exact.chain([json!({ "bucket": variable("POSTERN_BUCKET") }), size]).collect();
        let policy = json!({ "expiration": end.format(&Rfc3339).unwrap(), "conditions": conditions });
        let policy = STANDARD.encode(policy.to_string());
        let signing_key = generate_signing_key(signer.secret_access_key(), now.into(), &region, "s3");
        fields["x-amz-signature"] = json!(calculate_signature(signing_key, policy.as_bytes()));
        fields["policy"] = json!(policy);
        fields
    }

    async fn record(&self, event: &Value) -> Value {
        for message in event["Records"].as_array().unwrap() {
            let body: Value = serde_json::from_str(message["body"].as_str().unwrap()).unwrap();
            for record in body["Records"].as_array().unwrap() {
                self.record_one(&record["s3"]["object"]).await;
            }
        }
        json!({ "batchItemFailures": [] })
    }

    async fn record_one(&self, arrived: &Value) {
        let (key, version) = (arrived["key"].as_str().unwrap(), arrived["versionId"].as_str().unwrap());
        let (table, bucket) = (variable("POSTERN_TABLE"), variable("POSTERN_BUCKET"));
        let pk = text(format!("UPLOAD#{}", key.trim_start_matches("uploads/")));
        let read = self.table.get_item().table_name(&table).key("pk", pk.clone()).consistent_read(true);
        let object = self.s3.get_object().bucket(bucket).key(key).version_id(version).range("bytes=0-65535");
        let (item, object) = tokio::join!(read.send(), async {
            let mut object = object.send().await.unwrap();
            let body = std::mem::take(&mut object.body).collect().await.unwrap().into_bytes();
            (object, body)
        });
        let (item, (object, body)) = (item.unwrap().item.unwrap(), object);
        let type_agrees = object.content_type() == item["content_type"].as_s().ok().map(String::as_str);
        assert!(type_agrees && body.starts_with(b"\x89PNG\r\n\x1a\n"));
        let update = self.table.update_item().table_name(table).key("pk", pk);
        let update = update
            .update_expression("SET #state = :available, recorded = :recorded REMOVE #ttl")
            .condition_expression("#state = :pending AND NOT contains(condemned, :version)")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":available", text("available"))
            .expression_attribute_values(":pending", text("pending"))
            .expression_attribute_values(":version", text(version))
            .expression_attribute_values(":recorded", text(object.e_tag().unwrap()));
        update.send().await.unwrap();
    }
}

async fn session(sdk: &SdkConfig) -> Credentials {
    let role = AssumeRoleProvider::builder(variable("POSTERN_SIGNER_ROLE_ARN")).configure(sdk);
    role.session_name("plain").build().await.provide_credentials().await.unwrap()
}

async fn mac(sdk: &SdkConfig, keys: &str) {
    let key = variable(keys);
    let made = aws_sdk_kms::Client::new(sdk).generate_mac().key_id(key.split_once('=').unwrap().1);
    let made = made.message(Blob::new(b"plain".as_slice())).mac_algorithm("HMAC_SHA_256".into());
    made.send().await.unwrap();
}
