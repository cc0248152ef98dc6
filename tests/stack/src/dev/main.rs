//! `cargo dev`: the whole of Postern on this machine, walked through once, then yours to try.
//!
//! Builds the functions, starts and provisions the local AWS, sends two real files through it and
//! prints each step. Then it stays up, with a page to try it and lines to paste, until Ctrl-C.

mod applied;
mod failure;
mod guide;
mod package;
mod page;
mod sample;
mod walk;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use stack::{Options, Stack, Steps};
use tokio::signal::unix::{SignalKind, signal};

use self::{failure::Failure, page::Page, walk::Walk};

/// Runs Postern on this machine: builds it, starts a local AWS, sends files through it.
#[derive(Debug, Parser)]
#[command(name = "cargo dev", bin_name = "cargo dev --", args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// End after the walk; the exit code is 0 only if every step held.
    #[arg(long)]
    once: bool,

    /// Make the stack by `terraform apply` of the module; plan again and destroy it at the end.
    /// The exit code is 2 where terraform or its provider cannot be had.
    #[arg(long)]
    terraform: bool,

    /// Let a page of yours in beside the one that is served, as far as CORS goes: scheme, host and
    /// port. Can be given more than once.
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    origin: Vec<String>,

    /// Write the running stack's coordinates, credentials among them, to FILE as shell variables.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Package(package::Package),
}

impl Arguments {
    fn options(&self, page: &Page, steps: &Steps) -> Options {
        // The first is the page's: the walk comes from there.
        let origins = [&[page.origin()], self.origin.as_slice()].concat();
        Options { origins, steps: steps.clone(), ..Options::default() }
    }
}

/// What a browser sends as `Origin`.
fn origin(text: &str) -> Result<String, String> {
    match reqwest::Url::parse(text).map(|url| url.origin().ascii_serialization()) {
        Ok(origin) if origin == text => Ok(origin),
        Ok(origin) if origin != "null" => Err(format!("write it as browsers do: {origin}")),
        _ => Err("an origin is scheme, host and port: http://localhost:5173".to_owned()),
    }
}

fn main() -> ExitCode {
    // `cargo dev --once` and `cargo dev -- --once` shall mean the same; the alias has a `--` too.
    let given = std::env::args_os().enumerate().filter(|(place, given)| *place != 1 || given != "--");
    let mut arguments = Arguments::parse_from(given.map(|(_, given)| given));
    let steps = Steps::loud();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return report(&steps, &Failure::from_error("start", &error)),
    };
    let outcome = runtime.block_on(async {
        if let Some(Command::Package(package)) = arguments.command.take() {
            unless_interrupted(package.run(&steps)).await
        } else if arguments.terraform {
            applied::run(&arguments, &steps).await
        } else {
            unless_interrupted(run(&arguments, &steps)).await
        }
    });
    // A build that was interrupted ends by itself; nothing waits for it.
    runtime.shutdown_background();
    match outcome {
        Some(Err(failure)) => report(&steps, &failure),
        None if arguments.once => ExitCode::FAILURE,
        Some(Ok(())) | None => ExitCode::SUCCESS,
    }
}

async fn run(arguments: &Arguments, steps: &Steps) -> Result<(), Failure> {
    let page = Page::bind().map_err(|error| Failure::from_error("find a port for the page", &error))?;
    steps.say("Starting");
    let stack = Stack::start(arguments.options(&page, steps))
        .await
        .map_err(|error| Failure::from_error("start the stack", &error))?;
    write_env_file(arguments, &stack, steps)?;

    let walk = Walk::new(stack.coordinates(), steps);
    let walked = match walk.through_the_whole_path().await {
        Ok(()) => Ok(()),
        Err(failure) => Err(failure.with_log(&stack.server().log_tail())),
    };
    if arguments.once {
        walked?;
        stack.stop();
        return Ok(());
    }
    if let Err(failure) = walked {
        steps.say(&failure.to_string());
    }
    steps.say(&guide::text(&stack, &page.origin()));
    let served = page.serve(stack.coordinates()).await;
    served.map_err(|error| Failure::from_error("serve the page", &error))
}

fn write_env_file(arguments: &Arguments, stack: &Stack, steps: &Steps) -> Result<(), Failure> {
    if let Some(path) = &arguments.env_file {
        let written = stack.coordinates().write(path);
        written.map_err(|error| Failure::from_error(&format!("write {}", path.display()), &error))?;
        steps.say(&format!("  The stack's coordinates are in {}", path.display()));
    }
    Ok(())
}

/// What comes of it, or nothing after Ctrl-C or SIGTERM.
async fn unless_interrupted<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        outcome = work => Some(outcome),
        () = interrupted() => None,
    }
}

/// Returns at Ctrl-C or SIGTERM.
async fn interrupted() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

fn report(steps: &Steps, failure: &Failure) -> ExitCode {
    steps.say(&failure.to_string());
    failure.exit_code()
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
