//! Translates errors of `serde_json` into rules that name the field of the request.

use serde_json::error::Category;

use crate::http::{FieldProblem, Problem};

/// The rule for a field that is missing.
pub(super) const REQUIRED: &str = "the field is required";

/// The problem of a body in which the parser found `error` at `path` (`.` or `?` for the body itself).
pub(super) fn told(path: &str, error: &serde_json::Error) -> Problem {
    if error.classify() != Category::Data {
        let (line, column) = (error.line(), error.column());
        return Problem::MalformedBody(format!("it is not valid JSON at line {line}, column {column}"));
    }
    let message = error.to_string();
    let (message, _) = message.rsplit_once(" at line ").unwrap_or((&message, ""));
    let is_body = matches!(path, "." | "?");
    match (named(message), is_body) {
        (Some((field, rule)), true) => field_problem(field, rule),
        (Some((field, rule)), false) => field_problem(&inner(path, field), rule),
        (None, true) => Problem::MalformedBody(format!("it is {}", found(message))),
        (None, false) => field_problem(path, &need(message)),
    }
}

fn field_problem(field: &str, rule: &str) -> Problem {
    Problem::InvalidFields(vec![FieldProblem::new(field, rule)])
}

/// The field that the parser's message names, and the rule that it breaks.
fn named(message: &str) -> Option<(&str, &'static str)> {
    let rule = match message.split_once(" `")?.0 {
        "missing field" => REQUIRED,
        "unknown field" => "there is no such field",
        "duplicate field" => "the field is given twice",
        _ => return None,
    };
    Some((message.split('`').nth(1)?, rule))
}

/// The name of a field inside an object. The path may already contain it.
fn inner(path: &str, field: &str) -> String {
    match path == field || path.ends_with(&format!(".{field}")) {
        true => path.to_owned(),
        false => format!("{path}.{field}"),
    }
}

/// The type that the field must have.
fn need(message: &str) -> String {
    let expected = message.rsplit_once(", expected ").map_or("", |(_, expected)| expected);
    let what = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "a string" | "string" => "a string",
        "a boolean" => "true or false",
        "a sequence" => "an array",
        "a map" => "an object",
        _ => "another kind of value",
    };
    format!("the field needs {what}")
}

/// The kind of JSON value that was sent in place of an object.
fn found(message: &str) -> &'static str {
    let kinds = [
        ("sequence", "an array"),
        ("string", "a text"),
        ("integer", "a number"),
        ("floating point", "a number"),
        ("boolean", "true or false"),
        ("null", "null"),
    ];
    let found = message.strip_prefix("invalid type: ").unwrap_or_default();
    kinds.into_iter().find(|(kind, _)| found.starts_with(kind)).map_or("something else", |(_, what)| what)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::super::object::Object;
    use super::super::request::parse_json;
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what is refused is looked at")]
    struct Body {
        count: Option<u64>,
        text: String,
        flag: Option<bool>,
        list: Option<Vec<Object<Inner>>>,
        map: Option<BTreeMap<String, String>>,
        inner: Option<Object<Inner>>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what is refused is looked at")]
    struct Inner {
        number: u64,
    }

    fn refused(body: &str) -> (String, String) {
        match parse_json::<Body>(body.as_bytes()).unwrap_err() {
            Problem::InvalidFields(fields) => (fields[0].field.clone(), fields[0].rule.clone()),
            Problem::MalformedBody(why) => (String::new(), why),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_field_is_told_what_it_needs() {
        for (body, field, rule) in [
            (r#"{"text":"a","count":"1"}"#, "count", "the field needs a whole number, 0 or more"),
            (r#"{"text":"a","count":-1}"#, "count", "the field needs a whole number, 0 or more"),
            (r#"{"text":"a","count":1.5}"#, "count", "the field needs a whole number, 0 or more"),
            (
                r#"{"text":"a","count":18446744073709551616}"#,
                "count",
                "the field needs a whole number, 0 or more",
            ),
            (r#"{"text":7}"#, "text", "the field needs a string"),
            (r#"{"text":null}"#, "text", "the field needs a string"),
            (r#"{"text":"a","flag":"yes"}"#, "flag", "the field needs true or false"),
            (r#"{"text":"a","list":{}}"#, "list", "the field needs an array"),
            (r#"{"text":"a","list":[[1]]}"#, "list[0]", "the field needs an object"),
            (r#"{"text":"a","list":[{}]}"#, "list[0].number", "the field is required"),
            (r#"{"text":"a","map":["a","b"]}"#, "map", "the field needs an object"),
            (r#"{"text":"a","map":{"k":1}}"#, "map.k", "the field needs a string"),
            (r#"{"text":"a","inner":[1]}"#, "inner", "the field needs an object"),
            (
                r#"{"text":"a","inner":{"number":"x"}}"#,
                "inner.number",
                "the field needs a whole number, 0 or more",
            ),
            ("{}", "text", "the field is required"),
            (r#"{"text":"a","txet":1}"#, "txet", "there is no such field"),
            (r#"{"text":"a","text":"b"}"#, "text", "the field is given twice"),
            (r#"["a"]"#, "", "it is an array"),
            ("[]", "", "it is an array"),
            ("7", "", "it is a number"),
            ("null", "", "it is null"),
            (r#""text""#, "", "it is a text"),
            ("", "", "it is empty"),
            ("{", "", "it is not valid JSON at line 1, column 1"),
            (r#"{"text":"a"} x"#, "", "it is not valid JSON at line 1, column 14"),
        ] {
            assert_eq!(refused(body), (field.to_owned(), rule.to_owned()), "{body}");
        }
    }
}
