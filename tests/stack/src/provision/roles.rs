//! Six roles: one for each function, and two signers. `schedule` makes its own role.

use futures::future::try_join_all;

use super::{ProvisionError, Step};
use crate::{
    clients::Clients,
    policies::{Policies, Principal},
};

/// The longest session that AWS gives to a role that another role assumes.
const MAX_SESSION_S: i32 = 3600;

#[derive(Debug)]
pub(super) struct Roles {
    pub(super) issue_upload: Principal,
    pub(super) record_upload: Principal,
    pub(super) serve_link: Principal,
    pub(super) send_webhook: Principal,
    pub(super) upload_signer: Principal,
    pub(super) download_signer: Principal,
}

impl Roles {
    /// Creates the roles without policies.
    pub(super) async fn create(clients: &Clients, policies: &Policies) -> Result<Self, ProvisionError> {
        let (issue_upload, record_upload, serve_link, send_webhook) = tokio::try_join!(
            role(clients, policies, "aws_iam_role.function[\"issue-upload\"]"),
            role(clients, policies, "aws_iam_role.function[\"record-upload\"]"),
            role(clients, policies, "aws_iam_role.function[\"serve-link\"]"),
            role(clients, policies, "aws_iam_role.function[\"send-webhook\"]"),
        )?;
        // The signers come second, because their trust policies name roles of functions.
        let (upload_signer, download_signer) = tokio::try_join!(
            role(clients, policies, "aws_iam_role.signer[\"upload\"]"),
            role(clients, policies, "aws_iam_role.signer[\"download\"]"),
        )?;
        Ok(Self { issue_upload, record_upload, serve_link, send_webhook, upload_signer, download_signer })
    }

    /// Gives each of these roles its policy.
    pub(super) async fn allow(&self, clients: &Clients, policies: &Policies) -> Result<(), ProvisionError> {
        let roles = [
            &self.issue_upload,
            &self.record_upload,
            &self.serve_link,
            &self.send_webhook,
            &self.upload_signer,
            &self.download_signer,
        ];
        try_join_all(roles.map(|role| allow(clients, policies, role))).await?;
        Ok(())
    }

    /// The role of a function, by the name of its binary.
    pub(super) fn of_function(&self, function: &str) -> Result<&Principal, ProvisionError> {
        match function {
            "issue-upload" => Ok(&self.issue_upload),
            "record-upload" => Ok(&self.record_upload),
            "serve-link" => Ok(&self.serve_link),
            "send-webhook" => Ok(&self.send_webhook),
            _ => Err("this function of the description has no role here").step(format!("create {function}")),
        }
    }
}

/// Creates the role at an address of the module, without a policy.
pub(super) async fn role(
    clients: &Clients,
    policies: &Policies,
    address: &str,
) -> Result<Principal, ProvisionError> {
    let step = format!("create {address}");
    let rendered = policies.role(address).step(&step)?;
    let created = clients
        .iam
        .create_role()
        .role_name(&rendered.name)
        .assume_role_policy_document(rendered.trust.to_string())
        .max_session_duration(MAX_SESSION_S)
        .send()
        .await
        .step(&step)?;
    Ok(Principal { arn: created.role.step(&step)?.arn, name: rendered.name })
}

/// Gives a role its policy.
pub(super) async fn allow(
    clients: &Clients,
    policies: &Policies,
    role: &Principal,
) -> Result<(), ProvisionError> {
    let step = format!("give {} its rights", role.name);
    clients
        .iam
        .put_role_policy()
        .role_name(&role.name)
        .policy_name("rights")
        .policy_document(policies.rights(&role.name).step(&step)?.to_string())
        .send()
        .await
        .step(&step)?;
    Ok(())
}
