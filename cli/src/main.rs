//! `postern`: tools for operators and developers.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{Args, Parser, Subcommand};
use postern_cli::cost::{Prices, Usage, estimate};
use postern_cli::explain::mask::{Secrets, mask_link_tokens};
use postern_cli::explain::{Outcome, Secret, Settings, explain};
use postern_cli::input;
use s3_presigned::Timestamp;
use serde::Serialize;

/// The variable from which the secret is read, if no file is named.
const SECRET_VARIABLE: &str = "POSTERN_EXPLAIN_SECRET";

/// Tools for operators and developers of Postern.
#[derive(Debug, Parser)]
#[command(name = "postern", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Explain(Explain),
    Cost(Cost),
    #[cfg(feature = "aws")]
    Doctor(postern_operate::doctor::Doctor),
    #[cfg(feature = "aws")]
    #[command(flatten)]
    Operate(postern_operate::commands::Command),
}

/// Explains why S3, CloudFront or the API refused a request.
///
/// Paste what you have, in any mix: an error body, a presigned URL, a form with its file's size, the output of `curl -v`,
/// an answer of the API, a log line, a browser's message. Nothing is sent anywhere, and secrets are masked in the output.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
struct Explain {
    /// Files to read; `-` or none: standard input.
    files: Vec<PathBuf>,

    /// Write JSON.
    #[arg(long)]
    json: bool,

    /// The key of the object that was meant.
    #[arg(long)]
    key: Option<String>,

    /// The size of the file that is posted with the form, in bytes.
    #[arg(long, value_name = "BYTES")]
    size: Option<u64>,

    /// The content type that the client sends.
    #[arg(long = "type", value_name = "TYPE")]
    content_type: Option<String>,

    /// The name of the file, which replaces `${filename}` in a form.
    #[arg(long, value_name = "NAME")]
    filename: Option<String>,

    /// The method of the request, such as HEAD.
    #[arg(long)]
    method: Option<String>,

    /// A header of the request, such as `content-type: image/png`. Repeatable.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,

    /// The time that counts as now (RFC 3339).
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,

    /// When the session of the credentials ends (RFC 3339).
    #[arg(long, value_name = "TIME")]
    session_ends: Option<Timestamp>,

    /// A file with the secret access key that signed. The variable `POSTERN_EXPLAIN_SECRET` does the same. With it the
    /// signature is computed again.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  a cause was found
  1  several causes remain possible
  2  wrong usage, or the input could not be read
  3  nothing was recognized
  4  no fault is seen in what was given";

/// Computes what a stack costs in a month.
///
/// The prices are list prices without any free tier, and the durations of the functions are assumptions: see
/// "What it costs" in terraform/README.md. A number that is left out counts as 0.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES_OF_COST)]
struct Cost {
    /// Uploads in a month.
    #[arg(long, value_name = "N", default_value_t = 0)]
    uploads: u64,

    /// Openings of links in a month.
    #[arg(long, value_name = "N", default_value_t = 0)]
    openings: u64,

    /// Events that are sent as webhooks in a month.
    #[arg(long, value_name = "N", default_value_t = 0)]
    webhooks: u64,

    /// Stored files, in GB.
    #[arg(long, value_name = "N", default_value_t = 0.0, value_parser = amount)]
    gb: f64,

    /// Files that are sent to the internet in a month, in GB.
    #[arg(long, value_name = "N", default_value_t = 0.0, value_parser = amount)]
    gb_out: f64,

