//! Interrupted downloads that independent programs resume through the link.

use std::path::Path;
use std::process::Output;

use acceptance::skipped;
use serde_json::{Value, json};
use tokio::process::Command;

use super::witness::LinkRequest;

const CUT_AFTER: usize = 700_000;

fn bytes() -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    (0..2_000_000).map(|_| random.u8(..)).collect()
}

async fn run(program: impl AsRef<std::ffi::OsStr>, folder: &Path, arguments: &[&str]) -> Option<Output> {
    Command::new(program).args(arguments).current_dir(folder).output().await.ok()
}

fn visit(range: Option<String>, status: u16) -> LinkRequest {
    LinkRequest { range, status, origin: None, has_cookie: false }
}

/// Returns how many bytes were saved before the cut.
fn saved(folder: &Path, name: &str) -> usize {
    std::fs::read(folder.join(name)).unwrap().len()
}

#[tokio::test]
async fn an_interrupted_download_resumes_where_it_stopped() {
    if !super::is_local() {
        return skipped("resumed downloads", "only a local stack lets a test cut a connection");
    }
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    let (app, bytes) = (witnessed.app(), bytes());
    let upload = app.upload("data.bin", "application/octet-stream", &bytes).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let url = |link: &Value| witnessed.address(link);

    // The link allows one opening, so the second request must belong to the same opening.
    witnessed.witness.visits();
    witnessed.witness.cut_after(CUT_AFTER);
    let counted = app.link(&upload, json!({ "max_opens": 1 })).await;
    let curl = ["-sSfL", "-b", "jar", "-c", "jar", "-o", "curl", &url(&counted)];
    match run("curl", folder, &curl).await {
        Some(first) => {
            assert!(!first.status.success(), "curl did not notice the cut");
            let at = saved(folder, "curl");
            let again = run("curl", folder, &[&["-C", "-"], &curl[..]].concat()).await.unwrap();
            assert!(again.status.success(), "{again:?}");
            assert!(std::fs::read(folder.join("curl")).unwrap() == bytes, "curl: other bytes");
            let rest = visit(Some(format!("bytes={at}-")), 206);
            assert_eq!(witnessed.witness.visits(), [visit(None, 200), rest]);
        }
        None => skipped("a resumed download by curl", "there is no curl"),
    }

    // wget itself repeats the request, with the cookies of the first answer.
    witnessed.witness.cut_after(CUT_AFTER);
    let plain = app.link(&upload, json!({})).await;
    match run("wget", folder, &["-q", "--tries=3", "--waitretry=0", "-O", "wget", &url(&plain)]).await {
        Some(output) => {
            assert!(output.status.success(), "{output:?}");
            assert!(std::fs::read(folder.join("wget")).unwrap() == bytes, "wget: other bytes");
            let visits = witnessed.witness.visits();
            assert!(visits.len() == 2 && visits[1].status == 206, "{visits:?}");
        }
        None => skipped("a resumed download by wget", "there is no wget"),
    }

    let script = "
import os, sys, requests
session = requests.Session()
with open(sys.argv[2], 'wb') as file:
    try:
        for chunk in session.get(sys.argv[1], stream=True).iter_content(65536):
            file.write(chunk)
        sys.exit('the cut was not seen')
    except requests.exceptions.RequestException:
        pass
    file.flush()
    rest = session.get(sys.argv[1], headers={'Range': f'bytes={file.tell()}-'})
    assert rest.status_code == 206, rest.status_code
    file.write(rest.content)
";
    // requests sends a `Secure` cookie only over TLS, so this link does not count openings.
    witnessed.witness.cut_after(CUT_AFTER);
    let python = tokio::task::spawn_blocking(stack::python).await.unwrap().unwrap();
    let output = run(python, folder, &["-c", script, &url(&plain), "requests"]).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(std::fs::read(folder.join("requests")).unwrap() == bytes, "requests: other bytes");
}
