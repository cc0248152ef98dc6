//! The file that `cargo dev --env-file FILE` writes: lines `export POSTERN_TEST_NAME='value'` for a shell.

use std::collections::BTreeMap;

use super::{Secret, Stack};

/// The functions of every stack.
const FUNCTIONS: [&str; 3] = ["issue-upload", "record-upload", "serve-link"];

/// The roles of every stack.
const ROLES: [&str; 6] =
    ["issue-upload", "record-upload", "serve-link", "upload-signer", "download-signer", "schedule"];

/// The queues of every stack, local ones too, with the ends of their names.
const QUEUES: [(&str, &str); 3] =
    [("uploads", "uploads"), ("dead_uploads", "uploads-dead"), ("dead_removals", "removals-dead")];

/// Reads the file. Returns `None` if it names no API.
pub(super) fn read(text: &str) -> Option<Stack> {
    let variables = variables(text);
    from_lookup(|name| variables.get(name).cloned())
}

/// Makes a stack from variables, whose names have no prefix.
fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Option<Stack> {
    let api_url = lookup("API_URL")?;
    let region = lookup("REGION");
    let named = lookup("NAME").map(|name| named(&name, region.as_deref())).unwrap_or_default();
    let one =
        |name: &str| lookup(name).map(|arn| BTreeMap::from([("1".to_owned(), arn)])).unwrap_or_default();
    Some(Stack {
        region,
        endpoint: lookup("ENDPOINT"),
        api_id: api_id(&api_url),
        link_base_url: Some(api_url.clone()),
        api_url: Some(api_url),
        bucket: lookup("BUCKET"),
        table: lookup("TABLE"),
        files_key_arn: lookup("FILES_KEY_ARN"),
        link_keys: one("LINK_KEY_ARN"),
        upload_token_keys: one("UPLOAD_TOKEN_KEY_ARN"),
        jwt: lookup("JWT").as_deref().map(Secret::new),
        origin: lookup("ORIGIN"),
        ..named
    })
}

/// What follows from the name of a stack.
pub(super) fn named(name: &str, region: Option<&str>) -> Stack {
    let functions = FUNCTIONS.map(|function| (function.to_owned(), format!("{name}-{function}")));
    let queues = QUEUES.map(|(queue, end)| (queue.to_owned(), format!("{name}-{end}")));
    let roles = region.map(|region| ROLES.map(|role| (role.to_owned(), format!("{name}-{region}-{role}"))));
    Stack {
        name: Some(name.to_owned()),
        functions: functions.into(),
        queues: queues.into(),
        roles: roles.into_iter().flatten().collect(),
        table: Some(name.to_owned()),
        ..Stack::default()
    }
}

/// The id of the API in its own address: `https://ID.execute-api.…`, or `…/execute-api/ID/…` on the local AWS.
pub(super) fn api_id(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let id = match rest.split_once("/execute-api/") {
        Some((_, path)) => path.split('/').next()?,
        None => rest.split_once(".execute-api.")?.0,
    };
    Some(id.to_owned())
}

/// The variables with the prefix, without it. A value stands in single quotes, and a quote in it is `'\''`.
fn variables(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in text.split("export POSTERN_TEST_").skip(1) {
        if let Some((name, rest)) = entry.split_once("='") {
            let value = rest.trim_end().strip_suffix('\'').unwrap_or(rest);
            found.insert(name.to_owned(), value.replace(r"'\''", "'"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r"export POSTERN_TEST_API_URL='http://127.0.0.1:1/_aws/execute-api/a1/$default'
export POSTERN_TEST_JWT='the.secret.jwt'
export POSTERN_TEST_REGION='eu-central-1'
export POSTERN_TEST_ENDPOINT='http://127.0.0.1:1'
export POSTERN_TEST_NAME='it'\''s'
export POSTERN_TEST_TABLE='it'\''s'
";

    #[test]
    fn the_file_names_the_stack() {
        let stack = read(FILE).unwrap();
        assert_eq!(stack.api_id.as_deref(), Some("a1"));
        assert_eq!(stack.table.as_deref(), Some("it's"));
        assert_eq!(stack.functions["issue-upload"], "it's-issue-upload");
        assert_eq!(stack.roles["upload-signer"], "it's-eu-central-1-upload-signer");
        assert_eq!(stack.jwt.as_ref().unwrap().expose(), "the.secret.jwt");
        assert!(stack.is_local());
    }

    #[test]
    fn a_name_leads_to_every_dead_letter_queue_that_a_stack_can_have() {
        let stack = named("p", None);
        let dead = stack.sought_dead_letter_queues();
        let names: Vec<_> = dead.iter().map(|queue| queue.name.as_str()).collect();
        let all = ["p-app-events-dead", "p-removals-dead", "p-tidy-dead", "p-uploads-dead", "p-webhook-dead"];
        assert_eq!(names, all);
        assert!(dead.iter().all(|queue| !queue.is_certain));
        assert_eq!(stack.sought_queue("webhook").unwrap().name, "p-webhook");
    }

    #[test]
    fn a_file_without_variables_names_none() {
        assert_eq!(read("export PATH='/bin'\n"), None);
    }

    #[test]
    fn the_debug_text_has_no_jwt() {
        assert!(!format!("{:?}", read(FILE).unwrap()).contains("the.secret"));
    }

    #[test]
    fn the_id_of_the_api_stands_in_its_own_address_only() {
        assert_eq!(api_id("https://a1b2.execute-api.eu-central-1.amazonaws.com").as_deref(), Some("a1b2"));
        assert_eq!(api_id("https://files.example.com"), None);
    }
}
