//! What a command says: JSON for programs, and the same as text for people.

use std::fmt::{self, Display};
use std::io::Write as _;

use serde::Serialize;
use serde_json::Value;

/// The answer of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    json: Value,
    text: String,
}

impl Report {
    /// An answer whose text is written by hand.
    pub(super) fn new(json: Value, text: impl Into<String>) -> Self {
        Self { json, text: text.into() }
    }

    /// An answer whose text has one line for each field.
    pub(super) fn of_fields(json: &impl Serialize) -> Self {
        let json = serde_json::to_value(json).unwrap_or_default();
        let text = fields(&json);
        Self { json, text }
    }

    /// The JSON.
    pub fn json(&self) -> &Value {
        &self.json
    }
}

impl Serialize for Report {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// The last guard of a terminal. Each value was cleaned before, because only the lines of the text itself may end.
impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.text.split('\n').map(clean).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// A value for a line of text. File names, labels and messages come from users: a character that ends a line, moves the
/// cursor, or changes the direction of the text is replaced.
pub(super) fn clean(value: &str) -> String {
    value.chars().map(|c| if is_invisible(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Control characters, separators of lines, and format characters. U+200C and U+200D shape letters and stay.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Says how far a command is, on standard error.
pub(super) fn progress(text: impl Display) {
    // Nothing can be done about a closed standard error.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The fields of an object, one on a line; `a.b` for a field of a field. A field that is null is left out.
pub(super) fn fields(json: &Value) -> String {
    let mut lines = Vec::new();
    collect(&mut lines, "", json);
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines: Vec<_> = lines.iter().map(|(name, value)| format!("{name:width$}  {value}\n")).collect();
    lines.concat()
}

fn collect(lines: &mut Vec<(String, String)>, name: &str, json: &Value) {
    match json {
        Value::Object(members) => {
            for (member, value) in members {
                let name = if name.is_empty() { member.clone() } else { format!("{name}.{member}") };
                collect(lines, &name, value);
            }
        }
        Value::Null => {}
        Value::String(text) => lines.push((name.to_owned(), clean(text))),
        Value::Array(items) if items.is_empty() => {}
        other => lines.push((name.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_character_of_a_value_ends_a_line_or_turns_the_text() {
        for c in [
            '\n', '\r', '\t', '\u{1b}', '\u{85}', '\u{2028}', '\u{2029}', '\u{202e}', '\u{2066}', '\u{200f}',
            '\u{feff}',
        ] {
            assert_eq!(clean(&format!("a{c}b")), "a\u{fffd}b", "{c:?}");
            assert!(
                !Report::new(json!(null), format!("a{c}b")).to_string().contains(c) || c == '\n',
                "{c:?}"
            );
        }
        assert_eq!(
            clean("Überblick  می\u{200c}خواهم 👩\u{200d}🔬.png"),
            "Überblick  می\u{200c}خواهم 👩\u{200d}🔬.png"
        );
    }

    #[test]
    fn a_field_is_a_line_and_what_users_wrote_stays_in_it() {
        let report = Report::of_fields(&json!({
            "id": "7", "none": null, "file": { "name": "a\u{1b}[31m\nstate  open", "bytes": 3 },
        }));
        assert_eq!(
            report.to_string(),
            "file.bytes  3\nfile.name   a\u{fffd}[31m\u{fffd}state  open\nid          7\n"
        );
        assert!(serde_json::to_string(&report).unwrap().contains("\\u001b"), "programs get the value itself");
    }
}
