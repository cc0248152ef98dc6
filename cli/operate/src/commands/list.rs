//! Lists the uploads of an owner, or the links of an owner or to an upload, newest first.

use std::num::NonZeroUsize;

use clap::Args;
use postern::paging::{Page, PageStart};
use postern::ports::{LinkStore as _, LinksOf, UploadReader as _, UploadStore as _};
use serde::Serialize;
use serde_json::json;

use super::arguments::Common;
use super::aws::{Aws, now};
use super::failure::told;
use super::record::{is_known, no_owner, no_upload};
use super::reference::{OwnerReference, UploadReference};
use super::report::{Report, progress};
use super::view::{LinkView, UploadView};
use crate::ended::{EXIT_CODES, Ended};

/// How many items one call reads.
const PAGE: u8 = 100;

/// Lists the uploads of an owner, newest first.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Uploads {
    /// The owner: the JWT's issuer and the value of its claim, joined by `#`.
    #[arg(long, value_name = "OWNER")]
    owner: OwnerReference,

    /// The most uploads that are listed.
    #[arg(long, value_name = "N", default_value = "1000")]
    limit: NonZeroUsize,

    #[command(flatten)]
    pub(super) common: Common,
}

/// Lists the links that an owner made, or the links to an upload, newest first. Ended ones are listed too.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Links {
    /// The owner: the JWT's issuer and the value of its claim, joined by `#`.
    #[arg(long, value_name = "OWNER", required_unless_present = "upload")]
    owner: Option<OwnerReference>,

    /// An upload's id, its key in the bucket, or its address in the API.
    #[arg(long, value_name = "ID|KEY", conflicts_with = "owner")]
    upload: Option<UploadReference>,

    /// The most links that are listed.
    #[arg(long, value_name = "N", default_value = "1000")]
    limit: NonZeroUsize,

    #[command(flatten)]
    pub(super) common: Common,
}

impl Uploads {
    pub(super) async fn run(&self, aws: &Aws) -> Result<(Report, Ended), String> {
        let table = aws.table()?;
        let read = async |start: Option<PageStart>| {
            table.uploads_of(&self.owner.0, start.as_ref(), PAGE).await.map_err(|error| told(&error))
        };
        let (uploads, more) = all(self.limit.get(), read).await?;
        if uploads.is_empty() && !is_known(&table, &self.owner.0).await? {
            return Ok(no_owner(&self.owner.0));
        }
        let views: Vec<_> = uploads.iter().map(UploadView::of).collect();
        Ok((report("uploads", &views, UploadView::line, more), Ended::Well))
    }
}

impl Links {
    pub(super) async fn run(&self, aws: &Aws) -> Result<(Report, Ended), String> {
        let table = aws.table()?;
        let of = match (&self.owner, self.upload) {
            (Some(owner), _) => LinksOf::Owner(&owner.0),
            (None, Some(UploadReference(id))) => {
                if table.upload(id).await.map_err(|error| told(&error))?.is_none() {
                    return Ok(no_upload(id));
                }
                LinksOf::Upload(id)
            }
            (None, None) => return Err("give --owner OWNER or --upload ID".to_owned()),
        };
        let read = async |start: Option<PageStart>| {
            table.links(of, start.as_ref(), PAGE).await.map_err(|error| told(&error))
        };
        let (links, more) = all(self.limit.get(), read).await?;
        if let (true, LinksOf::Owner(owner)) = (links.is_empty(), of)
            && !is_known(&table, owner).await?
        {
            return Ok(no_owner(owner));
        }
        let views: Vec<_> = links.iter().map(|link| LinkView::of(link, now())).collect();
        Ok((report("links", &views, LinkView::line, more), Ended::Well))
    }
}

/// Reads pages until there are `limit` items. Returns them, and whether there may be more.
async fn all<T>(
    limit: usize,
    read: impl AsyncFn(Option<PageStart>) -> Result<Page<T>, String>,
) -> Result<(Vec<T>, bool), String> {
    let (mut items, mut start) = (Vec::new(), None);
    loop {
        let page = read(start).await?;
        items.extend(page.items);
        start = page.next;
        let is_enough = items.len() >= limit;
        if start.is_none() || is_enough {
            let more = start.is_some() || items.len() > limit;
            items.truncate(limit);
            return Ok((items, more));
        }
        progress(format_args!("{} found so far", items.len()));
    }
}

fn report<V: Serialize>(name: &str, views: &[V], line: impl Fn(&V) -> String, more: bool) -> Report {
    let lines: Vec<_> = views.iter().map(line).collect();
    let end = match (views.len(), more) {
        (0, _) => format!("No {name}."),
        (n, true) => format!("{n} {name}, and there are more: raise --limit."),
        (n, false) => format!("{n} {name}."),
    };
    let text = [lines, vec![end]].concat().join("\n");
    Report::new(json!({ name: views, "more": more }), text)
}

#[cfg(test)]
mod tests {
    use postern::testing::samples::at;

    use super::*;

    /// Pages of two numbers, as long as there are numbers below `last`.
    fn page(start: Option<PageStart>, last: usize) -> Page<usize> {
        let from = start.map_or(0, |start| start.id.parse().unwrap());
        let next = Some(PageStart { at: at("2026-11-24T10:00:00Z"), id: (from + 2).to_string() });
        Page { items: (from..(from + 2).min(last)).collect(), next: next.filter(|_| from + 2 < last) }
    }

    #[tokio::test]
    async fn a_list_ends_at_its_limit_and_says_whether_there_is_more() {
        for (limit, last, expected, more) in
            [(10, 5, 5, false), (4, 5, 4, true), (3, 4, 3, true), (4, 4, 4, false), (5, 0, 0, false)]
        {
            let (items, has_more) = all(limit, async |start| Ok(page(start, last))).await.unwrap();
            assert_eq!((items.len(), has_more), (expected, more), "{limit} of {last}");
        }
    }
}
