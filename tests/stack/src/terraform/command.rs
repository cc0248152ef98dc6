//! Runs Terraform in a folder of its own, which has a copy of the module, the state and the plugins. So
//! Terraform writes nothing beside the sources, and two runs do not disturb each other.
//!
//! The output is shown only with an error.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use serde_json::Value;

use super::TerraformError;
use super::cli::{INIT, is_foreign, last_lines};
use super::provider::find_provider;

const END_WITH_CALLER: &str = include_str!("../../end_with_caller.py");

/// The configuration that applies the module to a local AWS.
const ROOT: &str = "terraform/tests/local";

/// A copy of the module that Terraform works on.
#[derive(Debug)]
pub(crate) struct Terraform {
    python: PathBuf,
    folder: PathBuf,
}

impl Terraform {
    /// Copies the module and runs `terraform init`, which finds the provider.
    ///
    /// # Errors
    /// [`TerraformError::Missing`] and [`TerraformError::NoProvider`] if this machine lacks them.
    /// Another error if the copy fails, or if Terraform cannot initialize the module.
    pub(crate) async fn prepare(python: &Path, folder: PathBuf) -> Result<Self, TerraformError> {
        find_provider()?;
        copy_module(&folder).map_err(TerraformError::Copy)?;
        let terraform = Self { python: python.to_owned(), folder };
        terraform.run(&INIT).await?;
        Ok(terraform)
    }

    /// Moves the folder to another place on the same file system.
    pub(crate) fn move_to(&mut self, folder: PathBuf) -> Result<(), TerraformError> {
        fs::rename(&self.folder, &folder).map_err(TerraformError::Copy)?;
        self.folder = folder;
        Ok(())
    }

    /// Sets the variables of the root module for all later commands.
    pub(crate) fn set(&self, variables: &Value) -> Result<(), TerraformError> {
        let file = self.root().join("terraform.tfvars.json");
        fs::write(file, variables.to_string()).map_err(TerraformError::Copy)
    }

    /// Runs a command that must succeed.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<String, TerraformError> {
        let output = self.output(arguments).await?;
        let step = || arguments.first().copied().unwrap_or_default().to_owned();
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(TerraformError::Failed { step: step(), log: last_lines(&output) })
        }
    }

    /// Runs a command that must succeed, and parses its output as JSON.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Result<Value, TerraformError> {
        serde_json::from_str(&self.run(arguments).await?).map_err(TerraformError::Answer)
    }

    async fn output(&self, arguments: &[&str]) -> Result<Output, TerraformError> {
        let script = self.folder.join("end_with_caller.py");
        let mut command = tokio::process::Command::new(&self.python);
        for (variable, _) in
            std::env::vars_os().filter(|(variable, _)| is_foreign(variable.as_encoded_bytes()))
        {
            command.env_remove(variable);
        }
        let mut child = command
            .arg(script)
            .arg("terraform")
            .args(arguments)
            .current_dir(self.root())
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            // With a process group of its own, Terraform gets no Ctrl-C.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(TerraformError::Run)?;
        // `end_with_caller.py` kills Terraform and its provider when this pipe closes, so it must stay open until they
        // end.
        let held = child.stdin.take();
        let output = child.wait_with_output().await.map_err(TerraformError::Run);
        drop(held);
        output
    }

    fn root(&self) -> PathBuf {
        self.folder.join(ROOT)
    }
}

fn copy_module(folder: &Path) -> io::Result<()> {
    let source = crate::workspace().join("terraform");
    for part in ["", "tests/local"] {
        let (from, to) = (source.join(part), folder.join("terraform").join(part));
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(from)? {
            let path = entry?.path();
            let wanted = path.extension().is_some_and(|extension| extension == "tf" || extension == "json");
            if let (true, Some(name)) = (wanted, path.file_name()) {
                fs::copy(&path, to.join(name))?;
            }
        }
    }
    fs::write(folder.join("end_with_caller.py"), END_WITH_CALLER)
}
