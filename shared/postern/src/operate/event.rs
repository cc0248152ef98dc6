//! An operator's event, as the program `postern` writes it and `record-upload` reads it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::link::token::LinkId;
use crate::paging::PageStart;
use crate::value::id::{Owner, UploadId};
use s3_presigned::Timestamp;

/// The event. It has this one field, so that no event of another source is taken for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorEvent {
    /// What is asked, and by whom.
    pub operator: Order,
}

/// What an operator asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Who asks, as the event says it. The function cannot check it: the event in CloudTrail is the proof.
    pub by: Operator,
    /// What to do.
    pub action: Action,
}

/// An operator's action. Every action may be repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Revokes a link.
    RevokeLink {
        /// The link.
        link_id: LinkId,
    },
    /// Revokes the links of an upload, newest first.
    RevokeLinksOfUpload {
        /// The upload.
        upload_id: UploadId,
        /// Where the former answer ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<PageStart>,
    },
    /// Revokes the links that an owner made, newest first.
    RevokeLinksOfOwner {
        /// The owner.
        owner: Owner,
        /// Where the former answer ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<PageStart>,
    },
    /// Does the hourly work now.
    Reconcile,
    /// Compares one slice of the bucket with the records, after the table was restored to an earlier time.
    ReconcileSlice {
        /// The first two digits of the ids, as a number.
        slice: u8,
        /// The versions that came since then are looked at.
        since: Timestamp,
    },
}

impl Action {
    /// The action as the log names it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::RevokeLink { .. } => "revoke_link",
            Self::RevokeLinksOfUpload { .. } => "revoke_links_of_upload",
            Self::RevokeLinksOfOwner { .. } => "revoke_links_of_owner",
            Self::Reconcile => "reconcile",
            Self::ReconcileSlice { .. } => "reconcile_slice",
        }
    }
}

/// The ARN of a caller, as STS's `GetCallerIdentity` returned it to the caller.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Operator(String);

/// The text is no ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("read an operator's name: it is an ARN of at most 2,048 printable ASCII characters")]
pub struct NotAnArn;

impl Operator {
    /// The ARN.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Operator {
    type Error = NotAnArn;

    fn try_from(text: String) -> Result<Self, NotAnArn> {
        let is_short = text.len() <= 2048;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.starts_with("arn:") && is_short && is_plain { Ok(Self(text)) } else { Err(NotAnArn) }
    }
}

impl From<Operator> for String {
    fn from(operator: Operator) -> Self {
        operator.0
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json, to_value};

    use super::*;

    const BY: &str = "arn:aws:sts::111122223333:assumed-role/operator/ann@example.com";

    #[test]
    fn an_event_is_written_as_it_is_read() {
        let id = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";
        let upload = "0a1b2c3d-0000-4000-8000-000000000000";
        let after = json!({ "at": "2026-11-24T10:00:00.000Z", "id": id });
        for action in [
            json!({ "revoke_link": { "link_id": id } }),
            json!({ "revoke_links_of_upload": { "upload_id": upload } }),
            json!({ "revoke_links_of_upload": { "upload_id": upload, "after": after } }),
            json!({ "revoke_links_of_owner": { "owner": "https://issuer.test#ann", "after": after } }),
            json!("reconcile"),
            json!({ "reconcile_slice": { "slice": 255, "since": "2026-11-24T10:00:00.000Z" } }),
        ] {
            let event = json!({ "operator": { "by": BY, "action": action } });
            let read: OperatorEvent = from_value(event.clone()).unwrap();
            assert_eq!(to_value(&read).unwrap(), event);
            let named = action.as_str().or_else(|| Some(action.as_object()?.keys().next()?.as_str()));
            assert_eq!(named, Some(read.operator.action.as_str()));
        }
    }

    #[test]
    fn an_event_with_anything_more_or_less_is_none() {
        let order = json!({ "by": BY, "action": "reconcile" });
        let link = json!({ "revoke_link": { "link_id": "x" } });
        let more = json!({ "revoke_links_of_upload": {
            "upload_id": "0a1b2c3d-0000-4000-8000-000000000000", "owner": "x" } });
        for event in [
            json!({}),
            json!({ "operator": order, "requestContext": {} }),
            json!({ "operator": order, "version": "2.0" }),
            json!({ "operator": { "by": BY, "action": "reconcile", "more": 1 } }),
            json!({ "operator": { "action": "reconcile" } }),
            json!({ "operator": { "by": BY } }),
            json!({ "operator": { "by": BY, "action": "delete_everything" } }),
            json!({ "operator": { "by": BY, "action": link } }),
            json!({ "operator": { "by": BY, "action": more } }),
            json!({ "operator": { "by": BY, "action": { "reconcile_slice": { "slice": 0 } } } }),
            json!({ "operator": { "by": BY, "action": { "reconcile_slice": { "slice": 256, "since": "2026-11-24T10:00:00Z" } } } }),
            json!({ "operator": order.to_string() }),
        ] {
            assert!(from_value::<OperatorEvent>(event.clone()).is_err(), "{event}");
        }
    }

    #[test]
    fn an_operator_is_an_arn_in_one_line() {
        let long = format!("arn:{}", "a".repeat(2048));
        for by in ["", "ann", "arn:aws:iam::1:user/a b", "arn:aws:iam::1:user/a\nb", &long] {
            assert!(from_value::<Operator>(Value::from(by)).is_err(), "{by:?}");
        }
    }
}
