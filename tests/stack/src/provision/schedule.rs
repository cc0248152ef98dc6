//! The schedule of the recorder, and the role of the schedule.
//!
//! The emulator invokes the target at the scheduled time, with the input unchanged.

use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode, Target};

use super::{NAME, ProvisionError, Step, roles};
use crate::{clients::Clients, description::Schedule, policies::Policies};

pub(super) async fn create(
    clients: &Clients,
    policies: &Policies,
    schedule: &Schedule,
    recorder_arn: &str,
) -> Result<(), ProvisionError> {
    const STEP: &str = "schedule the recorder";
    let role = roles::role(clients, policies, "aws_iam_role.schedule").await?;
    roles::allow(clients, policies, &role).await?;
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().step(STEP)?;
    let target = Target::builder().arn(recorder_arn).role_arn(&role.arn).input(schedule.input.to_string());
    clients
        .scheduler
        .create_schedule()
        .name(format!("{NAME}-tidy"))
        .schedule_expression(&schedule.expression)
        .flexible_time_window(window)
        .target(target.build().step(STEP)?)
        .send()
        .await
        .step(STEP)?;
    Ok(())
}
