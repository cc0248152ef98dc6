//! A part of a body, as a stream.

use axum::body::{Body, BodyDataStream, Bytes};
use futures::{StreamExt, stream};

struct Left {
    body: BodyDataStream,
    skip_bytes: u64,
    send_bytes: u64,
}

/// Returns the bytes from `first` to `last` of a body. What follows `last` is not read.
pub(super) fn slice(body: Body, first: u64, last: u64) -> Body {
    let send_bytes = last.saturating_sub(first).saturating_add(1);
    let left = Left { body: body.into_data_stream(), skip_bytes: first, send_bytes };
    Body::from_stream(stream::try_unfold(left, next))
}

async fn next(mut left: Left) -> Result<Option<(Bytes, Left)>, axum::Error> {
    while left.send_bytes > 0 {
        let Some(chunk) = left.body.next().await else { break };
        let part = left.take(chunk?);
        if !part.is_empty() {
            return Ok(Some((part, left)));
        }
    }
    Ok(None)
}

impl Left {
    fn take(&mut self, mut chunk: Bytes) -> Bytes {
        let skipped = at_most(self.skip_bytes, &chunk);
        self.skip_bytes -= skipped as u64;
        let mut part = chunk.split_off(skipped);
        part.truncate(at_most(self.send_bytes, &part));
        self.send_bytes -= part.len() as u64;
        part
    }
}

fn at_most(count: u64, bytes: &Bytes) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX).min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sliced(chunks: &[&'static str], first: u64, last: u64) -> String {
        let chunks: Vec<_> = chunks.iter().map(|chunk| Ok::<_, axum::Error>(Bytes::from(*chunk))).collect();
        let body = slice(Body::from_stream(stream::iter(chunks)), first, last);
        String::from_utf8(axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_part_is_the_same_for_a_body_in_pieces_of_any_size() {
        let cuts: &[&[&str]] = &[&["0123456789"], &["01", "", "23456", "789"], &["0", "1", "2", "3456789"]];
        for chunks in cuts {
            for first in 0..10 {
                for last in first..10 {
                    let expected: String = (first..=last).map(|digit| digit.to_string()).collect();
                    assert_eq!(sliced(chunks, first, last).await, expected, "{chunks:?}");
                }
            }
        }
    }
}
