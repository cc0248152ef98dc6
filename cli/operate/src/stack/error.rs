//! Why a stack is not known.

/// The sources of a stack cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// No source was given.
    #[error("no stack is named: give --outputs FILE, --env-file FILE, or --name NAME with --api-url URL")]
    NoSource,
    /// A file cannot be read.
    #[error("failed to read {0}: {1}")]
    Unreadable(String, #[source] std::io::Error),
    /// The outputs are no JSON.
    #[error("{0} is not what `terraform output -json` prints: {1}")]
    NoJson(String, #[source] serde_json::Error),
    /// JSON without the module's outputs.
    #[error(
        "{0} has no outputs of the module. Run `terraform output -json` where `output \"postern\" {{ value = module.postern }}` is"
    )]
    NoOutputs(String),
    /// A file without the variables of `cargo dev --env-file`.
    #[error(
        "{0} has no line `export POSTERN_TEST_API_URL=…`: `cargo dev --env-file FILE` writes such a file"
    )]
    NoVariables(String),
}
