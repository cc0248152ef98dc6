//! The real table keeps the contract that the world in memory keeps.

use acceptance::{shared, skipped};
use postern::aws::Table;
use stack::Keys;

#[tokio::test]
async fn the_table_keeps_the_contract() {
    let stack = &shared().coordinates;
    if shared().local.is_none() {
        return skipped("the contract of the table", "only a local stack lets a test write into its table");
    }
    let root = Keys { access_key_id: "test".into(), secret_access_key: "test".into(), session_token: None };
    let seed = uuid::Uuid::new_v4().as_bytes()[0];
    postern::contract::keeps_the_contract(&Table::new(&stack.sdk_config(&root), &stack.table), seed).await;
}
