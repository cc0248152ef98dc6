//! What an emergency works on, and how far it is.

use std::time::Duration;

use s3_presigned::Timestamp;

use super::super::aws::Aws;
use super::function::ServeLink;
use super::key_group::KeyGroup;
use super::sessions::Sessions;

/// The longest session of the signer role.
pub(super) const LONGEST_SESSION: Duration = Duration::from_hours(1);

/// What the steps work on.
pub(super) struct Site {
    pub(super) sessions: Sessions,
    pub(super) group: KeyGroup,
    pub(super) function: ServeLink,
}

/// Which steps of the emergency of a time are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) at: Timestamp,
    pub(super) group: bool,
    pub(super) function: bool,
}

impl Done {
    pub(super) fn is_complete(self) -> bool {
        self.group && self.function
    }
}

impl Site {
    pub(super) async fn find(aws: &Aws) -> Result<Self, String> {
        let function = ServeLink::find(aws).await?;
        let sessions = Sessions::new(aws, function.signer_role()?);
        let group = KeyGroup::find(aws, &function.stack_name(), &function.region()).await?;
        Ok(Self { sessions, group, function })
    }

    /// The steps that are done of the emergency of this time.
    pub(super) async fn done(&self, at: Timestamp) -> Result<Done, String> {
        Ok(Done { at, group: self.group.is_done(at), function: self.function.is_done(at).await? })
    }
}
