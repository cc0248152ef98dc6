//! The arguments of `cargo dev`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use stack::{Options, Stack, Steps};

use super::{failure::Failure, package::Package, page::Page};

/// Runs Postern on this machine: builds it, starts a local AWS, sends files through it.
#[derive(Debug, Parser)]
#[command(name = "cargo dev", bin_name = "cargo dev --", args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// End after the walk. The exit code is 0 only if every step succeeded.
    #[arg(long)]
    pub(crate) once: bool,

    /// Make the stack with `terraform apply` of the module. At the end, plan again and destroy the stack.
    /// The exit code is 2 if terraform or its provider is missing.
    #[arg(long)]
    pub(crate) terraform: bool,

    /// Also allow CORS for this origin: scheme, host and port of your page. Can be given more than once.
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    pub(crate) origin: Vec<String>,

    /// Write the running stack's coordinates to FILE as shell variables. They contain credentials.
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Package(Package),
}

impl Arguments {
    /// The options of the stack.
    pub(crate) fn options(&self, page: &Page, steps: &Steps) -> Options {
        // The walk uses the first origin, which must be the page's.
        let origins = [&[page.origin()], self.origin.as_slice()].concat();
        Options { origins, steps: steps.clone(), ..Options::default() }
    }

    /// Writes the coordinates to the file of `--env-file`, if it is given.
    pub(crate) fn write_env_file(&self, stack: &Stack, steps: &Steps) -> Result<(), Failure> {
        if let Some(path) = &self.env_file {
            let written = stack.coordinates().write(path);
            written.map_err(|error| Failure::from_error(&format!("write {}", path.display()), &error))?;
            steps.say(&format!("  The stack's coordinates are in {}", path.display()));
        }
        Ok(())
    }
}

/// Parses an origin as browsers send it.
fn origin(text: &str) -> Result<String, String> {
    match reqwest::Url::parse(text).map(|url| url.origin().ascii_serialization()) {
        Ok(origin) if origin == text => Ok(origin),
        Ok(origin) if origin != "null" => Err(format!("write it as browsers do: {origin}")),
        _ => Err("an origin is scheme, host and port: http://localhost:5173".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_send_it() {
        for written in ["http://localhost:5173", "https://app.example"] {
            assert_eq!(origin(written).as_deref(), Ok(written));
        }
        let other = origin("http://localhost:5173/").unwrap_err();
        assert!(other.ends_with(": http://localhost:5173"), "{other}");
        for none in ["localhost:5173", "app.example", "*", ""] {
            assert!(origin(none).unwrap_err().contains("scheme, host and port"), "{none}");
        }
    }
}
