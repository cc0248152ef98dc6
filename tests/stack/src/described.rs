//! Reads the settings of a running stack, in the shape of `terraform/description.json`.
//!
//! Terraform or `provision` made the stack from this description. A test compares the settings that the
//! services report with the description. So the test fails if one of the two ignores an entry.

use std::{collections::BTreeMap, error::Error};

use aws_sdk_apigatewayv2::types::Route;
use aws_sdk_dynamodb::types::{KeySchemaElement, KeyType, StreamViewType};
use aws_sdk_lambda::types::{EventSourceMappingConfiguration, EventSourcePosition};
use aws_sdk_s3::types::{CorsRule, S3KeyFilter};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Map, Value, json};

use crate::{clients::Clients, coordinates::Coordinates, description::DESCRIPTION};

type Found<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Returns the differences between a local stack and the description, one line each.
///
/// # Errors
/// When a service does not answer, or does not have a part of the stack at all.
pub async fn differences(stack: &Coordinates) -> Found<Vec<String>> {
    let clients = Clients::root(&stack.region, stack.endpoint.as_deref().ok_or("not a local stack")?);
    let described: Value = serde_json::from_str(DESCRIPTION)?;
    let (functions, table, api, bucket, events, schedule) = tokio::try_join!(
        functions(&clients, stack, &described),
        table(&clients, stack),
        api(&clients, stack),
        bucket(&clients, stack),
        events(&clients, stack),
        schedule(&clients, stack),
    )?;
    let found = json!({
        "table": table,
        "object_prefix": bucket.prefix,
        "functions": functions,
        "routes": api.routes,
        "api_cors": api.cors,
        "bucket_cors": bucket.cors,
        "media_cors": bucket.media_cors,
        "events": {
            "bucket": bucket.events,
            "queue": events.queue,
            "stream": events.stream,
            "schedule": schedule,
            "webhook": events.webhook,
        },
    });
    let mut lines = Vec::new();
    compare("", &in_order(described), &in_order(found), &mut lines);
    if events.dead_removals.is_none() {
        lines.push("/events/stream: found without a queue for records that failed too often".to_owned());
    }
    Ok(lines)
}

/// Sorts every list, because the lists of the description are sets.
fn in_order(mut description: Value) -> Value {
    match &mut description {
        Value::Array(items) => items.sort_by_key(Value::to_string),
        Value::Object(entries) => entries.values_mut().for_each(|entry| *entry = in_order(entry.take())),
        _ => {}
    }
    description
}

fn compare(place: &str, described: &Value, found: &Value, lines: &mut Vec<String>) {
    match (described, found) {
        (Value::Object(described), Value::Object(found)) => {
            let names: std::collections::BTreeSet<&String> = described.keys().chain(found.keys()).collect();
            for name in names {
                let side = |side: &Map<String, Value>| side.get(name).cloned().unwrap_or_default();
                compare(&format!("{place}/{name}"), &side(described), &side(found), lines);
            }
        }
        _ if described == found => {}
        _ => lines.push(format!("{place}: described as {described}, found as {found}")),
    }
}

async fn table(clients: &Clients, stack: &Coordinates) -> Found<Value> {
    let answer = clients.dynamodb.describe_table().table_name(&stack.table).send().await?;
    let table = answer.table.ok_or("no table")?;
    let ttl = clients.dynamodb.describe_time_to_live().table_name(&stack.table).send().await?;
    let attributes: BTreeMap<&str, &str> = table
        .attribute_definitions()
        .iter()
        .map(|attribute| (attribute.attribute_name(), attribute.attribute_type().as_str()))
        .collect();
    let indexes: BTreeMap<&str, Value> = table
        .global_secondary_indexes()
        .iter()
        .map(|index| {
            let (hash, range) =
                (key(index.key_schema(), &KeyType::Hash), key(index.key_schema(), &KeyType::Range));
            (index.index_name().unwrap_or_default(), json!({ "hash_key": hash, "range_key": range }))
        })
        .collect();
    Ok(json!({
        "hash_key": key(table.key_schema(), &KeyType::Hash),
        "attributes": attributes,
        "indexes": indexes,
        "ttl_attribute": ttl.time_to_live_description().and_then(|ttl| ttl.attribute_name()),
        "stream_view": table.stream_specification().and_then(|stream| stream.stream_view_type()).map(StreamViewType::as_str),
    }))
}

fn key(schema: &[KeySchemaElement], kind: &KeyType) -> Option<String> {
    schema
        .iter()
        .find(|element| element.key_type() == kind)
        .map(|element| element.attribute_name().to_owned())
}

struct Api {
    routes: Vec<Value>,
    cors: Value,
}

