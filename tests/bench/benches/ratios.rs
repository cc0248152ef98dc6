//! Compares signing with other libraries in one run: `cargo bench --bench ratios`.
//!
//! Each result is the fastest of many short batches, so that other work on the machine does not count. Prints
//! how many times as long `@aws-sdk/s3-presigned-post`, `@aws-sdk/s3-request-presigner` and boto3 take. The
//! npm packages are installed below `target/`; boto3 is taken from the Python that `POSTERN_BENCH_PYTHON`
//! names (default: `python3`). A missing library is reported.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "this is a measurement")]

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use s3_presigned::{BucketEndpoint, Timestamp};
use serde_json::{Value, json};

const BATCHES: u32 = 400;
const ROUNDS: u32 = 50;

fn main() {
    // `cargo test --benches` starts this too, without `--bench`.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let (credentials, now) = (bench::session(), Timestamp::from_epoch_s(1_795_514_400));
    let endpoint = BucketEndpoint::regional(bench::BUCKET, bench::REGION);
    let form = nanoseconds(|| drop(black_box(bench::form(&endpoint, black_box(&credentials), now))));
    let url = nanoseconds(|| drop(black_box(bench::url(&endpoint, black_box(&credentials), now))));
    println!("{:<16}{:>12} {:>8}   {:>12} {:>8}", "", "form", "", "url", "");
    println!("{:<16}{form:>9.0} ns {:>8}   {url:>9.0} ns", "postern", "");
    let work = json!({
        "bucket": bench::BUCKET, "region": bench::REGION, "key": bench::KEY, "kms_key": bench::KMS_KEY,
        "access_key_id": credentials.access_key_id, "secret_access_key": credentials.secret_access_key,
        "session_token": credentials.session_token,
    })
    .to_string();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var("POSTERN_BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    report("boto3", Command::new(python).arg(here.join("others/boto.py")).arg(&work), form, url);
    let folder = here.join("../../target/bench-others");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["package.json", "package-lock.json", "aws-sdk.mjs"] {
        std::fs::copy(here.join("others").join(name), folder.join(name)).unwrap();
    }
    if !folder.join("node_modules").exists() {
        let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        drop(Command::new("npm").args(install).current_dir(&folder).status());
    }
    report(
        "aws-sdk for JS",
        Command::new("node").arg("aws-sdk.mjs").arg(&work).current_dir(&folder),
        form,
        url,
    );
}

fn nanoseconds(mut work: impl FnMut()) -> f64 {
    let batches = (0..BATCHES).map(|_| {
        let begin = Instant::now();
        (0..ROUNDS).for_each(|_| work());
        begin.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS)
    });
    batches.fold(f64::INFINITY, f64::min)
}

fn report(name: &str, command: &mut Command, form: f64, url: f64) {
    let output = command.output().ok().filter(|output| output.status.success());
    let Some(times) = output.and_then(|output| serde_json::from_slice::<Value>(&output.stdout).ok()) else {
        return println!("SKIPPED: {name}: it is not installed here");
    };
    let (theirs_form, theirs_url) = (times["form"].as_f64().unwrap(), times["url"].as_f64().unwrap());
    println!(
        "{name:<16}{theirs_form:>9.0} ns {:>6.1} ×   {theirs_url:>9.0} ns {:>6.1} ×",
        theirs_form / form,
        theirs_url / url,
    );
}
