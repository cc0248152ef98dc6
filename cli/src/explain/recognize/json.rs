//! JSON in the input: forms, problem details, the gateway's messages, lines of the functions' logs.

use serde_json::Value;

use super::evidence::Evidence;
use super::form::Form;
use super::limits::{head, push};
use super::messages::{LogLine, Problem};

/// The most bytes of one JSON text, the most places that are tried, and the most levels that are searched.
const MAX_BYTES: usize = 256 * 1024;
const MAX_TRIES: usize = 2000;
const MAX_DEPTH: usize = 6;
/// The most bytes that are read in all tries that fail.
const MAX_WASTED: usize = 4 * 1024 * 1024;

/// Names whose values are secrets, wherever they are.
const SECRET_NAMES: [&str; 9] = [
    "token",
    "password",
    "jwt",
    "secret",
    "authorization",
    "cookie",
    "policy",
    "x-amz-signature",
    "x-amz-security-token",
];

/// Finds JSON texts, and what they hold.
pub(super) fn find(input: &str, found: &mut Evidence) {
    let (mut rest, mut wasted) = (input, 0);
    for _ in 0..MAX_TRIES {
        let Some(start) = rest.find('{') else { return };
        let Some(from) = rest.get(start..) else { return };
        let slice = head(from, MAX_BYTES);
        let mut texts = serde_json::Deserializer::from_str(slice).into_iter::<Value>();
        let read = match texts.next() {
            Some(Ok(value)) => {
                look(&value, MAX_DEPTH, found);
                texts.byte_offset()
            }
            failed => {
                if let Some((form, read)) = Form::of_python(slice) {
                    push(&mut found.forms, form);
                    read
                } else {
                    wasted += failed.and_then(Result::err).map_or(1, |error| position(slice, &error));
                    1
                }
            }
        };
        if wasted > MAX_WASTED {
            return;
        }
        rest = from.get(read.max(1)..).unwrap_or_default();
    }
}

/// How many bytes were read before an error.
fn position(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    lines.map(str::len).sum::<usize>() + error.column()
}

fn look(value: &Value, depth: usize, found: &mut Evidence) {
    match value {
        Value::Object(members) => {
            issued_headers(value, &mut found.issued_headers);
            if let Some(form) = Form::of_json(value) {
                push(&mut found.forms, form);
            } else if let Some(problem) = problem(value) {
                push(&mut found.problems, problem);
            } else if let Some(line) = log_line(value) {
                push(&mut found.log_lines, line);
            } else if let (Some(message), true) = (text(value, "message"), members.len() <= 2) {
                push(&mut found.gateway, message);
            }
            for (name, value) in members {
                let is_secret = SECRET_NAMES.iter().any(|secret| name.to_ascii_lowercase().contains(secret));
                if let (true, Some(text)) = (is_secret, value.as_str()) {
                    push(&mut found.json_secrets, text.to_owned());
                }
            }
            if depth > 0 {
                members.values().for_each(|value| look(value, depth - 1, found));
            }
        }
        Value::Array(list) if depth > 0 => list.iter().for_each(|value| look(value, depth - 1, found)),
        _ => {}
    }
}

/// Reads `{"url": …, "headers": {…}, "size_bytes": …}`, which the API answers for a PUT. The size is signed as the length.
fn issued_headers(value: &Value, headers: &mut Vec<(String, String)>) {
    if value.get("url").and_then(Value::as_str).is_none() {
        return;
    }
    let issued = value.get("headers").and_then(Value::as_object).into_iter().flatten();
    for (name, value) in issued {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        push(headers, (name.to_ascii_lowercase(), value));
    }
    if let (false, Some(size)) = (headers.is_empty(), value.get("size_bytes").and_then(Value::as_u64)) {
        push(headers, ("content-length".to_owned(), size.to_string()));
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

fn problem(value: &Value) -> Option<Problem> {
    let (code, detail) = (text(value, "code")?, text(value, "detail")?);
    let errors = value.get("errors").and_then(Value::as_array).into_iter().flatten();
    let errors = errors.filter_map(|error| Some((text(error, "field")?, text(error, "rule")?)));
    Some(Problem {
        code,
        status: value.get("status").and_then(Value::as_u64),
        detail,
        errors: errors.take(20).collect(),
        request_id: text(value, "request_id"),
    })
}

fn log_line(value: &Value) -> Option<LogLine> {
    let level = text(value, "level")?;
    let fields = value.get("fields").unwrap_or(value);
    let in_either = |name: &str| text(fields, name).or_else(|| text(value, name));
    let answer = in_either("route").zip(fields.get("status").and_then(Value::as_u64));
    let span = value.get("span").unwrap_or(&Value::Null);
    let ids = ["request_id", "invocation_id", "upload_id", "link_id", "version_id"].into_iter();
    let ids = ids.filter_map(|name| Some((name.to_owned(), in_either(name).or_else(|| text(span, name))?)));
    Some(LogLine {
        level: level.to_ascii_uppercase(),
        message: in_either("message").unwrap_or_default(),
        error: in_either("error").or_else(|| in_either("cause")),
        verdict: in_either("verdict"),
        reason: in_either("reason"),
        answer,
        ids: ids.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(input: &str) -> Evidence {
        let mut evidence = Evidence::default();
        find(input, &mut evidence);
        evidence
    }

    #[test]
    fn each_kind_is_told_apart() {
        let evidence = found(
            "{\"message\":\"Unauthorized\"}\n{\"code\":\"gone\",\"detail\":\"d\",\"status\":410}\n\
             {\"level\":\"ERROR\",\"message\":\"m\",\"span\":{\"upload_id\":\"u\"}} {\"answer\":{\"url\":\"https://a\",\"fields\":{\"key\":\"k\"}}}",
        );
        assert_eq!(evidence.gateway, ["Unauthorized"]);
        assert_eq!(evidence.problems[0].code, "gone");
        assert_eq!(evidence.log_lines[0].ids, [("upload_id".to_owned(), "u".to_owned())]);
        assert_eq!(evidence.forms[0].field("key"), Some("k"));
    }

    #[test]
    fn broken_and_deep_json_is_passed_by() {
        let evidence = found(&format!("{}{{\"message\":\"x\"}}", "{\"a\":[".repeat(50)));
        assert_eq!(evidence.gateway, ["x"]);
    }
}
