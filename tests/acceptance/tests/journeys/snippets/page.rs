//! Runs the documented script for a page in Node. The test defines `api`, `path` and the file that a person
//! chooses.

use std::path::Path;
use std::process::Output;

use acceptance::{App, PNG, skipped};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use super::UPLOADING;
use super::markdown::snippets;

/// Uploads several files, and prints for each one the upload's id or the message of the error.
const CHOSEN: &str = r"
const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
const png = bytes(process.env.PNG), heic = bytes(process.env.HEIC)
for (const file of [
  new File([png], 'photo.png', { type: 'image/png' }),
  new File([heic], 'IMG_1.HEIC'),
  new File(['words'], 'photo.png', { type: 'image/png' }),
  new File(['words'], 'words.txt', { type: 'text/plain' }),
  new File([png, new Uint8Array(2000)], 'photo.png', { type: 'image/png' }),
]) {
  input.files = [file]
  console.log(await chosen().then((id) => `id ${id}`, ({ message }) => message))
}
";

async fn node(folder: &Path, script: &str, variables: &[(&str, String)]) -> Option<Output> {
    std::fs::write(folder.join("page.mjs"), script).unwrap();
    let variables = variables.iter().map(|(name, value)| (*name, value.as_str()));
    Command::new("node").arg("page.mjs").current_dir(folder).envs(variables).output().await.ok()
}

/// Returns the snippet as a script that runs the snippet's last line once for each file.
fn script(api: &str, path: &str) -> String {
    const LAST: &str = "await upload(withType(input.files[0]))";
    let snippet = snippets(UPLOADING).into_iter().find(|snippet| snippet.text.contains(LAST)).unwrap();
    let snippet = snippet.text.replace(LAST, "const chosen = () => upload(withType(input.files[0]))");
    format!("const api = {api:?}, path = {path:?}, input = {{}}\n{snippet}\n{CHOSEN}")
}

#[tokio::test]
async fn the_script_for_a_page_runs_as_it_stands() {
    let app = App::user();
    let token =
        json!({ "content_types": ["image/*"], "max_size_bytes": 1000, "uses": 9, "expires_in_s": 900 });
    let (_, token) = app.call(Method::POST, "/upload-tokens", Some(token)).await;
    let script = script(&app.stack.api_url, token["path"].as_str().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x30meta\0\0\0\0\0\0\0\x24iprp\0\0\0\x1Cipco\0\0\0\x14ispe\0\0\0\0\0\0\0\x40\0\0\0\x40";
    let files = [("PNG", BASE64_STANDARD.encode(PNG)), ("HEIC", BASE64_STANDARD.encode(heic))];
    let Some(output) = node(folder.path(), &script, &files).await else {
        return skipped("the script for a page", "there is no Node");
    };
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<_> = shown.lines().collect();
    let [png, heic, rejected, refused, too_large] = lines[..] else {
        panic!("{shown}{}", String::from_utf8_lossy(&output.stderr));
    };
    for (line, sniffed) in [(png, "image/png"), (heic, "image/heic")] {
        let upload: Value = app.show(line.strip_prefix("id ").expect(line)).await;
        assert_eq!(
            (&upload["state"], &upload["recorded"]["sniffed_type"]),
            (&json!("available"), &json!(sniffed))
        );
    }
    assert!(rejected.starts_with("the bytes are text/plain"), "{rejected}");
    assert!(refused.contains("this upload token allows image/*"), "{refused}");
    assert!(too_large.contains("size_bytes: the size is"), "{too_large}");
}
