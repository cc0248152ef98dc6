//! The texts that each language has.

use serde::Serialize;

use super::plain_text::PlainTexts;

/// The texts of the page in one language.
#[derive(Debug)]
pub struct Texts {
    /// The title of a token without a label.
    pub title: &'static str,
    /// Above the label of a token.
    pub lead: &'static str,
    /// The token has no uses left: a title and a sentence.
    pub used_up: (&'static str, &'static str),
    /// The token has no uses left, and a file of this browser may go on.
    pub interrupted: &'static str,
    /// Before the types that are accepted.
    pub accepted: &'static str,
    /// Before the largest size.
    pub largest: &'static str,
    /// Before the number of files that can still be sent.
    pub left: &'static str,
    /// Before the end of the token.
    pub until: &'static str,
    /// The names of groups of types.
    pub groups: Groups,
    /// In the area for files.
    pub drop: &'static str,
    /// The button that opens the browser's dialog.
    pub choose: &'static str,
    /// The button that opens the dialog for a folder.
    pub folder: &'static str,
    /// For a browser that runs no script.
    pub plain: PlainTexts,
    /// The name of the list of files.
    pub list: &'static str,
    /// The buttons of a file.
    pub buttons: Buttons,
    /// What the script says.
    pub script: ScriptTexts,
}

/// The names of groups of types, in the plural.
#[derive(Debug)]
pub struct Groups {
    /// `*/*`.
    pub any: &'static str,
    /// `image/*`.
    pub image: &'static str,
    /// `video/*`.
    pub video: &'static str,
    /// `audio/*`.
    pub audio: &'static str,
    /// `text/*`.
    pub text: &'static str,
    /// `font/*`.
    pub font: &'static str,
}

/// The buttons of a file.
#[derive(Debug)]
pub struct Buttons {
    /// Stops the upload for a while.
    pub pause: &'static str,
    /// Goes on.
    pub resume: &'static str,
    /// Gives the upload up.
    pub cancel: &'static str,
    /// Sends the file once more.
    pub retry: &'static str,
    /// Gives an interrupted upload up, and takes it from the list.
    pub remove: &'static str,
}

/// What the script says of a file. A word in braces is replaced by the script.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScriptTexts {
    /// The file waits for its turn.
    pub waiting: &'static str,
    /// The form is asked for.
    pub preparing: &'static str,
    /// The file is being sent: `{percent}`.
    pub sending: &'static str,
    /// Behind it, once the speed is known: `{speed}`, `{time}`.
    pub speed: &'static str,
    /// There is no connection.
    pub offline: &'static str,
    /// The visitor has paused the upload.
    pub paused: &'static str,
    /// An earlier page was interrupted. The browser can open the file again.
    pub interrupted: &'static str,
    /// An earlier page was interrupted. The visitor must choose the file again.
    pub choose_again: &'static str,
    /// The file is not the one that was interrupted.
    pub changed: &'static str,
    /// Another tab sends the file that the visitor chose for an interrupted upload.
    pub sent_elsewhere: &'static str,
    /// The recorder looks at the file.
    pub checking: &'static str,
    /// The recorder has accepted the file.
    pub received: &'static str,
    /// The recorder has rejected the file. Its reason follows.
    pub rejected: &'static str,
    /// The recorder has rejected the file, because its bytes are of another kind. Its reason follows.
    pub mismatch: &'static str,
    /// The file was sent, and its state is not known.
    pub unchecked: &'static str,
    /// The visitor has given the upload up.
    pub cancelled: &'static str,
    /// `{types}` are accepted, and the file is of another type.
    pub wrong_type: &'static str,
    /// The file is larger than `{size}`.
    pub too_large: &'static str,
    /// No further file can be sent.
    pub none_left: &'static str,
    /// The token has expired or was revoked.
    pub ended: &'static str,
    /// The connection broke.
    pub network: &'static str,
    /// A limit is reached, or a service failed: later.
    pub busy: &'static str,
    /// Every other failure.
    pub failed: &'static str,
    /// The sum of all files: `{done}` of `{all}` were received.
    pub summary: &'static str,
    /// Behind it: `{count}` files wait, or are sent or checked.
    pub ongoing: &'static str,
    /// Behind it: `{count}` files are paused or interrupted.
    pub halted: &'static str,
    /// Behind it: `{count}` files were sent, and their state is not known.
    pub unknown: &'static str,
    /// Behind it: `{count}` files were not sent or not accepted.
    pub missing: &'static str,
    /// All files were received.
    pub complete: &'static str,
}
