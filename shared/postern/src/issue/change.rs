//! A field that a body may leave out, set, or remove with `null`.

use serde::{Deserialize, Deserializer};

/// A field of a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// It was left out.
    #[default]
    Keep,
    /// It was `null`.
    Clear,
    /// It was given.
    Set(T),
}

impl<T> Change<T> {
    /// The change of another value, which `f` makes of this one.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => Change::Set(f(value)),
        }
    }

    /// A value that `check` refuses has added its problem, and counts as left out.
    pub fn and_then<U>(self, check: impl FnOnce(T) -> Option<U>) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => check(value).map_or(Change::Keep, Change::Set),
        }
    }
}

impl<T: Clone> Change<T> {
    /// The value after the change of `existing`.
    pub fn over(&self, existing: Option<T>) -> Option<T> {
        match self {
            Self::Keep => existing,
            Self::Clear => None,
            Self::Set(value) => Some(value.clone()),
        }
    }
}

/// `null` is [`Change::Clear`]. This function is not called for a field that is left out.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}
