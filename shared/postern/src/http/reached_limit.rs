//! Limits of an owner that a request would exceed.

/// A limit of an owner, and how long it stays reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReachedLimit {
    /// The number of pending uploads.
    Pending {
        /// The limit.
        uploads: u8,
        /// Seconds until the first of them ends.
        retry_after_s: u64,
    },
    /// The bytes that may be reserved in a day (UTC).
    BytesPerDay {
        /// The limit.
        bytes: u64,
        /// Seconds until the next day.
        retry_after_s: u64,
    },
}

impl ReachedLimit {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Pending { .. } => "too_many_pending_uploads",
            Self::BytesPerDay { .. } => "too_many_bytes_today",
        }
    }

    pub(super) fn detail(self) -> String {
        match self {
            Self::Pending { uploads, retry_after_s } => format!(
                "You have {uploads} pending uploads, which is the limit: finish one, or wait {retry_after_s} seconds."
            ),
            Self::BytesPerDay { bytes, retry_after_s } => format!(
                "This upload would exceed your limit of {bytes} bytes a day (UTC): wait {retry_after_s} seconds, or declare a smaller size_bytes."
            ),
        }
    }

    pub(super) fn retry_after_s(self) -> u64 {
        match self {
            Self::Pending { retry_after_s, .. } | Self::BytesPerDay { retry_after_s, .. } => retry_after_s,
        }
    }
}
