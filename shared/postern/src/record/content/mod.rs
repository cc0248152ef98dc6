//! Checks of the content beyond its type: foreign content, ZIP sizes, pixels.
//!
//! Nothing is decoded or unpacked here: only headers are read. The checks use the first
//! [`crate::ports::HEAD_BYTES`], and one further part of the same length if the format states a size or its
//! directory elsewhere. A scanner behind the pipeline sees the rest.

pub mod archive;
#[cfg(test)]
mod archive_tests;
mod foreign;
pub mod pixels;
#[cfg(test)]
mod pixels_tests;

pub use foreign::foreign_content;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_stop_the_reader(mut head in proptest::collection::vec(any::<u8>(), 0..400), start in 0..10usize) {
            let starts: [&[u8]; 10] = [b"", b"PK\x03\x04", b"GIF89a", b"BM", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
                b"\xFF\xD8\xFF\xE0", b"RIFF\0\0\0\0WEBPVP8 ", b"\0\0\0\x18ftypheic", b"II*\0\x08\0\0\0", b"PK\x01\x02"];
            head.splice(0..0, starts[start].iter().copied());
            let _ = (archive::is_bomb(&head, 1000, Some(&head)), foreign_content("image/png", &head));
            for essence in ["image/jpeg", "image/tiff", "image/heic", "image/png"] {
                let _ = pixels::pixels(essence, &head, Some(&head));
                let _ = pixels::further_part(essence, &head, 1_000_000);
            }
        }
    }
}
