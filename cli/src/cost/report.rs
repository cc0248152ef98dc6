//! Writes an estimate for people.

use std::fmt::{self, Display, Formatter};

use super::estimate::Estimate;
use super::numbers::dollars;

impl Display for Estimate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "US dollars a month at the list prices of {} in {}", self.region, self.prices_as_of)?;
        for table in self.tables.iter().filter(|table| table.usd > 0.0) {
            writeln!(f, "\n{}", table.title)?;
            for item in &table.items {
                writeln!(f, "{:>12}  {}: {}", dollars(item.usd), item.what, item.arithmetic)?;
            }
            writeln!(f, "{:>12}  sum", dollars(table.usd))?;
        }
        writeln!(f, "\n{:>12}  all", dollars(self.usd))?;
        writeln!(f)?;
        write!(
            f,
            "The durations of the functions are assumptions: terraform/README.md, \"What it costs\". Not counted: taxes, \
             free tiers, openings that count, parts of large files, scans, CloudFront, warm functions."
        )
    }
}
