//! Lists what exists in a local AWS. It asks the services, not Terraform's state.

use std::{path::Path, process::Stdio};

use super::TerraformError;
use crate::server::REGION;

const REMAINS: &str = include_str!("../../remains.py");

/// Returns one line for each resource.
pub(super) async fn list(python: &Path, endpoint: &str) -> Result<Vec<String>, TerraformError> {
    let output = tokio::process::Command::new(python)
        .args(["-c", REMAINS, endpoint, REGION])
        .env_clear()
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(TerraformError::Run)?;
    if !output.status.success() {
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(TerraformError::Failed { step: "destroy, and look for what is left".to_owned(), log });
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// Checks that nothing remains.
pub(super) async fn none(python: &Path, endpoint: &str) -> Result<(), TerraformError> {
    let left = list(python, endpoint).await?;
    if left.is_empty() { Ok(()) } else { Err(TerraformError::Remains(left.join("\n"))) }
}
