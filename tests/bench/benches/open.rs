//! Opens a link as in Lambda, by serve-link and by the same handler in Node and in Python, in pairs: `cargo
//! bench --bench open`.
//!
//! Each program is a process on one processor. All programs ask the same Runtime API for their events, and
//! the same stand-in for DynamoDB, KMS and STS (`open/double.rs`). The handlers in Node and Python are as
//! fast as their SDKs allow: one file each, clients made once, connections kept, no framework. They do the
//! same work, down to the answer's headers and the log's line. serve-link is the release build that goes to
//! AWS.
//!
//! Openings a second on one core are computed from processor time. The time from one answer to the next is
//! printed too. Other work on the machine slows all programs. So they take turns of some tenths of a second,
//! and each turn is compared with its neighbors. `POSTERN_BENCH_PYTHON` names a Python that has boto3
//! (default: the local AWS's own, else `python3`), and `ROUNDS` the number of rounds (5).
//! `POSTERN_BENCH_BUILT` names one or more builds of serve-link, separated by commas, which are measured in
//! place of a new build. A missing program is reported.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "this is a measurement"
)]

#[path = "open/double.rs"]
mod double;
#[path = "open/subject.rs"]
mod subject;

use std::path::{Path, PathBuf};
use std::process::Command;

use postern::keys::{KeyVersion, LinkKeys, TokenKey, TokenKeys};
use serde_json::{Value, json};

use double::Double;
use subject::{OPENINGS, Subject, TURNS};

/// The derived key of all programs: 32 times the letter `k`.
const MAC: &str = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=";
const KEY: [u8; 32] = [b'k'; 32];

fn main() {
    // `cargo test --benches` starts this too, without `--bench`.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let rounds = std::env::var("ROUNDS").map_or(5, |text| text.parse().unwrap());
    let programs = programs();
    let mut seen: Vec<Seen> = programs.iter().map(|_| Seen::default()).collect();
    for _ in 0..rounds {
        round(&programs, &mut seen);
    }
    println!("{rounds} rounds of {TURNS} turns of {OPENINGS} openings each, medians (least to most)\n");
    for ((name, _), seen) in programs.iter().zip(&seen) {
        println!("{name}");
        print("  first answer, ms", &seen.cold_ms);
        print("  openings a second on one core", &seen.cpu_us.iter().map(|us| 1e6 / us).collect::<Vec<_>>());
        print("  from answer to answer, us", &seen.wall_us);
        print("  peak memory, MiB", &seen.peak_mib);
    }
    for ((name, _), other) in programs.iter().zip(&seen).skip(1) {
        println!("serve-link against {name}, in pairs");
        let ours = &seen[0];
        print("  times as many openings a second", &ratios(&other.cpu_us, &ours.cpu_us));
        print("  times as fast from cold", &ratios(&other.cold_ms, &ours.cold_ms));
        print("  of its memory", &ratios(&ours.peak_mib, &other.peak_mib));
    }
}

/// The results of one program: a start for each round, and many turns.
#[derive(Default)]
struct Seen {
    cold_ms: Vec<f64>,
    cpu_us: Vec<f64>,
    wall_us: Vec<f64>,
    peak_mib: Vec<f64>,
}

/// Starts every program anew. Then they take turns, so that other work on the machine affects all of them
/// alike.
fn round(programs: &[(&str, Vec<String>)], seen: &mut [Seen]) {
    let start = |(_, program): &(&str, Vec<String>)| {
        let double = Double::start(event(), item(), MAC.to_owned());
        let variables = variables(&double.address);
        Subject::start(program, &variables, double)
    };
    let subjects: Vec<Subject> = programs.iter().map(start).collect();
    subjects.iter().for_each(Subject::warm_up);
    for _ in 0..TURNS {
        for (subject, seen) in subjects.iter().zip(&mut *seen) {
            let turn = subject.take_turn();
            seen.cpu_us.push(turn.cpu_us);
            seen.wall_us.push(turn.wall_us);
        }
    }
    for (subject, seen) in subjects.iter().zip(seen) {
        seen.cold_ms.push(subject.cold_ms);
        seen.peak_mib.push(subject.peak_mib());
    }
}

fn ratios(above: &[f64], below: &[f64]) -> Vec<f64> {
    above.iter().zip(below).map(|(above, below)| above / below).collect()
}

fn print(what: &str, figures: &[f64]) {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    let (least, median, most) = (figures[0], figures[figures.len() / 2], figures[figures.len() - 1]);
    println!("{what:<36}{median:>10.2}   ({least:.2} to {most:.2})");
}

/// Name and command of each program, serve-link first.
fn programs() -> Vec<(&'static str, Vec<String>)> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    let mut subjects = match std::env::var("POSTERN_BENCH_BUILT") {
        Ok(built) => built.split(',').map(|path| ("serve-link", vec![path.to_owned()])).collect(),
        Err(_) => vec![("serve-link", vec![text(serve_link())])],
    };
    if subjects.len() > 1 {
        return subjects;
    }
    match node_folder(here) {
        Some(folder) => {
            subjects.push(("Node", vec!["node".to_owned(), text(folder.join("serve-link.mjs"))]));
        }
        None => println!("SKIPPED: Node: node or its packages are not here"),
    }
    let python = std::env::var("POSTERN_BENCH_PYTHON").ok().or_else(|| stack_python(here).map(text));
    let python = python.unwrap_or_else(|| "python3".to_owned());
    match Command::new(&python).args(["-c", "import boto3"]).status().is_ok_and(|status| status.success()) {
        true => subjects.push(("Python", vec![python, text(here.join("others/serve_link.py"))])),
        false => println!("SKIPPED: Python: {python} has no boto3"),
    }
    subjects
}

