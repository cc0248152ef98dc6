//! What all calls of Terraform share: arguments, environment variables, and the lines to keep of the output.

use std::process::Output;

/// A configuration that needs only the provider.
pub(super) const PROVIDER: &str = "terraform/tests/provider";

/// The arguments of `terraform init`.
pub(super) const INIT: [&str; 3] = ["init", "-input=false", "-no-color"];

/// Prefixes of environment variables that configure Terraform or AWS for other work of the user.
const FOREIGN: [&str; 5] = ["AWS_", "TF_VAR_", "TF_CLI_ARGS", "TF_DATA_DIR", "TF_WORKSPACE"];

/// Whether a variable of the environment must not reach Terraform.
pub(super) fn is_foreign(variable: &[u8]) -> bool {
    FOREIGN.iter().any(|prefix| variable.starts_with(prefix.as_bytes()))
}

/// Returns the last lines of the output, with standard error last.
pub(super) fn last_lines(output: &Output) -> String {
    const TAIL_LINES: usize = 60;
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.trim().lines().collect();
    lines.split_at(lines.len().saturating_sub(TAIL_LINES)).1.join("\n")
}
