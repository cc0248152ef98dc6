//! Requests in the shapes of other projects' clients, translated into those of `POST /uploads`.

use super::request::NewUpload;
use super::tokens::Holder;
use super::{Settings, reserve};
use crate::http::{FieldProblem, Problem};
use crate::media::ContentType;

/// Checks the type against the token and the stack.
pub(super) fn admit(settings: &Settings, holder: &Holder, new: &NewUpload) -> Result<(), Problem> {
    holder.admit(new)?;
    reserve::check_type(settings, &new.content_type)
}

/// A browser that does not know a file's type sends an empty one.
pub(super) fn content_type(named: Option<&str>) -> String {
    let known = named.filter(|named| !named.is_empty());
    known.unwrap_or(ContentType::OCTET_STREAM).to_owned()
}

/// Names the fields of a problem as the client names them.
pub(super) fn renamed(problem: Problem, name: impl Fn(&str) -> String) -> Problem {
    match problem {
        Problem::InvalidFields(fields) => Problem::InvalidFields(
            fields.into_iter().map(|broken| FieldProblem::new(name(&broken.field), broken.rule)).collect(),
        ),
        other => other,
    }
}
