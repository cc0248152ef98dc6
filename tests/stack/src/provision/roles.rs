//! Six roles: what each function runs as, and the two that sign. The schedule makes its own.

use serde_json::Value;

use super::{NAME, ProvisionError, Step};
use crate::{
    clients::Clients,
    policies::{self, Principal, Resources},
};

/// Role chaining grants an hour at most, whatever is asked for.
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
    /// Creates them without any rights.
    pub(super) async fn create(clients: &Clients, account: &str) -> Result<Self, ProvisionError> {
        let lambda = policies::trust_of_lambda(account);
        let (issue_upload, record_upload, serve_link, send_webhook) = tokio::try_join!(
            role(clients, "issue-upload", &lambda),
            role(clients, "record-upload", &lambda),
            role(clients, "serve-link", &lambda),
            role(clients, "send-webhook", &lambda),
        )?;
        let (for_issue, for_serve) =
            (policies::trust_of_role(&issue_upload.arn), policies::trust_of_role(&serve_link.arn));
        let (upload_signer, download_signer) = tokio::try_join!(
            role(clients, "upload-signer", &for_issue),
            role(clients, "download-signer", &for_serve),
        )?;
        Ok(Self { issue_upload, record_upload, serve_link, send_webhook, upload_signer, download_signer })
    }

    /// Gives each one what it needs.
    pub(super) async fn allow(&self, clients: &Clients, resources: &Resources) -> Result<(), ProvisionError> {
        // A function carries the name of its role.
        let (issue, record, serve) =
            (&self.issue_upload.name, &self.record_upload.name, &self.serve_link.name);
        tokio::try_join!(
            put(clients, &self.issue_upload, policies::roles::issue_upload(resources, issue)),
            put(clients, &self.record_upload, policies::roles::record_upload(resources, record)),
            put(clients, &self.serve_link, policies::roles::serve_link(resources, serve)),
            put(
                clients,
                &self.send_webhook,
                policies::roles::send_webhook(resources, &self.send_webhook.name)
            ),
            put(clients, &self.upload_signer, policies::roles::upload_signer(resources)),
            put(clients, &self.download_signer, policies::roles::download_signer(resources)),
        )?;
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

pub(super) async fn role(clients: &Clients, name: &str, trust: &Value) -> Result<Principal, ProvisionError> {
    let step = format!("create the role {name}");
    let name = format!("{NAME}-{name}");
    let created = clients
        .iam
        .create_role()
        .role_name(&name)
        .assume_role_policy_document(trust.to_string())
        .max_session_duration(MAX_SESSION_S)
        .send()
        .await
        .step(&step)?;
    Ok(Principal { arn: created.role.step(&step)?.arn, name })
}

pub(super) async fn put(clients: &Clients, role: &Principal, policy: Value) -> Result<(), ProvisionError> {
    clients
        .iam
        .put_role_policy()
        .role_name(&role.name)
        .policy_name("rights")
        .policy_document(policy.to_string())
        .send()
        .await
        .step(format!("give {} its rights", role.name))?;
    Ok(())
}
