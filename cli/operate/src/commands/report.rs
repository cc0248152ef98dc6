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

/// File names and labels come from users. Their control characters must not reach a terminal.
impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |c: char| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c };
        f.write_str(&self.text.chars().map(shown).collect::<String>())
    }
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
        // A line break in a value would look like another field.
        Value::String(text) => lines.push((name.to_owned(), text.replace('\n', "\u{fffd}"))),
        Value::Array(items) if items.is_empty() => {}
        other => lines.push((name.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
