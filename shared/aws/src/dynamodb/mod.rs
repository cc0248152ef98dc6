//! The table: one item for each upload, link, token and counter.

mod charges;
mod conditional;
mod conflicts;
mod index;
mod item;
mod links;
mod openings;
mod pending;
mod quick_read;
mod quotas;
mod read;
mod records;
mod retargeting;
mod table;
mod uploads;

pub use item::upload_of_key;
pub use table::Table;
