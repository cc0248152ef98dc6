//! What is asked, and the costs that are computed.

use serde::Serialize;

/// What happens in a month.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// Uploads of one form each, accepted.
    pub uploads: u64,
    /// Openings of links that count nothing.
    pub openings: u64,
    /// Events that are sent as webhooks.
    pub webhooks: u64,
    /// Stored files, in GB.
    pub stored_gb: f64,
    /// Files that S3 sends to the internet, in GB.
    pub transferred_gb: f64,
}

/// The costs of a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// The region of the prices.
    pub region: String,
    /// When the prices held.
    pub prices_as_of: String,
    /// The parts of the sum.
    pub tables: Vec<CostTable>,
    /// The sum in US dollars.
    pub usd: f64,
}

/// The costs of one kind of use.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostTable {
    /// What it is the cost of.
    pub title: &'static str,
    /// The parts of the sum.
    pub items: Vec<CostItem>,
    /// The sum of the items in US dollars.
    pub usd: f64,
}

/// One line of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostItem {
    /// What is paid for.
    pub what: &'static str,
    /// Counts and prices, such as `3 M × 0.40/M`.
    pub arithmetic: String,
    /// The amount in US dollars, rounded to cents.
    pub usd: f64,
}
