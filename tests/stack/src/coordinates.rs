//! The addresses and credentials of a running stack. They can be a struct, environment variables, or a file
//! that a shell reads.
//!
//! The stack need not be local. The same variables describe a stack that Terraform applied on an emulator or
//! in an AWS account.

use std::{fmt, fs, io, io::Write, path::Path};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;

use crate::clients;

/// The prefix of the name of every environment variable.
pub const PREFIX: &str = "POSTERN_TEST_";

/// Everything that a test needs to know of a stack. `Debug` shows no credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Coordinates {
    /// The URL of the API, without a slash at the end.
    pub api_url: String,
    /// A valid JWT.
    pub jwt: String,
    /// A valid JWT of another user.
    pub stranger_jwt: String,
    /// An origin that the CORS rules of the API and of the bucket allow.
    pub origin: String,
    /// AWS region.
    pub region: String,
    /// The endpoint of the AWS APIs; `None` for AWS itself.
    pub endpoint: Option<String>,
    /// The prefix of the functions' names: `<name>-issue-upload`.
    pub name: String,
    /// The bucket's name.
    pub bucket: String,
    /// The table's name.
    pub table: String,
    /// The queue of the bucket's events.
    pub queue_url: String,
    /// The queue of messages that failed too often.
    pub dead_letter_queue_url: String,
    /// The key that encrypts files.
    pub files_key_arn: String,
    /// The key from which the secret of links is derived.
    pub link_key_arn: String,
    /// The key from which the secret of upload tokens is derived.
    pub upload_token_key_arn: String,
    /// The role that signs forms.
    pub upload_signer_role_arn: String,
    /// The role that signs the URLs to which links redirect.
    pub download_signer_role_arn: String,
    /// A user who may read the table, the bucket, the queues and the logs, and change nothing.
    pub observer: Keys,
    /// A user whose own policy allows access to the uploads. The bucket's policy denies this access.
    pub outsider: Keys,
}

/// Credentials. `Debug` shows only the id.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// Access key id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
}

/// The environment has only some of a stack's variables.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("read the stack's coordinates: {PREFIX}API_URL is set but {0} is not")]
pub struct MissingVariable(pub String);

impl Keys {
    /// Returns the credentials of the root user of the local AWS's account. No policy applies to the root
    /// user. Tests use it where an administrator would act.
    pub fn root() -> Self {
        Self { access_key_id: "test".to_owned(), secret_access_key: "test".to_owned(), session_token: None }
    }
}

impl Coordinates {
    /// Returns the full name of a role of the stack. `role` is its short name, such as `record-upload` or
    /// `upload-signer`.
    pub fn role_name(&self, role: &str) -> String {
        format!("{}-{}-{role}", self.name, self.region)
    }

    /// Reads the coordinates from the environment. Returns `None` if the environment names no stack.
    ///
    /// # Errors
    /// When only some of the variables are set.
    pub fn from_env() -> Result<Option<Self>, MissingVariable> {
        Self::from_lookup(|variable| std::env::var(variable).ok())
    }