fn serve_link() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "build",
            "--release",
            "--locked",
            "--workspace",
            "--bin=serve-link",
            "--message-format=json-render-diagnostics",
        ])
        .stderr(std::process::Stdio::inherit())
        .output()
        .unwrap();
    let messages = String::from_utf8(output.stdout).unwrap();
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut built = messages.filter(|message| message["target"]["name"] == "serve-link");
    let executable = built.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    executable.expect("cargo builds serve-link")
}

fn node_folder(here: &Path) -> Option<PathBuf> {
    let folder = here.join("../../target/bench-others");
    std::fs::create_dir_all(&folder).unwrap();
    let lock = here.join("others/package-lock.json");
    let installed = std::fs::read(folder.join("package-lock.json")).ok() == std::fs::read(&lock).ok();
    for name in ["package.json", "package-lock.json", "serve-link.mjs"] {
        std::fs::copy(here.join("others").join(name), folder.join(name)).unwrap();
    }
    if !installed || !folder.join("node_modules").exists() {
        let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        let done = Command::new("npm").args(install).current_dir(&folder).status();
        done.ok().filter(std::process::ExitStatus::success)?;
    }
    Some(folder)
}

/// The Python that the local AWS runs on, where it was installed.
fn stack_python(here: &Path) -> Option<PathBuf> {
    let folders = std::fs::read_dir(here.join("../../target/stack")).ok()?.flatten();
    let pythons = folders.map(|folder| folder.path().join("bin/python"));
    pythons.into_iter().find(|python| python.exists())
}

/// The environment variables that Terraform and Lambda set.
fn variables(address: &str) -> Vec<(String, String)> {
    let elsewhere = format!("http://{address}");
    let variables = [
        ("AWS_LAMBDA_RUNTIME_API", address),
        ("AWS_LAMBDA_FUNCTION_NAME", "serve-link"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "group"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
        ("AWS_REGION", bench::REGION),
        ("AWS_DEFAULT_REGION", bench::REGION),
        ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_ENDPOINT_URL", &elsewhere),
        ("POSTERN_TABLE", "table"),
        ("POSTERN_BUCKET", bench::BUCKET),
        ("POSTERN_SIGNER_ROLE_ARN", "arn:aws:iam::111122223333:role/download-signer"),
        ("POSTERN_SIGNER_SESSION_S", "3600"),
        ("POSTERN_LINK_URL_TTL_S", "60"),
        ("POSTERN_LINK_URL_TTL_MAX_S", "60"),
        ("POSTERN_LINK_CHECK_OBJECT", "false"),
        ("POSTERN_LINK_PAGE", "auto"),
        ("POSTERN_BRAND", "none"),
        ("POSTERN_LINK_BASE_URL", "http://127.0.0.1:1"),
        ("POSTERN_TRACK_NETWORK", "none"),
        ("POSTERN_CLOUDFRONT_DOMAIN", ""),
        ("POSTERN_LINK_KEYS", "1=arn:aws:kms:eu-central-1:111122223333:key/links"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn link_token() -> (String, String) {
    let token = LinkKeys::new(TokenKeys::new(vec![TokenKey { version: KeyVersion(1), key: KEY }]).unwrap())
        .make([7; 16]);
    (token.reveal(), token.link_id().as_str().to_owned())
}

/// An event of the HTTP API for a browser's request.
fn event() -> String {
    let (token, _) = link_token();
    let path = format!("/l/{token}");
    json!({
        "version": "2.0", "routeKey": "GET /l/{token}", "rawPath": path, "rawQueryString": "",
        "headers": {
            "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "accept-encoding": "gzip, deflate, br", "accept-language": "de,en;q=0.5", "content-length": "0",
            "host": "files.example.com", "sec-fetch-dest": "document", "sec-fetch-mode": "navigate",
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "x-amzn-trace-id": "Root=1-00000000-000000000000000000000000",
            "x-forwarded-for": "192.0.2.7", "x-forwarded-port": "443", "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "111122223333", "apiId": "api", "domainName": "files.example.com",
            "domainPrefix": "files", "requestId": "JKJaXmPLvHcESHA=", "routeKey": "GET /l/{token}",
            "stage": "$default", "time": "24/Nov/2026:10:00:00 +0000", "timeEpoch": 1_795_514_400_000_u64,
            "http": {
                "method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7",
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            },
        },
        "pathParameters": { "token": token }, "isBase64Encoded": false,
    })
    .to_string()
}

/// The link in the table.
fn item() -> String {
    let (_, link_id) = link_token();
    let window = json!({ "M": { "nth": { "N": "0" }, "used": { "N": "0" } } });
    json!({
        "pk": { "S": format!("LINK#{link_id}") }, "link_id": { "S": link_id },
        "upload_id": { "S": bench::KEY.trim_start_matches("uploads/") },
        "owner": { "S": "https://login.example.com/#auth0|5f7c8ec7c33c6c004bbafe82" },
        "version_id": { "S": "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY" },
        "sniffed_type": { "S": "image/png" }, "size_bytes": { "N": "67108" },
        "etag": { "S": "0123456789abcdef0123456789abcdef" }, "filename": { "S": "photo.png" },
        "linked_at": { "S": "2026-11-24T10:00:00.000Z" }, "terms": { "M": {} }, "opens": { "N": "0" },
        "hour_window": window, "recent_openings": { "M": {} },
        "attempts": { "M": { "nth": { "N": "0" }, "tried": { "M": {} } } },
        "transition_id": { "S": "01234567-89ab-8def-8123-456789abcdef" },
    })
    .to_string()
}
