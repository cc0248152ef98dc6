//! The two files that the walk sends: one from the repository, and a generated one.

use std::{
    io,
    io::Write,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use stack::Transfer;
use tempfile::NamedTempFile;
use tokio::io::AsyncReadExt;

/// The size of the pieces in which a file is read and sent.
pub(crate) const PIECE_BYTES: usize = 256 * 1024;

const SEED: u64 = 0x506F_7374_6572_6E21;

/// A file to send, and what its download must be.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) path: PathBuf,
    pub(crate) filename: String,
    pub(crate) content_type: &'static str,
    pub(crate) size_bytes: u64,
    pub(crate) sha256: String,
    /// Keeps a generated file until the sample is dropped.
    _file: Option<NamedTempFile>,
}

impl Sample {
    /// A text file of the repository.
    pub(crate) async fn of_repository(name: &str) -> io::Result<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
        let bytes = tokio::fs::read(&path).await?;
        Ok(Self {
            path,
            filename: name.to_owned(),
            content_type: "text/plain",
            size_bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            sha256: hex(Sha256::digest(&bytes).as_slice()),
            _file: None,
        })
    }

    /// Makes a file of pseudorandom bytes, which are the same in every run.
    pub(crate) fn generated(size_bytes: u64, transfer: &Transfer) -> io::Result<Self> {
        let mut file = NamedTempFile::new()?;
        let mut whole = Sha256::new();
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        let mut state = SEED;
        let mut left = size_bytes;
        while left > 0 {
            piece.clear();
            while piece.len() < PIECE_BYTES {
                piece.extend_from_slice(&split_mix(&mut state).to_le_bytes());
            }
            piece.truncate(usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES));
            file.write_all(&piece)?;
            whole.update(&piece);
            transfer.advance(piece.len());
            left -= u64::try_from(piece.len()).unwrap_or(left);
        }
        Ok(Self {
            path: file.path().to_owned(),
            filename: "generated.bin".to_owned(),
            content_type: "application/octet-stream",
            size_bytes,
            sha256: hex(whole.finalize().as_slice()),
            _file: Some(file),
        })
    }

    /// Returns a request body that reads the file while it is sent.
    pub(crate) async fn body(&self, transfer: Transfer) -> io::Result<reqwest::Body> {
        let file = tokio::fs::File::open(&self.path).await?;
        Ok(reqwest::Body::wrap_stream(futures::stream::try_unfold(
            (file, transfer),
            |(mut file, transfer)| async {
                let mut piece = vec![0; PIECE_BYTES];
                let count = file.read(&mut piece).await?;
                piece.truncate(count);
                transfer.advance(count);
                Ok::<_, io::Error>((count > 0).then_some((piece, (file, transfer))))
            },
        )))
    }
}

/// Returns the next number of `SplitMix64`. The recorder's sniffer recognizes no file type in such bytes.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
