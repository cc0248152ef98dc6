//! Runs the snippets of the documents unchanged, as a reader would.
//!
//! A snippet runs if it is a shell snippet that uses `$API`, or a Python program that reads `API`. The reader
//! has a folder with files, and `$API` and `$JWT` are set. The reader puts the ids and the URL of an answer
//! into `$UPLOAD_ID`, `$LINK_ID` and `$LINK`, as the documents say. A `.curlrc` makes curl fail on a status
//! of 400 or more. `page` runs the script for a page in Node.

mod markdown;
mod page;

use std::collections::BTreeMap;
use std::process::Stdio;

use acceptance::{App, PNG, shared, skipped};
use reqwest::StatusCode;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use self::markdown::{Snippet, commands, snippets};

/// Returns the scripts for pages of a document, in this language.
pub fn scripts<'a>(markdown: &'a str, language: &str) -> Vec<&'a str> {
    snippets(markdown)
        .into_iter()
        .filter(|snippet| snippet.language == language)
        .map(|snippet| snippet.text)
        .collect()
}

const README: &str = include_str!("../../../../../README.md");
const UPLOADING: &str = include_str!("../../../../../docs/uploading.md");
const REVOCATION: &str = include_str!("../../../../../docs/revocation.md");
const GUIDE: &str = include_str!("../../../../stack/src/dev/guide.sh");

/// A reader of the documents, in a folder with some files.
struct Reader {
    app: App,
    folder: TempDir,
    variables: BTreeMap<&'static str, String>,
}

impl Reader {
    /// Makes a reader with a separate user, because one snippet revokes every link of its user. Returns
    /// `None` if the stack is not local, because only the local issuer signs a JWT for any user.
    fn new() -> Option<Self> {
        let Some(local) = &shared().local else {
            skipped("the docs' snippets", "they revoke every link of their user, and the stack is not local");
            return None;
        };
        let jwt = local.issuer().token(&format!("reader-{}", uuid::Uuid::new_v4())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".curlrc"), "silent\nshow-error\nfail\n").unwrap();
        let app = App::new(&shared().coordinates, Some(jwt.clone()));
        let variables = [("API", app.stack.api_url.clone()), ("JWT", jwt)].into();
        Some(Self { app, folder, variables })
    }

    fn has_file(&self, name: &str, bytes: &[u8]) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn file(&self, name: &str) -> Vec<u8> {
        let path = self.folder.path().join(name);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Runs the snippets of a document that can run, and returns their number.
    async fn follows(&mut self, markdown: &str) -> usize {
        let runnable: Vec<_> = snippets(markdown).into_iter().filter(runs).collect();
        for snippet in &runnable {
            match snippet.language {
                "python" => self.runs_python(snippet.text).await,
                _ => self.runs_shell(snippet.text).await,
            }
        }
        runnable.len()
    }

    async fn runs_shell(&mut self, shell: &str) {
        for command in commands(shell) {
            let shown = self.output(Command::new("bash").args(["-c", &command]), &command).await;
            self.notes(&shown);
        }
    }

    async fn runs_python(&mut self, program: &str) {
        let python = tokio::task::spawn_blocking(stack::python).await.unwrap().unwrap();
        let shown = self.output(Command::new(python).args(["-c", program]), program).await;
        let id = shown.trim().to_owned();
        let upload = self.app.settled(&id).await;
        assert_eq!(upload["state"], "available", "{upload}\n{program}");
        self.variables.insert("UPLOAD_ID", id);
    }

    async fn output(&self, command: &mut Command, text: &str) -> String {
        command.current_dir(self.folder.path()).envs(&self.variables).env("HOME", self.folder.path());
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}\nended with {}: {shown}{errors}", output.status);
        shown
    }

    /// Keeps the values of an answer that the next snippet needs. A reader would copy them from the screen.
    fn notes(&mut self, shown: &str) {
        let answer: Value = serde_json::from_str(shown).unwrap_or(Value::Null);
        for (variable, member) in [("LINK", "url"), ("LINK_ID", "link_id")] {
            if let (Some(value), true) = (answer[member].as_str(), answer["link_id"].is_string()) {
                self.variables.insert(variable, value.to_owned());
            }
        }
    }

    async fn opens(&self) -> StatusCode {
        self.app.open(reqwest::Method::GET, &self.variables["LINK"]).await.status()
    }
}

fn runs(snippet: &Snippet<'_>) -> bool {
    let Snippet { language, text } = snippet;
    (*language == "sh" && text.contains("$API"))
        || (*language == "python" && text.contains("environ[\"API\"]"))
}

#[tokio::test]
async fn the_readme_runs_as_it_stands() {
    let Some(mut reader) = Reader::new() else { return };
    reader.has_file("photos/photo.png", PNG);
    assert_eq!(reader.follows(README).await, 3);
    assert_eq!(reader.file("saved/photo.png"), PNG);
    assert_eq!(reader.opens().await, StatusCode::GONE);
}

#[tokio::test]
async fn uploading_runs_as_it_stands() {
    let Some(mut reader) = Reader::new() else { return };
    let mut video = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    video.resize(17 * 1024 * 1024, b'v');
    reader.has_file("videos/video.mp4", &video);
    assert_eq!(reader.follows(UPLOADING).await, 1);
    let upload = reader.app.show(&reader.variables["UPLOAD_ID"]).await;
    assert_eq!(upload["recorded"]["size_bytes"], video.len(), "three parts: {upload}");
    assert_eq!(upload["filename"], "video.mp4");
}

#[tokio::test]
async fn revocation_runs_as_it_stands() {
    let Some(mut reader) = Reader::new() else { return };
    let upload_id = reader.app.upload("photo.png", "image/png", PNG).await;
    let link = reader.app.link(&upload_id, serde_json::json!({})).await;
    reader.notes(&link.to_string());
    reader.variables.insert("UPLOAD_ID", upload_id.clone());
    assert_eq!(reader.follows(REVOCATION).await, 3);
    assert_eq!(reader.opens().await, StatusCode::GONE);
    reader.app.until(&upload_id, |upload| upload["state"] == "deleted").await;
}

/// Runs the commands that `cargo dev` prints, with several files.
#[tokio::test]
#[ignore = "takes half a minute: cargo test --test journeys -- --ignored"]
async fn the_lines_of_cargo_dev_run_as_they_stand() {
    let Some(mut reader) = Reader::new() else { return };
    let files: [(&str, &[u8], &str); 3] = [
        ("LICENSE-MIT", b"some text", "LICENSE-MIT"),
        ("\u{5831}\u{544a}; \u{7b2c}1, \u{7248}.txt", b"\xe4\xbd\xa0\xe5\xa5\xbd", "__; _1, _.txt"),
        ("empty.txt", b"", "empty.txt"),
    ];
    for (name, bytes, saved) in files {
        reader.has_file(name, bytes);
        reader.variables.insert("F", name.to_owned());
        let script = format!("set -eo pipefail\n{GUIDE}");
        reader.output(Command::new("bash").args(["-c", &script]), name).await;
        assert_eq!(reader.file(&format!("saved/{saved}")), bytes, "{name}");
    }
}
