//! `cargo dev package`: makes the ZIP archives that `terraform apply` deploys.

use std::path::PathBuf;

use clap::Args;
use stack::{Processor, Steps, package, sbom};

use super::failure::Failure;

/// Builds the functions for AWS and packs them into target/lambda/FUNCTION/bootstrap.zip.
#[derive(Debug, Args)]
pub(crate) struct Package {
    /// Build for arm64, also on a machine with another processor.
    #[arg(long, conflicts_with = "target")]
    arm64: bool,

    /// Build for this target of rustc's.
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,

    /// Write to this folder instead.
    #[arg(long, value_name = "FOLDER", default_value = "target/lambda")]
    out: PathBuf,

    /// Also write what each package is built from, as FUNCTION/bootstrap.cdx.json (needs cargo-cyclonedx).
    #[arg(long)]
    sbom: bool,
}

impl Package {
    pub(crate) async fn run(self, steps: &Steps) -> Result<(), Failure> {
        let target = if self.arm64 { Some("aarch64-unknown-linux-gnu".to_owned()) } else { self.target };
        let arm64 =
            target.as_ref().map_or(cfg!(target_arch = "aarch64"), |target| target.starts_with("aarch64"));
        let processor = target.map_or(Processor::Host, Processor::Target);
        let out = self.out;
        let built = steps.build("build and pack the functions", |building| async {
            let of_target = processor.clone();
            let built = tokio::task::spawn_blocking(move || package(&of_target, &out, &building)).await;
            built
                .map_err(|error| Failure::from_error("build the packages", &error))?
                .map_err(|error| Failure::from_error("build the packages", &error))
        });
        let built = built.await?;
        for package in &built {
            let (path, size_kb) = (package.path.display(), package.size_bytes / 1024);
            steps.say(&format!("  {path}  {size_kb} KB  sha256 {}", package.sha256));
        }
        if self.sbom {
            let listed = sbom(&processor, &built)
                .map_err(|error| Failure::from_error("list what the packages are built from", &error))?;
            for path in listed {
                steps.say(&format!("  {}", path.display()));
            }
        }
        steps.say(&format!("  For terraform: architecture = \"{}\"", if arm64 { "arm64" } else { "x86_64" }));
        Ok(())
    }
}
