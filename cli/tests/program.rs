//! The program itself: exit codes, JSON, files, and its own error messages.

#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const NOW: &str = "2026-11-24T10:05:00Z";
const URL: &str = "https://files.s3.eu-central-1.amazonaws.com/uploads/photo.png?X-Amz-Algorithm=AWS4-HMAC-SHA256&\
    X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261124%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20261124T100000Z&\
    X-Amz-Expires=900&X-Amz-SignedHeaders=host&\
    X-Amz-Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn postern(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
    command.args(arguments).env_remove("POSTERN_EXPLAIN_SECRET");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn explain(arguments: &[&str], input: &str) -> (i32, String) {
    let output = postern(&[&["explain", "--now", NOW], arguments].concat(), input);
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn the_exit_code_says_what_came_out() {
    for (input, code, says) in [
        ("<Error><Code>NoSuchKey</Code></Error>", 0, "object_missing"),
        ("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>", 1, "no_right"),
        ("nothing of the kind", 3, "Nothing was recognized"),
        (URL, 4, "No fault is seen"),
    ] {
        let (exit, said) = explain(&[], input);
        assert!(exit == code && said.contains(says), "{exit}: {said}");
    }
    assert_eq!(postern(&["explain", "--size", "many"], "").status.code(), Some(2));
    assert_eq!(postern(&["explain", "/no/such/file"], "").status.code(), Some(2));
}

#[test]
fn json_has_the_cause_the_blame_and_the_signer() {
    let late =
        format!("{URL}\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>");
    let (exit, said) = explain(&["--json"], &late);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(exit, 0);
    assert_eq!(said.pointer("/outcome").unwrap(), "cause_found");
    assert_eq!(said.pointer("/diagnoses/0/cause").unwrap(), "url_expired");
    assert_eq!(said.pointer("/diagnoses/0/blame/name").unwrap(), "X-Amz-Expires");
    assert_eq!(said.pointer("/signed/0/key_id").unwrap(), "AKIAIOSFODNN7EXAMPLE");
    assert_eq!(said.pointer("/signed/0/works_until").unwrap(), "2026-11-24T10:15:00Z");
    assert!(!said.to_string().contains("0123456789abcdef"));
}

#[test]
fn files_are_read_together_and_a_url_may_stand_for_one() {
    let folder = std::env::temp_dir().join(format!("postern-explain-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (error, secret) = (folder.join("error.xml"), folder.join("secret"));
    std::fs::write(&error, "<Error><Code>SignatureDoesNotMatch</Code><Message>m</Message></Error>").unwrap();
    std::fs::write(&secret, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n").unwrap();
    let arguments = ["--secret-file", secret.to_str().unwrap(), URL, error.to_str().unwrap()];
    let (exit, said) = explain(&arguments, "");
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(exit == 0 && said.contains("secret_differs"), "{exit}: {said}");
    assert!(!said.contains("0123456789abcdef") && !said.contains("wJalrXUtnFEMI"), "{said}");
}

#[test]
fn its_own_errors_have_no_secret() {
    let path = URL.replace("https://", "/no/such/");
    let (exit, said) = explain(&[&path], "");
    assert!(exit == 2 && !said.contains("0123456789abcdef"), "{exit}: {said}");
    // clap repeats a wrong value.
    let (exit, said) = explain(&["--size", URL], "");
    assert!(exit == 2 && !said.contains("0123456789abcdef"), "{exit}: {said}");
}

#[test]
fn an_error_is_json_where_json_is_asked_for() {
    for (arguments, code) in [
        (&["explain", "--size", "many", "--json"][..], "wrong_usage"),
        (&["explain", "/no/such/file", "--json"], "could_not_look"),
    ] {
        let output = postern(arguments, "");
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), said.pointer("/error").unwrap().as_str()), (Some(2), Some(code)));
        assert!(!said.pointer("/cause").unwrap().as_str().unwrap().is_empty());
        assert!(!output.stderr.is_empty());
    }
}

#[test]
#[cfg(feature = "aws")]
fn no_error_repeats_a_links_token() {
    const TOKEN: &str = "AQkJCQkJCQkJCQkJCQkJCQkAAAAAAAAA";
    for arguments in [
        &["upload", "show", TOKEN][..],
        &["owner", "revoke", TOKEN],
        &["uploads", "--owner", TOKEN],
        &["links", "--upload", TOKEN],
        &["upload", TOKEN],
        &[TOKEN],
    ] {
        for json in [&[][..], &["--json"]] {
            let output = postern(&[arguments, json].concat(), "");
            let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert!(output.status.code() == Some(2) && !said.contains(TOKEN), "{said}");
        }
    }
}
