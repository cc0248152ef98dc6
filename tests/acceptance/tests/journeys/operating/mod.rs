//! The commands of an operator, by the program itself, with the rights that the module offers: shows and lists, revokes,
//! reconciles, and dead letters. Each change runs twice, and with ids that do not exist.

mod dead_letters;
mod events;
pub mod program;
mod restoring;
mod revoking;
mod shows;

use std::sync::OnceLock;
use std::thread;

use acceptance::{App, chain, shared};
use stack::{Options, Stack};

use program::Program;

/// A stack of its own, because these journeys revoke all links of an owner, and fill a dead-letter queue.
fn own_stack() -> &'static Stack {
    static STACK: OnceLock<Stack> = OnceLock::new();
    STACK.get_or_init(|| {
        let start = || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let stack = runtime.block_on(Stack::start(Options::default()));
            // The stack lives on the runtime.
            std::mem::forget(runtime);
            stack.unwrap_or_else(|error| panic!("{}", chain(&error)))
        };
        thread::spawn(start).join().unwrap()
    })
}

/// Whether a local stack can be started: the environment names no other one.
fn is_local() -> bool {
    shared().local.is_some()
}

/// An app whose user is an owner of its own, and the owner's name.
fn app_of(subject: &str) -> (App, String) {
    let stack = own_stack();
    let jwt = stack.issuer().token(subject).unwrap();
    (App::new(stack.coordinates(), Some(jwt)), format!("{}#{subject}", stack.issuer().url()))
}

async fn operator() -> Program {
    Program::of(own_stack().coordinates(), "operator").await
}
