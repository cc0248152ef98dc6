//! Pages of a list: how many items, and where they begin.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::http::Problem;
use crate::paging::{Page, PageStart};

const DEFAULT_LIMIT: u8 = 50;
const MAX_LIMIT: u8 = 100;

/// The part of a list that is asked for.
pub(super) struct PageRequest {
    pub start: Option<PageStart>,
    pub limit: u8,
}

/// A page as the API writes it.
#[derive(Debug, Serialize)]
pub(super) struct PageView<T> {
    items: Vec<T>,
    /// Goes into the query parameter `cursor` of the next request; `null` at the end.
    next_cursor: Option<String>,
}

impl PageRequest {
    /// Reads the query parameters `limit` and `cursor`.
    pub fn parse(limit: Option<&str>, cursor: Option<&str>) -> Result<Self, Problem> {
        let limit = match limit.map(str::parse) {
            None => DEFAULT_LIMIT,
            Some(Ok(limit @ 1..=MAX_LIMIT)) => limit,
            Some(_) => return Err(Problem::field("limit", format!("a page has 1 to {MAX_LIMIT} items"))),
        };
        let start = cursor.map(|text| {
            decode(text).ok_or_else(|| {
                Problem::field("cursor", "a cursor is the next_cursor of an earlier page, unchanged")
            })
        });
        Ok(Self { start: start.transpose()?, limit })
    }
}

impl<T> PageView<T> {
    pub fn of<U>(page: Page<U>, view: impl FnMut(U) -> T) -> Self {
        let next_cursor = page.next.as_ref().map(cursor);
        Self { items: page.items.into_iter().map(view).collect(), next_cursor }
    }
}

/// A place as clients hand it back.
pub(super) fn cursor(start: &PageStart) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(start).unwrap_or_default())
}

fn decode(cursor: &str) -> Option<PageStart> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}
