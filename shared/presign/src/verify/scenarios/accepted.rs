//! Forms that S3 accepts.

use serde_json::json;

use super::scenario::{FileName, Scenario};
use super::setup::Setup;

/// Each has one property that S3 allows.
pub(super) fn scenarios(setup: &Setup<'_>) -> Vec<Scenario> {
    let plain = |name| setup.plain(name);
    let exact = [
        json!({ "bucket": setup.bucket }),
        json!({ "key": "foo.txt" }),
        json!(["content-length-range", 3, 3]),
    ];
    let mixed = [
        json!({ "bUcKeT": setup.bucket }),
        json!(["StArTs-WiTh", "$KeY", "foo"]),
        json!(["CoNtEnT-LeNgTh-RaNgE", 0, 1024]),
    ];
    let with = |name, more: &[serde_json::Value]| plain(name).document(setup.policy(more));
    let mut all = vec![
        plain("a plain form"),
        plain("every condition exact").document(setup.document(&exact)),
        with("the list form of an exact condition", &[json!(["eq", "$x-amz-meta-foo", "bar"])])
            .field("x-amz-meta-foo", "bar"),
        plain("names of conditions and operators in any case").document(setup.document(&mixed)),
        plain("names of fields in any case").fields(&[("KeY", "foo.txt")]),
        with("a content type by its prefix", &[json!(["starts-with", "$Content-Type", "text/"])])
            .field("Content-Type", "text/plain"),
        with(
            "a list of content types, each with the prefix",
            &[json!(["starts-with", "$content-type", "image/"])],
        )
        .field("content-type", "image/png,image/jpeg"),
        with("metadata of any value", &[json!(["starts-with", "$x-amz-meta-foo", ""])])
            .field("x-amz-meta-foo", "barclamp"),
        with("metadata of any value, an empty one", &[json!(["starts-with", "$x-amz-meta-foo", ""])])
            .field("x-amz-meta-foo", ""),
        with("an empty exact value", &[json!({ "x-amz-meta-foo": "" })]).field("x-amz-meta-foo", ""),
        with("two conditions on one field", &[json!(["starts-with", "$key", "foo."])]),
        plain("an ignored field").field("x-ignore-foo", "bar"),
        plain("the file's name in the key").fields(&[("key", "foo/${filename}")]),
        Scenario { filename: FileName::Nameless, ..plain("a file without a name") },
        Scenario {
            filename: FileName::Nameless,
            ..plain("a nameless file's name in the key").fields(&[("key", "foo/${filename}")])
        },
        plain("a backslash in the key").fields(&[("key", "foo\\$bar.txt")]),
        plain("a key beyond ASCII").fields(&[("key", "foo-\u{fc}\u{1F600}.txt")]),
        plain("a field after the file").with_after("x-amz-meta-foo", "bar"),
        Scenario { content: vec![b'x'; 1024], ..plain("a file of the largest size") },
        Scenario { content: Vec::new(), ..plain("an empty file that is allowed") },
    ];
    for status in ["200", "201", "204"] {
        let name = match status {
            "200" => "success_action_status 200",
            "201" => "success_action_status 201",
            _ => "success_action_status 204",
        };
        let condition = [json!({ "success_action_status": status })];
        all.push(with(name, &condition).field("success_action_status", status));
    }
    let reordered = with("the fields in another order", &[json!({ "x-amz-meta-a": "1" })]);
    all.push(reordered.fields(&[("x-amz-meta-a", "1"), ("key", "foo.txt")]));
    let escaped = setup.policy(&[json!({ "x-amz-meta-foo": "DOLLAR" })]).replace("DOLLAR", "\\$5");
    all.push(plain("an escaped dollar sign").document(escaped).field("x-amz-meta-foo", "$5"));
    all
}

impl Scenario {
    fn with_after(mut self, name: &str, value: &str) -> Self {
        self.after.push((name.to_owned(), value.to_owned()));
        self
    }
}
