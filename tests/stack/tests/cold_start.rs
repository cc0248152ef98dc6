//! Tests of what a function does at its cold start before its first request: the files that it opens.

#![expect(clippy::unwrap_used, reason = "a failing test should stop at its cause")]

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use stack::{function_executables, skipped};

const FUNCTIONS: [&str; 4] = ["issue-upload", "record-upload", "send-webhook", "serve-link"];

/// The bundles of root certificates, in the order in which a function looks for them.
const BUNDLES: [&str; 2] =
    ["/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/certs/ca-certificates.crt"];

const ROLE: &str = "arn:aws:iam::111122223333:role/signer";
const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/k";
const LINK_KEYS: &str = "1=arn:aws:kms:eu-central-1:111122223333:key/links";

/// The variables of all functions.
const VARIABLES: [(&str, &str); 40] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "function"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "group"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
    ("AWS_SESSION_TOKEN", "token"),
    ("POSTERN_TABLE", "table"),
    ("POSTERN_BUCKET", "bucket"),
    ("POSTERN_FILES_KEY_ARN", KEY),
    ("POSTERN_SIGNER_ROLE_ARN", ROLE),
    ("POSTERN_SIGNER_SESSION_S", "3600"),
    ("POSTERN_FORM_TTL_S", "3600"),
    ("POSTERN_MAX_SIZE_BYTES", "1000"),
    ("POSTERN_ALLOWED_TYPES", "*/*"),
    ("POSTERN_LINK_KEYS", LINK_KEYS),
    ("POSTERN_UPLOAD_TOKEN_KEYS", LINK_KEYS),
    ("POSTERN_LINK_BASE_URL", "http://127.0.0.1:1"),
    ("POSTERN_LINK_URL_TTL_S", "60"),
    ("POSTERN_LINK_URL_TTL_MAX_S", "60"),
    ("POSTERN_OWNER_CLAIM", "sub"),
    ("POSTERN_OWNER_PENDING_UPLOADS", "none"),
    ("POSTERN_OWNER_BYTES_PER_DAY", "none"),
    ("POSTERN_REDIRECT_ORIGINS", "none"),
    ("POSTERN_LINK_TRACK", "false"),
    ("POSTERN_MAX_IMAGE_PIXELS", "0"),
    ("POSTERN_CONTENT_SCAN", "off"),
    ("POSTERN_WEBHOOK_URL", "https://receiver.example/"),
    ("POSTERN_WEBHOOK_SECRET_ARN", "arn:aws:secretsmanager:eu-central-1:111122223333:secret:s"),
    ("POSTERN_WEBHOOK_QUEUE_URL", "http://127.0.0.1:1/queue"),
    ("POSTERN_WEBHOOK_DEAD_LETTER_QUEUE_URL", "http://127.0.0.1:1/dead"),
    ("POSTERN_LINK_CHECK_OBJECT", "false"),
    ("POSTERN_LINK_PAGE", "auto"),
    ("POSTERN_BRAND", "none"),
    ("POSTERN_TRACK_NETWORK", "none"),
    ("POSTERN_VIEWER_HEADER", ""),
    ("POSTERN_CLOUDFRONT_DOMAIN", ""),
    ("RUST_BACKTRACE", "0"),
];

#[test]
fn a_cold_start_reads_one_file_of_root_certificates() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        return skipped("the files that a cold start opens", "strace is not installed");
    }
    let Some(bundle) = BUNDLES.into_iter().find(|path| Path::new(path).exists()) else {
        return skipped("the files that a cold start opens", "ca-certificates is not installed");
    };
    let executables = function_executables(&FUNCTIONS.map(str::to_owned)).unwrap();
    for function in FUNCTIONS {
        let executable = executables.get(function).unwrap();
        assert_eq!(opened(executable, None), [bundle], "{function}");
        // An operator's choice: only this file is read.
        let folder = tempfile::tempdir().unwrap();
        let chosen = folder.path().join("chosen.pem");
        fs::copy(bundle, &chosen).unwrap();
        let files = opened(executable, Some(&chosen));
        assert!(
            !files.is_empty() && files.iter().all(|file| Path::new(file) == chosen),
            "{function}: {files:?}"
        );
    }
}

/// The files that a function opens before its first connection, which is to AWS or to Lambda's Runtime API, without
/// those of the system: libraries, `/proc`, `/sys`.
fn opened(executable: &Path, chosen: Option<&Path>) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let mut traced = Command::new("strace")
        .args(["-f", "-e", "trace=execve,open,openat,openat2,connect", "-o"])
        .args([&trace, executable])
        .env_clear()
        .envs(VARIABLES)
        .env("AWS_LAMBDA_RUNTIME_API", &address)
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        .envs(chosen.map(|path| ("SSL_CERT_FILE", path)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // `accept` must not wait for a function that has ended.
    listener.set_nonblocking(true).unwrap();
    let begin = Instant::now();
    let _connection = loop {
        if let Ok(connection) = listener.accept() {
            break connection;
        }
        assert_eq!(traced.try_wait().unwrap(), None, "{} ended", executable.display());
        assert!(begin.elapsed() < Duration::from_secs(60), "{} connects nowhere", executable.display());
        thread::sleep(Duration::from_millis(5));
    };
    let text = fs::read_to_string(&trace).unwrap();
    // Each line begins with the process.
    let process = text.split(' ').next().unwrap();
    assert!(Command::new("kill").args(["-KILL", process]).status().unwrap().success());
    traced.wait().unwrap();
    let before = text.lines().take_while(|line| !line.contains(" connect("));
    let files = before.filter(|line| line.contains(" open") && !line.contains(" = -1 ")).filter_map(path);
    files.filter(|file| !is_of_the_system(file)).collect()
}

/// The path in a line of strace.
fn path(line: &str) -> Option<String> {
    line.split('"').nth(1).map(str::to_owned)
}

fn is_of_the_system(file: &str) -> bool {
    ["/proc/", "/sys/", "/dev/", "/etc/ld.so"].iter().any(|folder| file.starts_with(folder))
        || file.contains(".so")
}
