//! The cookies of a link: bound to its path, and valid for as long as an opening goes on.

use crate::link::OPENING_S;

/// The value of `Set-Cookie`; `path` is the link's own.
pub(super) fn set(name: &str, value: &str, path: &str) -> String {
    format!("{name}={value}; Path={path}; Max-Age={OPENING_S}; Secure; HttpOnly; SameSite=Lax")
}

/// The values of the cookies of this name among `cookies`.
pub(super) fn values<'a>(cookies: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    cookies.split(';').filter_map(move |cookie| cookie.trim().strip_prefix(name)?.strip_prefix('='))
}