async fn api(clients: &Clients, stack: &Coordinates) -> Found<Api> {
    let (_, path) = stack.api_url.split_once("execute-api/").ok_or("no API id in its URL")?;
    let id = path.split('/').next().unwrap_or_default();
    let api = clients.api_gateway.get_api().api_id(id).send().await?;
    let cors = api.cors_configuration().ok_or("the API has no CORS")?;
    let integrations = clients.api_gateway.get_integrations().api_id(id).send().await?;
    let functions: BTreeMap<String, String> = integrations
        .items()
        .iter()
        .filter_map(|integration| {
            let (_, name) =
                integration.integration_uri()?.split_once(&format!(":function:{}-", stack.name))?;
            let name = name.split('/').next()?.to_owned();
            Some((format!("integrations/{}", integration.integration_id()?), name))
        })
        .collect();
    let mut routes = Vec::new();
    let mut next = None;
    loop {
        let page = clients.api_gateway.get_routes().api_id(id).set_next_token(next).send().await?;
        routes.extend(page.items().iter().map(|route| described_route(route, &functions)));
        next = page.next_token;
        if next.is_none() {
            break;
        }
    }
    let cors = json!({
        "allow_methods": cors.allow_methods(),
        "allow_headers": cors.allow_headers(),
        "expose_headers": cors.expose_headers(),
        "max_age_s": cors.max_age(),
    });
    Ok(Api { routes, cors })
}

fn described_route(route: &Route, functions: &BTreeMap<String, String>) -> Value {
    json!({
        "key": route.route_key(),
        "function": route.target().and_then(|target| functions.get(target)),
        "authorization": route.authorization_type().map_or("NONE", |kind| kind.as_str()),
    })
}

struct Bucket {
    cors: Value,
    media_cors: Value,
    events: Vec<String>,
    prefix: Option<String>,
}

async fn bucket(clients: &Clients, stack: &Coordinates) -> Found<Bucket> {
    let answer = clients.s3.get_bucket_cors().bucket(&stack.bucket).send().await?;
    // Terraform sends the rules in an order of its own.
    let takes_forms = |rule: &CorsRule| rule.allowed_methods().iter().any(|method| method == "POST");
    let (rule, media) = match answer.cors_rules() {
        [rule, media] if takes_forms(rule) => (rule, media),
        [media, rule] => (rule, media),
        _ => return Err("the bucket has other CORS rules".into()),
    };
    let media_cors = json!({
        "allow_origins": media.allowed_origins(),
        "allow_methods": media.allowed_methods(),
        "allow_headers": media.allowed_headers(),
        "max_age_s": media.max_age_seconds(),
    });
    let cors = json!({
        "allow_methods": rule.allowed_methods(),
        "allow_headers": rule.allowed_headers(),
        "expose_headers": rule.expose_headers(),
        "max_age_s": rule.max_age_seconds(),
    });
    let told = clients.s3.get_bucket_notification_configuration().bucket(&stack.bucket).send().await?;
    let queue = told.queue_configurations().first().ok_or("the bucket notifies no queue")?;
    let filter =
        queue.filter().and_then(|filter| filter.key()).map(S3KeyFilter::filter_rules).unwrap_or_default();
    Ok(Bucket {
        cors,
        media_cors,
        events: queue.events().iter().map(|event| event.as_str().to_owned()).collect(),
        prefix: filter.first().and_then(|rule| rule.value().map(str::to_owned)),
    })
}

async fn functions(clients: &Clients, stack: &Coordinates, described: &Value) -> Found<Value> {
    let mut functions = Map::new();
    let prefix = format!("{}-", stack.name);
    for function in clients.lambda.list_functions().send().await?.functions() {
        let Some(name) = function.function_name().and_then(|name| name.strip_prefix(&prefix)) else {
            continue;
        };
        let variables = function.environment().and_then(|environment| environment.variables());
        let environment: Map<String, Value> = variables
            .into_iter()
            .flatten()
            .map(|(variable, value)| {
                let described = described.pointer(&format!("/functions/{name}/environment/{variable}"));
                (variable.clone(), coordinate(stack, described.and_then(Value::as_str), value))
            })
            .collect();
        let function = json!({ "timeout_s": function.timeout(), "environment": environment });
        functions.insert(name.to_owned(), function);
    }
    Ok(Value::Object(functions))
}

/// Returns `described`, the name that the description has for this value, if the value is the expected one.
/// Otherwise returns the value.
fn coordinate(stack: &Coordinates, described: Option<&str>, value: &str) -> Value {
    let expected = match described {
        Some("table_name") => &stack.table,
        Some("bucket_name") => &stack.bucket,
        Some("files_key_arn") => &stack.files_key_arn,
        Some("upload_signer_role_arn") => &stack.upload_signer_role_arn,
        Some("download_signer_role_arn") => &stack.download_signer_role_arn,
        Some("link_keys") => &format!("1={}", stack.link_key_arn),
        Some("upload_token_keys") => &format!("1={}", stack.upload_token_key_arn),
        Some("link_base_url") => &stack.api_url,
        // The operator chooses the other values, so any value is the expected one.
        Some(_) => value,
        None => "",
    };
    described.filter(|_| value == expected).unwrap_or(value).into()
}