    /// Reads the coordinates from any source of variables. Returns `None` if the source names no stack.
    ///
    /// # Errors
    /// When only some of the variables are set.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, MissingVariable> {
        let optional = |name: &str| lookup(&format!("{PREFIX}{name}")).filter(|value| !value.is_empty());
        let required = |name: &str| optional(name).ok_or_else(|| MissingVariable(format!("{PREFIX}{name}")));
        let keys = |who: &str| {
            Ok(Keys {
                access_key_id: required(&format!("{who}_ACCESS_KEY_ID"))?,
                secret_access_key: required(&format!("{who}_SECRET_ACCESS_KEY"))?,
                session_token: optional(&format!("{who}_SESSION_TOKEN")),
            })
        };
        let Some(api_url) = optional("API_URL") else { return Ok(None) };
        Ok(Some(Self {
            api_url,
            jwt: required("JWT")?,
            stranger_jwt: required("STRANGER_JWT")?,
            origin: required("ORIGIN")?,
            region: required("REGION")?,
            endpoint: optional("ENDPOINT"),
            name: required("NAME")?,
            bucket: required("BUCKET")?,
            table: required("TABLE")?,
            queue_url: required("QUEUE_URL")?,
            dead_letter_queue_url: required("DEAD_LETTER_QUEUE_URL")?,
            files_key_arn: required("FILES_KEY_ARN")?,
            link_key_arn: required("LINK_KEY_ARN")?,
            upload_token_key_arn: required("UPLOAD_TOKEN_KEY_ARN")?,
            upload_signer_role_arn: required("UPLOAD_SIGNER_ROLE_ARN")?,
            download_signer_role_arn: required("DOWNLOAD_SIGNER_ROLE_ARN")?,
            observer: keys("OBSERVER")?,
            outsider: keys("OUTSIDER")?,
        }))
    }

    /// The variables, in the order of the struct.
    pub fn variables(&self) -> Vec<(String, String)> {
        let named = [
            ("API_URL", Some(&self.api_url)),
            ("JWT", Some(&self.jwt)),
            ("STRANGER_JWT", Some(&self.stranger_jwt)),
            ("ORIGIN", Some(&self.origin)),
            ("REGION", Some(&self.region)),
            ("ENDPOINT", self.endpoint.as_ref()),
            ("NAME", Some(&self.name)),
            ("BUCKET", Some(&self.bucket)),
            ("TABLE", Some(&self.table)),
            ("QUEUE_URL", Some(&self.queue_url)),
            ("DEAD_LETTER_QUEUE_URL", Some(&self.dead_letter_queue_url)),
            ("FILES_KEY_ARN", Some(&self.files_key_arn)),
            ("LINK_KEY_ARN", Some(&self.link_key_arn)),
            ("UPLOAD_TOKEN_KEY_ARN", Some(&self.upload_token_key_arn)),
            ("UPLOAD_SIGNER_ROLE_ARN", Some(&self.upload_signer_role_arn)),
            ("DOWNLOAD_SIGNER_ROLE_ARN", Some(&self.download_signer_role_arn)),
            ("OBSERVER_ACCESS_KEY_ID", Some(&self.observer.access_key_id)),
            ("OBSERVER_SECRET_ACCESS_KEY", Some(&self.observer.secret_access_key)),
            ("OBSERVER_SESSION_TOKEN", self.observer.session_token.as_ref()),
            ("OUTSIDER_ACCESS_KEY_ID", Some(&self.outsider.access_key_id)),
            ("OUTSIDER_SECRET_ACCESS_KEY", Some(&self.outsider.secret_access_key)),
            ("OUTSIDER_SESSION_TOKEN", self.outsider.session_token.as_ref()),
        ];
        named
            .into_iter()
            .filter_map(|(name, value)| Some((format!("{PREFIX}{name}"), value?.clone())))
            .collect()
    }

    /// Writes the variables to a file that a shell reads with `.`. Only the owner of the file may read it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        // The mode above applies only to a new file.
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        for (name, value) in self.variables() {
            writeln!(file, "export {name}='{}'", value.replace('\'', r"'\''"))?;
        }
        Ok(())
    }

    /// Returns a configuration for AWS clients that use `keys`.
    pub fn sdk_config(&self, keys: &Keys) -> SdkConfig {
        let credentials = Credentials::new(
            &keys.access_key_id,
            &keys.secret_access_key,
            keys.session_token.clone(),
            None,
            "the stack's coordinates",
        );
        clients::sdk_config(&self.region, self.endpoint.as_deref(), credentials)
    }
}

impl fmt::Debug for Coordinates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Coordinates")
            .field("api_url", &self.api_url)
            .field("endpoint", &self.endpoint)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keys").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, os::unix::fs::PermissionsExt, process::Command};

    use super::*;

    fn coordinates() -> Coordinates {
        let keys = |who: &str| Keys {
            access_key_id: format!("AKIA{who}"),
            secret_access_key: format!("secret of {who}"),
            session_token: None,
        };
        Coordinates {
            api_url: "http://127.0.0.1:1/_aws/execute-api/a1/$default".to_owned(),
            jwt: "the.jwt".to_owned(),
            stranger_jwt: "strange.jwt".to_owned(),
            origin: "http://127.0.0.1:2".to_owned(),
            region: "eu-central-1".to_owned(),
            endpoint: Some("http://127.0.0.1:1".to_owned()),
            name: "it's \"quoted\" $HOME `id` \\".to_owned(),
            bucket: "bucket".to_owned(),
            table: "table".to_owned(),
            queue_url: "http://127.0.0.1:1/0/q".to_owned(),
            dead_letter_queue_url: "http://127.0.0.1:1/0/dead".to_owned(),
            files_key_arn: "arn:files".to_owned(),
            link_key_arn: "arn:links".to_owned(),
            upload_token_key_arn: "arn:upload-tokens".to_owned(),
            upload_signer_role_arn: "arn:up".to_owned(),
            download_signer_role_arn: "arn:down".to_owned(),
            observer: keys("observer"),
            outsider: Keys { session_token: Some("token\nof two lines".to_owned()), ..keys("outsider") },
        }
    }

    #[test]
    fn a_shell_reads_the_written_variables_and_only_the_owner_may_read_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("env");
        fs::write(&path, "older and wider open").unwrap();
        coordinates().write(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        let script = format!(". '{}'; env -0", path.display());
        let output = Command::new("sh")
            .arg("-c")
            .arg(script)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .output()
            .unwrap();
        let read: BTreeMap<String, String> = String::from_utf8(output.stdout)
            .unwrap()
            .split('\0')
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let back = Coordinates::from_lookup(|variable| read.get(variable).cloned()).unwrap().unwrap();
        assert!(back == coordinates());
    }

    #[test]
    fn no_api_url_is_no_stack_and_an_api_url_without_a_jwt_is_an_error() {
        assert_eq!(Coordinates::from_lookup(|_| None), Ok(None));
        let lookup = |variable: &str| (variable == "POSTERN_TEST_API_URL").then(|| "https://api".to_owned());
        assert_eq!(Coordinates::from_lookup(lookup), Err(MissingVariable("POSTERN_TEST_JWT".to_owned())));
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?} {:?}", coordinates(), coordinates().observer);
        assert!(!shown.contains("jwt") && !shown.contains("secret of"), "{shown}");
    }
}
