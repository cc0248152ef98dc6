//! What a person pastes into `postern explain`, with a secret in it: the program answers, and never says the secret.
//!
//! `cli/tests/fuzz_cases.rs` includes this file and replays `corpus/explain` in the ordinary tests.

use postern_cli::explain::{Secret, Settings, explain};
use postern_cli::input;
use s3_presigned::Timestamp;

const SIGNATURE: &str = "5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592";

/// The input twice: alone, and behind a URL with a signature. The first byte chooses what the caller knows.
pub fn explained(bytes: &[u8]) {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let mut settings = Settings::at(Timestamp::from_epoch_s(1_795_514_400));
    settings.size_bytes = (choice & 1 != 0).then_some(10);
    settings.key = (choice & 2 != 0).then(|| "a b".to_owned());
    settings.method = (choice & 4 != 0).then(|| "HEAD".to_owned());
    settings.secret = (choice & 8 != 0).then(|| Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"));
    let text = input::decode(rest);
    let said = explain(&text, &settings).to_string();
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "a control character came through");
    let url = format!(
        "https://a.s3.eu-central-1.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAQNZGKIQY56JQ7WML\
         %2F20261124%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20261124T100000Z&X-Amz-Expires=900\
         &X-Amz-SignedHeaders=host&X-Amz-Signature={SIGNATURE}\n{text}"
    );
    let explanation = explain(&url, &settings);
    let said = format!("{explanation}{}", serde_json::to_string(&explanation).unwrap_or_default());
    assert!(!said.contains(SIGNATURE), "a signature is said");
    assert!(!said.contains("wJalrXUtnFEMI"), "the secret is said");
}
