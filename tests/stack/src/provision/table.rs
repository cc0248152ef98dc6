//! The table, with its indexes, its stream and its TTL.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, SseSpecification, SseType, StreamSpecification, StreamViewType,
    TimeToLiveSpecification,
};

use super::{NAME, ProvisionError, Step};
use crate::{clients::Clients, description};

pub(super) struct Table {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) stream_arn: String,
}

pub(super) async fn create(
    clients: &Clients,
    description: &description::Table,
    key_arn: &str,
) -> Result<Table, ProvisionError> {
    const STEP: &str = "create the table";
    let created = clients
        .dynamodb
        .create_table()
        .table_name(NAME)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes(description)?))
        .set_key_schema(Some(vec![key(&description.hash_key, KeyType::Hash)?]))
        .set_global_secondary_indexes(Some(indexes(description)?))
        .stream_specification(
            StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::from(description.stream_view.as_str()))
                .build()
                .step(STEP)?,
        )
        .sse_specification(
            SseSpecification::builder()
                .enabled(true)
                .sse_type(SseType::Kms)
                .kms_master_key_id(key_arn)
                .build(),
        )
        .send()
        .await
        .step(STEP)?
        .table_description
        .step(STEP)?;
    expire_items(clients, &description.ttl_attribute).await?;
    Ok(Table {
        name: NAME.to_owned(),
        arn: created.table_arn.step(STEP)?,
        stream_arn: created.latest_stream_arn.step(STEP)?,
    })
}

async fn expire_items(clients: &Clients, attribute: &str) -> Result<(), ProvisionError> {
    const STEP: &str = "let the table's items expire";
    let specification =
        TimeToLiveSpecification::builder().enabled(true).attribute_name(attribute).build().step(STEP)?;
    clients
        .dynamodb
        .update_time_to_live()
        .table_name(NAME)
        .time_to_live_specification(specification)
        .send()
        .await
        .step(STEP)?;
    Ok(())
}

fn attributes(description: &description::Table) -> Result<Vec<AttributeDefinition>, ProvisionError> {
    description
        .attributes
        .iter()
        .map(|(name, kind)| {
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::from(kind.as_str()))
                .build()
                .step("describe the table's attributes")
        })
        .collect()
}

fn indexes(description: &description::Table) -> Result<Vec<GlobalSecondaryIndex>, ProvisionError> {
    description
        .indexes
        .iter()
        .map(|(name, index)| {
            GlobalSecondaryIndex::builder()
                .index_name(name)
                .key_schema(key(&index.hash_key, KeyType::Hash)?)
                .key_schema(key(&index.range_key, KeyType::Range)?)
                .projection(Projection::builder().projection_type(ProjectionType::All).build())
                .build()
                .step("describe the table's indexes")
        })
        .collect()
}

fn key(attribute: &str, kind: KeyType) -> Result<KeySchemaElement, ProvisionError> {
    KeySchemaElement::builder()
        .attribute_name(attribute)
        .key_type(kind)
        .build()
        .step("describe the table's keys")
}
