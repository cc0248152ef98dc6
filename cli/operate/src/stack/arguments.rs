//! The arguments that name a stack. Every command has them.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Secret, Stack, StackError, env_file, outputs};

/// The variable from which the JWT is read, if no file is named.
const TOKEN_VARIABLE: &str = "POSTERN_TOKEN";

/// Which stack is meant. Credentials and region come from the AWS SDK's ordinary environment.
#[derive(Debug, Clone, Default, Args)]
pub struct StackArguments {
    /// What `terraform output -json` prints; `-`: standard input.
    #[arg(long, value_name = "FILE")]
    outputs: Option<PathBuf>,

    /// What `cargo dev --env-file FILE` writes.
    #[arg(long, value_name = "FILE", conflicts_with = "outputs")]
    env_file: Option<PathBuf>,

    /// The stack's name, from which the names of functions, queues, roles and table follow.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["outputs", "env_file"])]
    name: Option<String>,

    /// The URL of the API.
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,

    /// The bucket's name.
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,

    /// The table's name.
    #[arg(long, value_name = "NAME")]
    table: Option<String>,

    /// The AWS region.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,

    /// An origin that the CORS rules must allow, such as `https://app.example.com`.
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,

    /// A file with a JWT that the API accepts; `POSTERN_TOKEN` does the same. It is never printed.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl StackArguments {
    /// The arguments that name the file of `cargo dev --env-file`, and nothing else.
    pub fn of_env_file(path: &Path) -> Self {
        Self { env_file: Some(path.to_owned()), ..Self::default() }
    }

    /// Reads the sources and puts them together. `lookup` reads environment variables.
    ///
    /// # Errors
    /// If no source names a stack, or a file cannot be read.
    pub fn read(&self, lookup: impl Fn(&str) -> Option<String>) -> Result<Stack, StackError> {
        let region =
            self.region.clone().or_else(|| lookup("AWS_REGION").or_else(|| lookup("AWS_DEFAULT_REGION")));
        let mut stack = match (&self.outputs, &self.env_file, &self.name) {
            (Some(path), ..) => read_outputs(path)?,
            (None, Some(path), _) => read_env_file(path)?,
            (None, None, Some(name)) => env_file::named(name, region.as_deref()),
            (None, None, None) => return Err(StackError::NoSource),
        };
        if let Some(url) = &self.api_url {
            let url = url.trim_end_matches('/').to_owned();
            stack.api_id = env_file::api_id(&url).or(stack.api_id);
            stack.api_url = Some(url);
        }
        replace(&mut stack.bucket, self.bucket.as_ref());
        replace(&mut stack.table, self.table.as_ref());
        replace(&mut stack.region, self.region.as_ref());
        replace(&mut stack.origin, self.origin.as_ref());
        stack.region = stack.region.or(region);
        stack.endpoint = stack.endpoint.or_else(|| lookup("AWS_ENDPOINT_URL"));
        stack.jwt = match &self.token_file {
            Some(path) => Some(Secret::new(&text(path)?)),
            None => lookup(TOKEN_VARIABLE).as_deref().map(Secret::new).or(stack.jwt),
        };
        Ok(stack)
    }
}

fn replace(value: &mut Option<String>, by: Option<&String>) {
    if let Some(by) = by {
        *value = Some(by.clone());
    }
}

fn read_outputs(path: &Path) -> Result<Stack, StackError> {
    let name = path.display().to_string();
    let json = serde_json::from_str(&text(path)?).map_err(|error| StackError::NoJson(name.clone(), error))?;
    outputs::read(&json).ok_or(StackError::NoOutputs(name))
}

fn read_env_file(path: &Path) -> Result<Stack, StackError> {
    env_file::read(&text(path)?).ok_or_else(|| StackError::NoVariables(path.display().to_string()))
}

fn text(path: &Path) -> Result<String, StackError> {
    let read = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    read.map_err(|error| StackError::Unreadable(path.display().to_string(), error))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn flags_replace_what_the_name_says() {
        let arguments = StackArguments {
            name: Some("postern".to_owned()),
            api_url: Some("https://a1.execute-api.eu-central-1.amazonaws.com/".to_owned()),
            bucket: Some("files".to_owned()),
            ..StackArguments::default()
        };
        let lookup = |name: &str| (name == "AWS_REGION").then(|| "eu-west-1".to_owned());
        let stack = arguments.read(lookup).unwrap();
        assert_eq!(stack.api_id.as_deref(), Some("a1"));
        assert_eq!(stack.bucket.as_deref(), Some("files"));
        assert_eq!(stack.roles["serve-link"], "postern-eu-west-1-serve-link");
        assert!(!stack.is_local());
    }

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        stack: StackArguments,
    }

    #[test]
    fn a_name_beside_a_file_is_refused() {
        let parsed = |line: &str| Line::try_parse_from(line.split(' '));
        for file in ["--outputs", "--env-file"] {
            let error = parsed(&format!("postern --name other {file} file")).unwrap_err();
            assert_eq!(error.kind(), clap::error::ErrorKind::ArgumentConflict, "{file}");
            parsed(&format!("postern {file} file --bucket files")).unwrap();
        }
    }

    #[test]
    fn without_a_source_no_stack_is_known() {
        assert!(matches!(StackArguments::default().read(|_| None), Err(StackError::NoSource)));
    }
}
