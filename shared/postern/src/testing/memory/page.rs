//! A page of a list, newest first.

use crate::paging::{Page, PageStart};
use s3_presigned::Timestamp;

/// The items after `start`, at most `limit`.
pub(super) fn page<T>(
    items: impl Iterator<Item = T>,
    place: impl Fn(&T) -> (Timestamp, String),
    start: Option<&PageStart>,
    limit: u8,
) -> Page<T> {
    let before = |item: &T| start.is_none_or(|start| place(item) < (start.at, start.id.clone()));
    let mut items: Vec<T> = items.filter(before).collect();
    items.sort_by_key(|item| std::cmp::Reverse(place(item)));
    let more = items.len() > usize::from(limit);
    items.truncate(usize::from(limit));
    let next = items.last().filter(|_| more).map(|item| {
        let (at, id) = place(item);
        PageStart { at, id }
    });
    Page { items, next }
}
