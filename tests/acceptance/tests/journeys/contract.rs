//! Runs the contract suite of the record store against a table of DynamoDB.

use acceptance::{shared, skipped};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{BillingMode, GlobalSecondaryIndex};
use postern_aws::Table;
use stack::Keys;
use tokio::sync::OnceCell;

/// Makes a table with the keys and indexes of the stack's table. No recorder reads its stream.
pub async fn empty_copy(client: &Client, table: &str) -> String {
    let name = format!("{table}-copy-{}", uuid::Uuid::new_v4());
    let described = client.describe_table().table_name(table).send().await.unwrap().table.unwrap();
    let index = |index: aws_sdk_dynamodb::types::GlobalSecondaryIndexDescription| {
        GlobalSecondaryIndex::builder()
            .set_index_name(index.index_name)
            .set_key_schema(index.key_schema)
            .set_projection(index.projection)
            .build()
            .unwrap()
    };
    let indexes = described.global_secondary_indexes.unwrap_or_default().into_iter().map(index).collect();
    client
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(described.attribute_definitions)
        .set_key_schema(described.key_schema)
        .set_global_secondary_indexes(Some(indexes))
        .send()
        .await
        .unwrap();
    name
}

/// Returns the table that all contract tests share. Each of them uses its own ids.
async fn table() -> Option<Table> {
    static COPY: OnceCell<String> = OnceCell::const_new();
    if shared().local.is_none() {
        skipped("the contract of the table", "only a local stack lets a test write into a table");
        return None;
    }
    let stack = &shared().coordinates;
    let root = Keys { access_key_id: "test".into(), secret_access_key: "test".into(), session_token: None };
    let sdk = stack.sdk_config(&root);
    let name = COPY.get_or_init(async || empty_copy(&Client::new(&sdk), &stack.table).await).await;
    Some(Table::new(&sdk, name.clone()))
}

postern::contract_tests!(table);
