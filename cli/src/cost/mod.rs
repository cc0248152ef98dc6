//! Computes what a stack costs in a month, as the section "What it costs" of `terraform/README.md` does.
//!
//! The prices are list prices of one region without any free tier, and the durations of the functions are assumptions.
//! The program knows no account, and asks AWS for nothing.

mod estimate;
mod numbers;
pub mod prices;
mod report;
mod tables;

pub use estimate::{CostItem, CostTable, Estimate, Usage};
pub use prices::{PriceError, Prices};

/// Computes the costs of a month. Each item is rounded to cents, and the sums add the items, as a bill does.
///
/// # Errors
/// If a price is missing.
pub fn estimate(usage: &Usage, prices: &Prices) -> Result<Estimate, PriceError> {
    let tables = tables::of(usage, prices)?;
    let usd = numbers::in_cents(tables.iter().map(|table| table.usd).sum());
    Ok(Estimate { region: prices.region.clone(), prices_as_of: prices.as_of.clone(), tables, usd })
}
