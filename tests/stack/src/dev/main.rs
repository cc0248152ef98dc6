//! `cargo dev`: runs all of Postern on this machine.
//!
//! The program builds the functions, starts and provisions the local AWS, sends two files through it and
//! prints each step. Then it prints commands to paste, and serves a page that uses the stack, until Ctrl-C.

mod applied;
mod arguments;
mod failure;
mod guide;
mod interrupt;
mod package;
mod page;
mod sample;
mod walk;

use std::process::ExitCode;

use clap::Parser;
use stack::{Stack, Steps};

use self::{
    arguments::{Arguments, Command},
    failure::Failure,
    interrupt::unless_interrupted,
    page::Page,
    walk::Walk,
};

fn main() -> ExitCode {
    // `cargo dev --once` and `cargo dev -- --once` mean the same. The cargo alias already ends with `--`.
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
    // Does not wait for an interrupted build, which ends by itself.
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
    arguments.write_env_file(&stack, steps)?;

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
    page.serve(stack.coordinates()).await
}

fn report(steps: &Steps, failure: &Failure) -> ExitCode {
    steps.say(&failure.to_string());
    failure.exit_code()
}