struct Events {
    queue: Value,
    stream: Value,
    webhook: Value,
    dead_removals: Option<String>,
}

/// The attributes of a queue.
struct QueueAttributes {
    max_receive_count: Option<u32>,
    visibility_timeout_s: Value,
    retention_s: Value,
}

async fn events(clients: &Clients, stack: &Coordinates) -> Found<Events> {
    let queue = queue(clients, &stack.queue_url).await?;
    let of_webhooks = format!("{}-webhook", stack.name);
    let of_webhooks = clients.sqs.get_queue_url().queue_name(of_webhooks).send().await?.queue_url;
    let of_webhooks = self::queue(clients, of_webhooks.as_deref().unwrap_or_default()).await?;

    let mappings = clients.lambda.list_event_source_mappings().send().await?;
    let from = |service: &str, function: &str| {
        let (service, function) = (format!(":{service}:"), format!(":{}-{function}", stack.name));
        let mappings = mappings.event_source_mappings();
        let is_from = |mapping: &&EventSourceMappingConfiguration| {
            mapping.event_source_arn().is_some_and(|arn| arn.contains(&service))
                && mapping.function_arn().is_some_and(|arn| arn.ends_with(&function))
        };
        mappings.iter().find(is_from).ok_or_else(|| format!("no mapping of{service} to{function}"))
    };
    let (of_queue, of_stream) = (from("sqs", "record-upload")?, from("dynamodb", "record-upload")?);
    let of_webhook = from("sqs", "send-webhook")?;
    let filter = of_stream.filter_criteria().and_then(|criteria| criteria.filters().first()?.pattern());
    let destination = of_stream.destination_config().and_then(|config| config.on_failure()?.destination());
    Ok(Events {
        dead_removals: destination.map(str::to_owned),
        queue: json!({
            "batch_size": of_queue.batch_size(),
            "batch_window_s": of_queue.maximum_batching_window_in_seconds().unwrap_or_default(),
            "max_receive_count": queue.max_receive_count,
            "visibility_timeout_s": queue.visibility_timeout_s,
            "retention_s": queue.retention_s,
        }),
        webhook: json!({
            "batch_size": of_webhook.batch_size(),
            "max_receive_count": of_webhooks.max_receive_count,
            "visibility_timeout_s": of_webhooks.visibility_timeout_s,
            "retention_s": of_webhooks.retention_s,
        }),
        stream: json!({
            "batch_size": of_stream.batch_size(),
            "starting_position": of_stream.starting_position().map(EventSourcePosition::as_str),
            "maximum_retry_attempts": of_stream.maximum_retry_attempts(),
            "bisect_batch_on_function_error": of_stream.bisect_batch_on_function_error(),
            "filter": serde_json::from_str::<Value>(filter.unwrap_or("null"))?,
        }),
    })
}

async fn queue(clients: &Clients, url: &str) -> Found<QueueAttributes> {
    let request = clients.sqs.get_queue_attributes().queue_url(url);
    let attributes =
        request.attribute_names(QueueAttributeName::All).send().await?.attributes.unwrap_or_default();
    let attribute = |name: &QueueAttributeName| attributes.get(name).map_or("null", String::as_str);
    let number = |name: QueueAttributeName| serde_json::from_str::<Value>(attribute(&name));
    let redrive: Value = serde_json::from_str(attribute(&QueueAttributeName::RedrivePolicy))?;
    let receptions = redrive.get("maxReceiveCount").map(|count| count.to_string().replace('"', ""));
    Ok(QueueAttributes {
        max_receive_count: receptions.and_then(|count| count.parse().ok()),
        visibility_timeout_s: number(QueueAttributeName::VisibilityTimeout)?,
        retention_s: number(QueueAttributeName::MessageRetentionPeriod)?,
    })
}

/// Returns the settings of the schedule, or null if the schedule does not call the recorder.
async fn schedule(clients: &Clients, stack: &Coordinates) -> Found<Value> {
    let schedule = clients.scheduler.get_schedule().name(format!("{}-tidy", stack.name)).send().await?;
    let target = schedule.target().ok_or("a schedule without a target")?;
    if !target.arn().ends_with(&format!(":function:{}-record-upload", stack.name)) {
        return Ok(Value::Null);
    }
    let input: Value = serde_json::from_str(target.input().unwrap_or("null"))?;
    Ok(json!({ "expression": schedule.schedule_expression(), "input": input }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_different_a_missing_and_an_extra_entry_are_named_by_their_place() {
        let described = json!({ "a": { "same": 1, "differs": [1], "lacks": true } });
        let found = json!({ "a": { "same": 1, "differs": [2], "too_many": "x" } });
        let mut lines = Vec::new();
        compare("", &described, &found, &mut lines);
        assert_eq!(
            lines,
            [
                "/a/differs: described as [1], found as [2]",
                "/a/lacks: described as true, found as null",
                "/a/too_many: described as null, found as \"x\"",
            ]
        );
    }
}
