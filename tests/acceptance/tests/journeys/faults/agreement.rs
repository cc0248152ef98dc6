//! Checks that one owner's items in the table agree with each other and with the bucket.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use postern::ports::{QuotaStore as _, UploadReader as _};
use postern::upload::quota::owner_hash;
use postern::upload::token::UploadToken;
use postern::upload::{Upload, UploadState};
use postern_aws::Table;
use stack::{Coordinates, Keys};

type Item = HashMap<String, AttributeValue>;

/// One owner's items, and the multipart uploads that S3 has.
pub struct Agreement {
    uploads: Vec<Upload>,
    tokens: Vec<UploadToken>,
    /// The owner's set of pending uploads, by their ids.
    pending: BTreeSet<String>,
    asked_bytes: u64,
    /// The ids of the unfinished multipart uploads that S3 has, by object key.
    unfinished: BTreeMap<String, BTreeSet<String>>,
}

impl Agreement {
    pub async fn of(stack: &Coordinates, subject: &str) -> Self {
        let sdk = stack.sdk_config(&Keys::root());
        let items = all_items(&aws_sdk_dynamodb::Client::new(&sdk), stack).await;
        let is_theirs = |item: &&Item| string(item, "owner").ends_with(&format!("#{subject}"));
        let of_kind = |prefix: &'static str| {
            items.iter().filter(is_theirs).filter_map(move |item| string(item, "pk").strip_prefix(prefix))
        };
        let table = Table::new(&sdk, &stack.table);
        let (mut uploads, mut tokens) = (Vec::new(), Vec::new());
        for id in of_kind("UPLOAD#") {
            uploads.push(table.upload(id.parse().unwrap()).await.unwrap().unwrap());
        }
        for id in of_kind("TOKEN#") {
            tokens.push(table.token(&id.parse().unwrap()).await.unwrap().unwrap());
        }
        let owner = uploads.first().map(|upload| owner_hash(&upload.owner)).unwrap_or_default();
        let counter =
            |kind: &str| items.iter().find(|item| string(item, "pk").starts_with(&format!("{kind}#{owner}")));
        let entries = counter("PENDING").and_then(|item| item.get("pending")?.as_ss().ok());
        let asked_bytes = counter("BYTES").and_then(|item| item["asked_bytes"].as_n().unwrap().parse().ok());
        Self {
            pending: entries
                .into_iter()
                .flatten()
                .map(|entry| entry.split_once('#').unwrap().1.to_owned())
                .collect(),
            asked_bytes: asked_bytes.unwrap_or_default(),
            unfinished: unfinished(stack).await,
            uploads,
            tokens,
        }
    }

    /// Asserts that everything agrees. The client has asked for `asked` uploads with its JWT, and
    /// `unavailable` answers were 503. Without an idempotency key, each of these may have made one more
    /// upload.
    pub fn check(&self, asked: usize, unavailable: usize, has_key: bool) {
        self.multipart_uploads_live_that_pending_records_name();
        self.uses_are_those_that_made_uploads();
        self.counters_hold_every_upload_once();
        let by_jwt = self.uploads.iter().filter(|upload| upload.token.is_none()).count();
        let most = if has_key { asked } else { asked + unavailable };
        assert!(by_jwt <= most, "{by_jwt} uploads were made for {asked} requests: {:?}", self.uploads);
    }

    fn multipart_uploads_live_that_pending_records_name(&self) {
        for upload in &self.uploads {
            let Some(id) = &upload.s3_upload_id else { continue };
            let at_s3 = self.unfinished.get(&upload.object_key().to_string());
            let lives = at_s3.is_some_and(|ids| ids.contains(id.as_str()));
            assert_eq!(lives, upload.state == UploadState::Pending, "S3 has {at_s3:?} of {upload:?}");
        }
    }

    fn uses_are_those_that_made_uploads(&self) {
        for token in &self.tokens {
            let made = self.uploads.iter().filter_map(|upload| upload.token.as_ref());
            let made = made.filter(|used| used.token_id == token.token_id).count();
            assert_eq!(usize::try_from(token.uses - token.uses_left).unwrap(), made, "{token:?}");
        }
    }

    /// Does nothing if the stack has no limits, because then the API keeps no counters.
    fn counters_hold_every_upload_once(&self) {
        if self.pending.is_empty() && self.asked_bytes == 0 {
            return;
        }
        let made: BTreeSet<_> = self.uploads.iter().map(|upload| upload.upload_id.to_string()).collect();
        assert_eq!(self.pending, made);
        let reserved: u64 =
            self.uploads.iter().filter_map(|upload| upload.reserved).map(|own| own.bytes).sum();
        assert_eq!(self.asked_bytes, reserved);
    }
}

fn string<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

async fn all_items(client: &aws_sdk_dynamodb::Client, stack: &Coordinates) -> Vec<Item> {
    let pages = client.scan().table_name(&stack.table).consistent_read(true).into_paginator().items().send();
    pages.collect::<Result<_, _>>().await.unwrap()
}

async fn unfinished(stack: &Coordinates) -> BTreeMap<String, BTreeSet<String>> {
    let config = aws_sdk_s3::config::Builder::from(&stack.sdk_config(&Keys::root())).force_path_style(true);
    let client = aws_sdk_s3::Client::from_conf(config.build());
    let listed = client.list_multipart_uploads().bucket(&stack.bucket).send().await.unwrap();
    let mut unfinished = BTreeMap::<_, BTreeSet<_>>::new();
    for upload in listed.uploads() {
        let key = upload.key().unwrap().to_owned();
        unfinished.entry(key).or_default().insert(upload.upload_id().unwrap().to_owned());
    }
    unfinished
}