    /// Write JSON.
    #[arg(long)]
    json: bool,
}

const EXIT_CODES_OF_COST: &str = "\
Exit codes:
  0  the costs were computed
  2  wrong usage";

fn amount(text: &str) -> Result<f64, String> {
    let amount = text.parse().ok().filter(|amount: &f64| amount.is_finite() && *amount >= 0.0);
    amount.ok_or_else(|| "expected a number of 0 or more".to_owned())
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    Ok((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(help) if !help.use_stderr() => {
            // Nothing can be done about a closed standard output.
            let _ = write!(io::stdout(), "{help}");
            return ExitCode::SUCCESS;
        }
        Err(wrong) => return failed("wrong_usage", &wrong.to_string(), asks_for_json()),
    };
    let ended = match cli.command {
        Command::Explain(command) => command.run(),
        Command::Cost(command) => command.run(),
        #[cfg(feature = "aws")]
        Command::Doctor(command) => doctor(&command),
        #[cfg(feature = "aws")]
        Command::Operate(command) => operate(&command),
    };
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => failed("could_not_look", &format!("error: {error}"), asks_for_json()),
    }
}

/// Whether the command line asks for JSON, also where it could not be read.
fn asks_for_json() -> bool {
    std::env::args_os().any(|argument| argument == "--json")
}

/// Says what is wrong on standard error, and for a program on standard output too. An argument that is repeated may be a
/// URL, or a link's token.
fn failed(code: &str, error: &str, as_json: bool) -> ExitCode {
    let error = mask_link_tokens(&Secrets::default().mask(error));
    let error = error.trim_end();
    // Nothing can be done about a closed standard output or standard error.
    if as_json {
        let cause = error.trim_start_matches("error: ");
        let _ = writeln!(io::stdout(), "{}", serde_json::json!({ "error": code, "cause": cause }));
    }
    let _ = writeln!(io::stderr(), "{error}");
    ExitCode::from(2)
}

/// Writes an answer to standard output. A reader that went away is no failure.
fn print<A: Serialize + Display>(answer: &A, as_json: bool) -> Result<(), String> {
    let text = match as_json {
        true => {
            serde_json::to_string_pretty(answer).map_err(|error| format!("failed to write JSON: {error}"))?
        }
        false => answer.to_string(),
    };
    match writeln!(io::stdout(), "{}", text.trim_end()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("failed to write: {error}")),
        _ => Ok(()),
    }
}

#[cfg(feature = "aws")]
fn doctor(command: &postern_operate::doctor::Doctor) -> Result<u8, String> {
    let (report, ended) = command.run()?;
    print(&report, command.json).map(|()| ended.code())
}

#[cfg(feature = "aws")]
fn operate(command: &postern_operate::commands::Command) -> Result<u8, String> {
    let (report, ended) = command.run()?;
    print(&report, command.json()).map(|()| ended.code())
}

impl Cost {
    fn run(self) -> Result<u8, String> {
        let usage = Usage {
            uploads: self.uploads,
            openings: self.openings,
            webhooks: self.webhooks,
            stored_gb: self.gb,
            transferred_gb: self.gb_out,
        };
        let prices = Prices::built_in().map_err(|error| error.to_string())?;
        let costs = estimate(&usage, &prices).map_err(|error| error.to_string())?;
        print(&costs, self.json).map(|()| 0)
    }
}

impl Explain {
    fn run(self) -> Result<u8, String> {
        let input = self.input()?;
        let json = self.json;
        let explanation = explain(&input, &self.settings()?);
        print(&explanation, json)?;
        Ok(match explanation.outcome {
            Outcome::CauseFound => 0,
            Outcome::CausesPossible => 1,
            Outcome::NotRecognized => 3,
            _ => 4,
        })
    }

    /// A URL in place of a file is explained itself: people try that.
    fn input(&self) -> Result<String, String> {
        if self.files.is_empty() && io::stdin().is_terminal() {
            // Nothing can be done about a closed standard error.
            let _ = writeln!(
                io::stderr(),
                "Paste what you have, and end with Ctrl-D (Ctrl-Z and Return on Windows):"
            );
        }
        if self.files.is_empty() {
            return input::read(io::stdin().lock())
                .map_err(|error| format!("failed to read standard input: {error}"));
        }
        let texts = self.files.iter().map(|path| match path.to_str() {
            Some("-") => input::read(io::stdin().lock())
                .map_err(|error| format!("failed to read standard input: {error}")),
            Some(url) if url.starts_with("https://") || url.starts_with("http://") => Ok(url.to_owned()),
            _ => File::open(path)
                .and_then(input::read)
                .map_err(|error| format!("failed to read {}: {error}", path.display())),
        });
        texts.collect::<Result<Vec<_>, _>>().map(|texts| texts.join("\n"))
    }

    fn settings(self) -> Result<Settings, String> {
        #[expect(clippy::disallowed_methods, reason = "the only place that reads the clock")]
        let now = self.now.unwrap_or_else(|| SystemTime::now().into());
        let mut settings = Settings::at(now);
        settings.secret = match &self.secret_file {
            Some(path) => {
                let text = File::open(path).and_then(input::read);
                let text = text.map_err(|error| format!("failed to read {}: {error}", path.display()))?;
                Some(Secret::new(&text))
            }
            None => std::env::var(SECRET_VARIABLE).ok().map(|text| Secret::new(&text)),
        };
        settings.key = self.key;
        settings.size_bytes = self.size;
        settings.content_type = self.content_type;
        settings.filename = self.filename;
        settings.method = self.method.map(|method| method.to_ascii_uppercase());
        settings.headers = self.headers;
        settings.session_ends = self.session_ends;
        Ok(settings)
    }
}
