//! Whether the people who open a link see its page.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// When a browser that navigates to a link gets the link's page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageMode {
    /// Where browsers show the file.
    #[default]
    Auto,
    /// Always, where browsers save the file too.
    Always,
    /// Never: the link redirects.
    Never,
}

/// The text is none of the modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write auto, always or never")]
pub struct ParsePageModeError;

impl PageMode {
    /// The mode as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

impl FromStr for PageMode {
    type Err = ParsePageModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut modes = [Self::Auto, Self::Always, Self::Never].into_iter();
        modes.find(|mode| mode.as_str() == text).ok_or(ParsePageModeError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_written_as_it_is_kept() {
        for mode in [PageMode::Auto, PageMode::Always, PageMode::Never] {
            assert_eq!(mode.as_str().parse(), Ok(mode));
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.as_str());
        }
        for text in ["", "Auto", "on"] {
            assert_eq!(text.parse::<PageMode>(), Err(ParsePageModeError), "{text}");
        }
    }
}
