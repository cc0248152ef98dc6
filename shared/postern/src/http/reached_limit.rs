//! Limits of an owner that a request would exceed.

/// A limit of an owner, and how long it stays reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReachedLimit {
    /// The number of pending uploads.
    Pending {
        /// The limit.
        uploads: u8,
        /// How many more the owner may have now.
        left: u8,
        /// How many the request needs.
        needed: usize,
        /// Seconds until enough of them have ended.
        retry_after_s: u64,
    },
    /// The bytes that may be reserved in a day (UTC).
    BytesPerDay {
        /// The limit.
        bytes: u64,
        /// How many are left.
        left: u64,
        /// How many the request needs.
        needed: u64,
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
            Self::Pending { uploads, left: 0, retry_after_s, .. } => format!(
                "You have {uploads} pending uploads, which is the limit: finish one, or wait {retry_after_s} seconds."
            ),
            Self::Pending { uploads, left, needed, retry_after_s } => format!(
                "You may have {left} more pending uploads ({uploads} in all), and this batch needs {needed}: finish some, send a smaller batch, or wait {retry_after_s} seconds."
            ),
            Self::BytesPerDay { bytes, left, needed, retry_after_s } => format!(
                "This request needs {needed} bytes, and {left} of your {bytes} bytes a day (UTC) are left: wait {retry_after_s} seconds, or declare a smaller size_bytes."
            ),
        }
    }

    pub(super) fn retry_after_s(self) -> u64 {
        match self {
            Self::Pending { retry_after_s, .. } | Self::BytesPerDay { retry_after_s, .. } => retry_after_s,
        }
    }
}
