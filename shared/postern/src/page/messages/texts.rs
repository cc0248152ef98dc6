//! The texts that each language has.

/// A title and a sentence.
pub type Text = (&'static str, &'static str);

/// The texts of the pages in one language.
#[derive(Debug)]
pub struct Messages {
    /// The value of the attribute `lang`.
    pub tag: &'static str,
    /// The link does not exist.
    pub unknown: Text,
    /// The link was revoked.
    pub revoked: Text,
    /// The link has expired.
    pub expired: Text,
    /// The link has no openings left.
    pub used_up: Text,
    /// The link has no openings left in this hour.
    pub busy: Text,
    /// Too many wrong passwords.
    pub locked: Text,
    /// Other passwords are being checked.
    pub password_busy: Text,
    /// The request carried an `Authorization` header.
    pub authorization: Text,
    /// The visitor is outside the link's network.
    pub network: Text,
    /// S3 no longer has the file.
    pub file_gone: Text,
    /// A signed URL of the distribution has expired, or the distribution refuses it.
    pub url_expired: Text,
    /// An internal error or a transient failure.
    pub failed: Text,
    /// The page that asks for the password.
    pub password: Text,
    /// The password was wrong.
    pub password_wrong: &'static str,
    /// The label of the field.
    pub password_label: &'static str,
    /// The page that asks for a confirmation.
    pub confirm: Text,
    /// The button.
    pub open: &'static str,
    /// After the button was pressed.
    pub begun: &'static str,
    /// The words before the time at which the link expires.
    pub until: &'static str,
    /// The heading of the sender's note.
    pub note_label: &'static str,
    /// The button that saves the file.
    pub download: &'static str,
    /// The name of the part that shows the content.
    pub preview: &'static str,
    /// Shown in place of the content if browsers do not show such a file.
    pub no_preview: &'static str,
    /// Says what a download uses up if the link limits its openings.
    pub limited: &'static str,
    /// Below a player: what to do if it stops.
    pub playback_stopped: &'static str,
    /// The names of the types of files.
    pub kinds: Kinds,
    /// The months, from January on.
    pub months: [&'static str; 12],
}

/// The names of the types of files, for a person.
#[derive(Debug)]
pub struct Kinds {
    /// Images.
    pub image: &'static str,
    /// Video.
    pub video: &'static str,
    /// Audio.
    pub audio: &'static str,
    /// PDF.
    pub pdf: &'static str,
    /// Plain text.
    pub text: &'static str,
    /// Office documents and e-books.
    pub document: &'static str,
    /// Archives.
    pub archive: &'static str,
    /// Programs.
    pub program: &'static str,
    /// Web pages: HTML, SVG.
    pub web_page: &'static str,
    /// Fonts.
    pub font: &'static str,
    /// Every other type.
    pub other: &'static str,
}
