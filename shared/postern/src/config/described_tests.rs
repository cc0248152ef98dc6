//! `terraform/description.json` gives each function the variables that the function reads, and no other.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::check;

/// A valid value of every coordinate: optional parts are on, since a function reads fewer variables
/// without them.
const COORDINATES: &[(&str, &str)] = &[
    ("allowed_types", "*/*"),
    ("brand", r##"{"name":"Acme","logo_url":"https://cdn.example/logo.png","color":"#0b57d0"}"##),
    ("bucket_name", "files"),
    ("cloudfront_domain", "d1.cloudfront.net"),
    ("cloudfront_key_pair_id", "K1"),
    ("cloudfront_secret_arn", "arn:secret"),
    ("cloudfront_window_s", "30"),
    ("content_scan", "required"),
    ("download_signer_role_arn", "arn:download"),
    ("files_key_arn", "arn:files"),
    ("form_ttl_s", "900"),
    ("link_base_url", "https://files.example"),
    ("link_check_object", "true"),
    ("link_keys", "1=arn:links"),
    ("link_page", "auto"),
    ("link_url_ttl_max_s", "900"),
    ("link_track", "true"),
    ("link_url_ttl_s", "60"),
    ("max_image_pixels", "1"),
    ("max_size_bytes", "1"),
    ("owner_bytes_per_day", "1"),
    ("owner_claim", "sub"),
    ("owner_pending_uploads", "1"),
    ("redirect_origins", "https://app.example"),
    ("signer_session_s", "3600"),
    ("table_name", "table"),
    ("track_network", "full"),
    ("upload_signer_role_arn", "arn:upload"),
    ("upload_token_keys", "1=arn:tokens"),
    ("viewer_header", "cloudfront-viewer-address"),
    ("webhook_dead_letter_queue_url", "https://sqs/dead"),
    ("webhook_queue_url", "https://sqs/queue"),
    ("webhook_secret_arn", "arn:webhook"),
    ("webhook_url", "https://app.example/hooks"),
];

#[derive(serde::Deserialize)]
struct Description {
    functions: BTreeMap<String, Function>,
}

#[derive(serde::Deserialize)]
struct Function {
    environment: BTreeMap<String, String>,
}

#[test]
fn each_function_reads_the_variables_that_it_is_given_and_no_other() {
    let text = include_str!("../../../../terraform/description.json");
    let description: Description = serde_json::from_str(text).unwrap();
    let coordinates: BTreeMap<_, _> = COORDINATES.iter().copied().collect();
    for (name, function) in description.functions {
        let asked = RefCell::new(BTreeSet::new());
        let lookup = |variable: &str| {
            if variable == "AWS_REGION" {
                return Some("eu-central-1".to_owned());
            }
            if variable.starts_with("POSTERN_") {
                asked.borrow_mut().insert(variable.to_owned());
            }
            let coordinate = function.environment.get(variable)?;
            Some((*coordinates.get(coordinate.as_str())?).to_owned())
        };
        check(&name, lookup).unwrap_or_else(|error| panic!("{name}: {error}"));
        let given: BTreeSet<_> = function.environment.keys().cloned().collect();
        assert_eq!(*asked.borrow(), given, "{name}");
    }
}
