//! Users for tests. The deployed stack has no users.

use serde_json::Value;

use super::{NAME, ProvisionError, Step};
use crate::{clients::Clients, policies::Principal};

/// A long-lived access key.
#[derive(Clone)]
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

pub(super) struct User {
    pub(super) principal: Principal,
    pub(super) key: AccessKey,
}

pub(super) async fn create(clients: &Clients, name: &str, policy: Value) -> Result<User, ProvisionError> {
    let step = format!("create the {name}");
    let name = format!("{NAME}-{name}");
    let user = clients.iam.create_user().user_name(&name).send().await.step(&step)?.user.step(&step)?;
    let policy = clients
        .iam
        .put_user_policy()
        .user_name(&name)
        .policy_name("rights")
        .policy_document(policy.to_string());
    policy.send().await.step(&step)?;
    let key = clients.iam.create_access_key().user_name(&name).send().await.step(&step)?;
    let key = key.access_key.step(&step)?;
    Ok(User {
        principal: Principal { arn: user.arn, name },
        key: AccessKey { id: key.access_key_id, secret: key.secret_access_key },
    })
}
