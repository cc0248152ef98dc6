//! Whether this machine has Terraform and its provider.

use std::{fs, process::Command};

use super::TerraformError;
use super::cli::{INIT, PROVIDER, is_foreign, last_lines};

/// Initializes a configuration that needs only the provider, in a folder of its own.
///
/// # Errors
/// [`TerraformError::Missing`] and [`TerraformError::NoProvider`] if this machine does not have them.
/// [`TerraformError::Failed`] for every other failure, for which no test may be skipped.
pub fn find_provider() -> Result<(), TerraformError> {
    let found = Command::new("terraform").arg("-version").env("CHECKPOINT_DISABLE", "1").output();
    found.map_err(TerraformError::Missing)?;
    let folder = tempfile::tempdir().map_err(TerraformError::Copy)?;
    let source = crate::workspace().join(PROVIDER).join("main.tf");
    fs::copy(source, folder.path().join("main.tf")).map_err(TerraformError::Copy)?;
    let mut init = Command::new("terraform");
    init.args(INIT).current_dir(folder.path()).env("CHECKPOINT_DISABLE", "1");
    for (variable, _) in std::env::vars_os() {
        if is_foreign(variable.as_encoded_bytes()) {
            init.env_remove(variable);
        }
    }
    let output = init.output().map_err(TerraformError::Run)?;
    if output.status.success() { Ok(()) } else { Err(why(last_lines(&output))) }
}

fn why(said: String) -> TerraformError {
    match finds_no_provider(&said) {
        true => TerraformError::NoProvider(said),
        false => TerraformError::Failed { step: "init".to_owned(), log: said },
    }
}

/// Whether `terraform init` failed only because it cannot find the provider. If Terraform's configuration
/// file is broken, Terraform does not see the mirror that the file names. Then its output also mentions the
/// file.
fn finds_no_provider(said: &str) -> bool {
    said.contains("Failed to query available provider packages")
        && !said.contains("problems with the CLI configuration")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_missing_provider_makes_the_test_skippable() {
        for (said, is_unavailable) in [
            ("Error: Failed to query available provider packages\n\nCould not retrieve the list", true),
            (
                "There are some problems with the CLI configuration:\n\nError: Failed to query available \
                 provider packages",
                false,
            ),
            ("Error: Unsupported Terraform Core version", false),
            ("Error: Failed to install provider\n\nmkdir /nowhere: no such file or directory", false),
            ("Error: Unclosed configuration block", false),
            ("", false),
        ] {
            assert_eq!(why(said.to_owned()).is_unavailable(), is_unavailable, "{said}");
        }
    }
}
