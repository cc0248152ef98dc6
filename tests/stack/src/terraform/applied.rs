//! Applies and destroys a stack with Terraform.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{TerraformError, command::Terraform, plan, remains};
use crate::{
    binaries::{self, Archives, BinariesError},
    coordinates::{Coordinates, Keys},
    description::Description,
    issuer::{AUDIENCE, Issuer},
    provision::NAME,
    proxy::Proxy,
    python,
    server::{REGION, Server},
    stack::{Options, STRANGER, SUBJECT, Stack, StartError, blocking},
    steps::Steps,
    workspace::stack_folder,
};

/// More than Terraform's default of 10. During an apply the provider mostly waits, and a local AWS does not
/// throttle.
const PARALLELISM: &str = "-parallelism=30";

/// A running stack that Terraform made. Dropping it stops the local AWS, as with [`Stack`].
#[derive(Debug)]
pub struct Applied {
    stack: Stack,
    terraform: Terraform,
    outputs: Value,
    python: PathBuf,
    steps: Steps,
}

impl Applied {
    /// Builds the functions, starts the emulator and applies the module to it. The option for the visibility
    /// timeout is ignored, because the module sets it.
    ///
    /// # Errors
    /// If a part fails; see [`StartError::is_unavailable`] for machines without Terraform.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { origins, visibility_timeout_s: _, steps } = options;
        let names: Vec<String> = Description::load()?.functions.into_keys().collect();
        let folder = stack_folder();

        let interpreter = {
            let folder = folder.clone();
            blocking(move || python::interpreter(&folder))
        };
        let python = steps.run_talking("the emulator's Python environment", interpreter).await?;
        // Terraform is prepared first, because this fails on a machine without Terraform.
        let scratch = tempfile::Builder::new().prefix("terraform-").tempdir_in(&folder);
        let scratch = scratch.map_err(TerraformError::Copy)?;
        let prepared = Terraform::prepare(&python, scratch.path().to_owned());
        let mut terraform = steps.run("terraform init", prepared).await?;

        let proxy = Proxy::bind().map_err(StartError::Proxy)?;
        let endpoint = proxy.url();
        let (server, issuer, archives) = tokio::try_join!(
            steps.run("start the emulator", async {
                Server::start(&python, &folder, &endpoint).await.map_err(StartError::from)
            }),
            steps.run("start the issuer of tokens", blocking(Issuer::start)),
            steps.build("build and pack the functions", |building| {
                let folder = folder.clone();
                blocking(move || binaries::archives(&names, &folder, &building))
            }),
        )?;
        let proxy = proxy.serve(server.endpoint()).map_err(StartError::Proxy)?;

        terraform.move_to(server.folder().join("module"))?;
        let packages = server.folder().join("packages");
        write_packages(&packages, &archives)?;
        terraform.set(&variables(&endpoint, &issuer, &packages, &origins))?;
        let apply = terraform.run(&["apply", "-auto-approve", "-input=false", "-no-color", PARALLELISM]);
        steps.run("terraform apply", apply).await?;
        let outputs = terraform.json(&["output", "-json"]).await?;
        let origin = origins.into_iter().next().unwrap_or_default();
        let coordinates = coordinates(&outputs, &endpoint, &issuer, origin)?;
        Ok(Self { stack: Stack { server, proxy, issuer, coordinates }, terraform, outputs, python, steps })
    }

    /// The stack.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// What `terraform output -json` printed after the apply.
    pub fn outputs(&self) -> &Value {
        &self.outputs
    }

    /// Plans again. Returns the changes that the plan has only because of known gaps of the local AWS.
    ///
    /// # Errors
    /// [`TerraformError::Drift`] if the plan has any other change.
    pub async fn plan_again(&self) -> Result<Vec<String>, TerraformError> {
        self.steps.run("terraform plan, which must be empty", plan::again(&self.terraform)).await
    }

    /// Destroys everything, lists what still exists in the local AWS, and stops it.
    ///
    /// # Errors
    /// [`TerraformError::Remains`] if anything remains except keys whose deletion is scheduled.
    pub async fn destroy(self) -> Result<(), TerraformError> {
        let Self { stack, terraform, outputs: _, python, steps } = self;
        let destroy = terraform.run(&[
            "destroy",
            "-auto-approve",
            "-refresh=false",
            "-input=false",
            "-no-color",
            PARALLELISM,
        ]);
        steps.run("terraform destroy", destroy).await?;
        let look = remains::none(&python, stack.server().endpoint());
        steps.run("look for what is left", look).await?;
        stack.stop();
        Ok(())
    }

    /// Returns what exists in the local AWS, one line each.
    ///
    /// # Errors
    /// If a service does not answer.
    pub async fn holdings(&self) -> Result<Vec<String>, TerraformError> {
        remains::list(&self.python, self.stack.server().endpoint()).await
    }
}

fn write_packages(folder: &Path, archives: &Archives) -> Result<(), BinariesError> {
    for (name, archive) in archives {
        let path = folder.join(name).join("bootstrap.zip");
        let written = fs::create_dir_all(folder.join(name)).and_then(|()| fs::write(&path, archive));
        written.map_err(|source| BinariesError::Write { path, source })?;
    }
    Ok(())
}

fn variables(endpoint: &str, issuer: &Issuer, packages: &Path, origins: &[String]) -> Value {
    json!({
        "endpoint": endpoint,
        "region": REGION,
        "name": NAME,
        "jwt_issuer": issuer.url(),
        "jwt_audience": AUDIENCE,
        "packages_dir": packages,
        "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" },
        "origins": origins,
        "alarms": true,
    })
}

fn coordinates(
    outputs: &Value,
    endpoint: &str,
    issuer: &Issuer,
    origin: String,
) -> Result<Coordinates, StartError> {
    let text = |pointer: &str| {
        let found = outputs.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        found.ok_or_else(|| TerraformError::Output(pointer.to_owned()))
    };
    let keys = |who: &str| {
        Ok::<_, TerraformError>(Keys {
            access_key_id: text(&format!("/{who}/value/access_key_id"))?,
            secret_access_key: text(&format!("/{who}/value/secret_access_key"))?,
            session_token: None,
        })
    };
    Ok(Coordinates {
        api_url: text("/api_url/value")?,
        jwt: issuer.token(SUBJECT)?,
        stranger_jwt: issuer.token(STRANGER)?,
        origin,
        region: REGION.to_owned(),
        endpoint: Some(endpoint.to_owned()),
        name: NAME.to_owned(),
        bucket: text("/stack/value/bucket_name")?,
        table: text("/stack/value/table_name")?,
        queue_url: text("/stack/value/queue_url")?,
        dead_letter_queue_url: text("/stack/value/dead_letter_queue_urls/uploads")?,
        files_key_arn: text("/stack/value/files_key_arn")?,
        link_key_arn: text("/stack/value/link_key_arns/1")?,
        upload_token_key_arn: text("/stack/value/upload_token_key_arns/1")?,
        upload_signer_role_arn: text("/stack/value/signer_role_arns/upload")?,
        download_signer_role_arn: text("/stack/value/signer_role_arns/download")?,
        observer: keys("observer")?,
        outsider: keys("outsider")?,
    })
}
