//! The tables: how often each service is asked.

use super::estimate::{CostItem, CostTable, Usage};
use super::numbers::{in_cents, millions, thousands};
use super::prices::{PriceError, Prices};

/// Run times that are assumed, in seconds, and memory in GB, which is the module's default.
const ISSUE_UPLOAD: f64 = 0.05 * 0.25;
const RECORD_UPLOAD: f64 = 0.1 * 0.5;
const SERVE_LINK: f64 = 0.02 * 0.25;
const SEND_WEBHOOK: f64 = 0.3 * 0.25;

/// Logs in GB: 1.5 KB of an upload, 0.75 KB of an opening or a webhook.
const LOG_OF_UPLOAD_GB: f64 = 1.5e-6;
const LOG_OF_OPENING_GB: f64 = 0.75e-6;

/// A webhook of 2 KB, in GB.
const WEBHOOK_GB: f64 = 2e-6;

/// What an idle stack has and does in a month: five waiting receives of 20 seconds, and four reads of the stream a
/// second.
const KEYS: f64 = 4.0;
const ALARMS: f64 = 25.0;
const METRICS: f64 = 15.0;
const WAITING_RECEIVES: f64 = 660_000.0;
const STREAM_READS: f64 = 10_500_000.0;

/// A count with its price.
enum Term {
    /// So many of one kind.
    Times(f64, &'static str),
    /// So many GB-seconds, or GB.
    Amount(f64, &'static str, &'static str),
}

use Term::{Amount, Times};

pub(super) fn of(usage: &Usage, prices: &Prices) -> Result<Vec<CostTable>, PriceError> {
    let mut tables = vec![uploads(usage, prices)?, openings(usage, prices)?];
    if usage.webhooks > 0 {
        tables.push(webhooks(usage, prices)?);
        tables.push(idle_webhook(prices)?);
    }
    tables.push(idle(prices)?);
    tables.push(files(usage, prices)?);
    Ok(tables)
}

fn uploads(usage: &Usage, prices: &Prices) -> Result<CostTable, PriceError> {
    let n = count(usage.uploads);
    table(
        prices,
        "uploads",
        [
            ("API", vec![Times(n, "api_request")]),
            ("issue-upload", run(n, ISSUE_UPLOAD)),
            ("table: the record and its two index entries", vec![Times(7.0 * n, "table_write")]),
            ("table: one consistent read of the record", vec![Times(n, "table_read")]),
            ("S3 POST", vec![Times(n, "s3_put")]),
            ("queue: send, receive, delete", vec![Times(3.0 * n, "queue_request")]),
            ("record-upload", run(n, RECORD_UPLOAD)),
            ("S3 GET of a head", vec![Times(n, "s3_get")]),
            ("pipe and bus", vec![Times(n, "pipe_request"), Times(n, "bus_event")]),
            ("logs", vec![Amount(n * LOG_OF_UPLOAD_GB, "GB", "log_gb")]),
        ],
    )
}

fn openings(usage: &Usage, prices: &Prices) -> Result<CostTable, PriceError> {
    let n = count(usage.openings);
    table(
        prices,
        "link openings",
        [
            ("API", vec![Times(n, "api_request")]),
            ("serve-link", run(n, SERVE_LINK)),
            ("table: one consistent read", vec![Times(n, "table_read")]),
            ("S3 GET", vec![Times(n, "s3_get")]),
            ("logs", vec![Amount(n * LOG_OF_OPENING_GB, "GB", "log_gb")]),
        ],
    )
}

fn webhooks(usage: &Usage, prices: &Prices) -> Result<CostTable, PriceError> {
    let n = count(usage.webhooks);
    table(
        prices,
        "events as webhooks",
        [
            ("queue: send, receive, delete", vec![Times(3.0 * n, "queue_request")]),
            ("send-webhook", run(n, SEND_WEBHOOK)),
            ("logs", vec![Amount(n * LOG_OF_OPENING_GB, "GB", "log_gb")]),
            ("transfer out", vec![Amount(n * WEBHOOK_GB, "GB", "transfer_gb")]),
        ],
    )
}

fn idle_webhook(prices: &Prices) -> Result<CostTable, PriceError> {
    table(
        prices,
        "each month, for webhooks",
        [
            ("queue: waiting receives", vec![Times(WAITING_RECEIVES, "queue_request")]),
            ("secret", vec![Times(1.0, "secret_month")]),
            ("alarms", vec![Times(4.0, "alarm_month")]),
            ("metrics of our own", vec![Times(2.0, "metric_month")]),
        ],
    )
}

fn idle(prices: &Prices) -> Result<CostTable, PriceError> {
    table(
        prices,
        "each month, idle",
        [
            ("keys", vec![Times(KEYS, "key_month")]),
            ("alarms", vec![Times(ALARMS, "alarm_month")]),
            ("metrics of our own", vec![Times(METRICS, "metric_month")]),
            ("dashboard", vec![Times(1.0, "dashboard_month")]),
            ("queue: five waiting receives", vec![Times(WAITING_RECEIVES, "queue_request")]),
            ("the pipe's reading of the stream", vec![Times(STREAM_READS, "stream_read")]),
        ],
    )
}

fn files(usage: &Usage, prices: &Prices) -> Result<CostTable, PriceError> {
    table(
        prices,
        "files",
        [
            ("storage", vec![Amount(usage.stored_gb, "GB", "storage_gb_month")]),
            ("transfer out", vec![Amount(usage.transferred_gb, "GB", "transfer_gb")]),
        ],
    )
}

/// The runs of a function, which takes `gb_s` GB-seconds each.
fn run(n: f64, gb_s: f64) -> Vec<Term> {
    vec![Times(n, "function_request"), Amount(n * gb_s, "GB-s", "function_gb_s")]
}

fn table<const N: usize>(
    prices: &Prices,
    title: &'static str,
    rows: [(&'static str, Vec<Term>); N],
) -> Result<CostTable, PriceError> {
    let items = rows.into_iter().map(|(what, terms)| item(prices, what, &terms));
    let items = items.collect::<Result<Vec<_>, _>>()?;
    let usd = in_cents(items.iter().map(|item| item.usd).sum());
    Ok(CostTable { title, items, usd })
}

fn item(prices: &Prices, what: &'static str, terms: &[Term]) -> Result<CostItem, PriceError> {
    let (mut usd, mut written) = (0.0, Vec::new());
    for term in terms {
        let (amount, text, name) = match term {
            Times(amount, name) => (*amount, millions(*amount), *name),
            Amount(amount, unit, name) => (*amount, format!("{} {unit}", thousands(*amount)), *name),
        };
        let (price, each) = prices.of(name)?;
        usd += amount * each;
        written.push(format!("{text} × {}", price.written()));
    }
    Ok(CostItem { what, arithmetic: written.join(" + "), usd: in_cents(usd) })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count is exact up to 2^53, and the sum is rounded to cents"
)]
fn count(number: u64) -> f64 {
    number as f64
}
