//! The texts of the pages for a browser that runs no script.

/// What the pages without a script say. A word in braces is replaced by the page.
#[derive(Debug)]
pub struct PlainTexts {
    /// Before the form that asks for the file's name.
    pub begin: &'static str,
    /// The label of the name.
    pub name: &'static str,
    /// Below the label: how to write the name.
    pub name_hint: &'static str,
    /// The text is no file name. The server's rule follows.
    pub name_wrong: &'static str,
    /// The button of that form.
    pub go_on: &'static str,
    /// The title of the page on which the file is chosen.
    pub choose: &'static str,
    /// The label of the file.
    pub file: &'static str,
    /// The file has at most `{size}`, and is sent until `{time}`.
    pub limits: &'static str,
    /// What to do if the storage refuses the file.
    pub refusal: &'static str,
    /// The button that sends the file.
    pub send: &'static str,
    /// After the button was pressed.
    pub sending: &'static str,
    /// Leads back to the form that asks for the name.
    pub other_name: &'static str,
    /// The recorder has accepted the file: a title and a sentence.
    pub received: (&'static str, &'static str),
    /// The recorder has not looked at the file yet.
    pub checking: (&'static str, &'static str),
    /// Loads the page again.
    pub again: &'static str,
    /// The recorder has rejected the file: a title.
    pub rejected: &'static str,
    /// Why it was rejected.
    pub reasons: Reasons,
    /// No file has come in time.
    pub missing: (&'static str, &'static str),
    /// The address has ended before the recorder's answer was shown, or the owner has removed the file.
    pub unknown: (&'static str, &'static str),
    /// Leads to the form for a further file.
    pub another: &'static str,
}

/// Why a file was rejected. The server's advice follows.
#[derive(Debug)]
pub struct Reasons {
    /// The bytes are of another kind than the name or the type says.
    pub mismatch: &'static str,
    /// A scan found a threat.
    pub threat: &'static str,
    /// An archive would unpack to far more than it has.
    pub archive: &'static str,
    /// An image has too many pixels.
    pub pixels: &'static str,
    /// Every other reason.
    pub other: &'static str,
}
