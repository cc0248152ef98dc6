//! The parts of a posted form.

/// A part of a posted form.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// A field with its name and value.
    Field(String, String),
    /// The file.
    #[non_exhaustive]
    File {
        /// The file name that the client sent, which replaces `${filename}`. Without a file name, S3 leaves
        /// `${filename}` as it is.
        filename: Option<String>,
        /// The size of the file.
        size_bytes: u64,
    },
}

impl Part {
    /// Makes a field.
    pub fn field(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Field(name.into(), value.into())
    }

    /// Makes a file with a file name.
    pub fn file(filename: impl Into<String>, size_bytes: u64) -> Self {
        Self::File { filename: Some(filename.into()), size_bytes }
    }

    /// Makes a file without a file name.
    pub fn unnamed_file(size_bytes: u64) -> Self {
        Self::File { filename: None, size_bytes }
    }
}
