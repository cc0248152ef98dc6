//! `cargo dev --terraform`: does the same steps on a stack that `terraform apply` makes.

use stack::{Applied, StartError, Steps, TerraformError};

use super::{
    arguments::Arguments, failure::Failure, guide, interrupt::unless_interrupted, page::Page, walk::Walk,
};

/// The exit code if this machine lacks Terraform or its provider.
const CANNOT: u8 = 2;

/// Applies the module, walks, serves the page, and destroys the stack. Returns `None` if Ctrl-C interrupts a
/// step. While the page is served, Ctrl-C starts the destroy.
pub(crate) async fn run(arguments: &Arguments, steps: &Steps) -> Option<Result<(), Failure>> {
    let begun = match unless_interrupted(begin(arguments, steps)).await? {
        Ok(begun) => begun,
        Err(failure) => return Some(Err(failure)),
    };
    let Begun { applied, page, walked } = begun;
    if !arguments.once {
        if let Err(failure) = &walked {
            steps.say(&failure.to_string());
        }
        steps.say(&guide::text(applied.stack(), &page.origin()));
        if let Some(Err(failure)) = unless_interrupted(page.serve(applied.stack().coordinates())).await {
            return Some(Err(failure));
        }
    }
    steps.say("Ending (Ctrl-C ends at once)");
    let ended = unless_interrupted(end(applied, steps)).await?;
    Some(walked.and(ended))
}

struct Begun {
    applied: Applied,
    page: Page,
    walked: Result<(), Failure>,
}

async fn begin(arguments: &Arguments, steps: &Steps) -> Result<Begun, Failure> {
    let page = Page::bind().map_err(|error| Failure::from_error("find a port for the page", &error))?;
    steps.say("Starting");
    let applied =
        Applied::start(arguments.options(&page, steps)).await.map_err(|error| not_started(&error))?;
    arguments.write_env_file(applied.stack(), steps)?;
    let walk = Walk::new(applied.stack().coordinates(), steps);
    let walked = walk
        .through_the_whole_path()
        .await
        .map_err(|failure| failure.with_log(&applied.stack().server().log_tail()));
    Ok(Begun { applied, page, walked })
}

/// Checks that a second plan changes nothing, and then destroys the stack.
async fn end(applied: Applied, steps: &Steps) -> Result<(), Failure> {
    let gaps = applied.plan_again().await.map_err(|error| failure("plan once more", &error))?;
    for gap in gaps {
        steps.say(&format!("              known gap of the local AWS: {gap}"));
    }
    let log = applied.stack().server().log_path();
    let destroyed = applied.destroy().await;
    destroyed
        .map_err(|error| failure(&format!("destroy it (the local AWS logs to {})", log.display()), &error))
}

fn not_started(error: &StartError) -> Failure {
    if error.is_unavailable() {
        Failure::from_error("apply the module: this machine cannot", error).with_exit_code(CANNOT)
    } else {
        Failure::from_error("start the stack", error)
    }
}

fn failure(step: &str, error: &TerraformError) -> Failure {
    Failure::from_error(step, error)
}
