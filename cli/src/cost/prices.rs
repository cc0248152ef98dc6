//! The list prices, from `prices.json`: the only place that has them. A test compares `terraform/README.md` with it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::numbers::thousands;

/// The prices of one region.
#[derive(Debug, Clone, Deserialize)]
pub struct Prices {
    /// The region, as AWS's programs name it.
    pub region: String,
    /// The region, as AWS's price pages name it.
    pub region_name: String,
    /// When the pages had these prices.
    pub as_of: String,
    #[serde(rename = "prices")]
    by_name: BTreeMap<String, Price>,
}

/// One price.
#[derive(Debug, Clone, Deserialize)]
pub struct Price {
    /// The amount in US dollars as the page writes it.
    pub usd: String,
    /// For how many units.
    #[serde(default = "one")]
    pub per: u32,
    /// The page.
    pub source: String,
}

const fn one() -> u32 {
    1
}

/// Why there are no prices.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// The file is not in its form.
    #[error("failed to read the prices")]
    Unreadable(#[from] serde_json::Error),
    /// The file lacks a price.
    #[error("failed to find the price {0}")]
    Missing(&'static str),
    /// An amount is not a number.
    #[error("failed to read the amount of {0}")]
    NoNumber(&'static str),
}

impl Prices {
    /// The prices that the program has.
    ///
    /// # Errors
    /// If the file is not in its form.
    pub fn built_in() -> Result<Self, PriceError> {
        Ok(serde_json::from_str(include_str!("prices.json"))?)
    }

    /// Every price with its name.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Price)> {
        self.by_name.iter().map(|(name, price)| (name.as_str(), price))
    }

    /// Returns the price of this name, and its amount for one unit in US dollars.
    pub(super) fn of(&self, name: &'static str) -> Result<(&Price, f64), PriceError> {
        let price = self.by_name.get(name).ok_or(PriceError::Missing(name))?;
        let usd: f64 = price.usd.parse().map_err(|_| PriceError::NoNumber(name))?;
        Ok((price, usd / f64::from(price.per)))
    }
}

impl Price {
    /// The price as the tables write it, such as `0.20/M` or `0.005/1,000`.
    pub fn written(&self) -> String {
        match self.per {
            1 => self.usd.clone(),
            1_000_000 => format!("{}/M", self.usd),
            per => format!("{}/{}", self.usd, thousands(f64::from(per))),
        }
    }
}
