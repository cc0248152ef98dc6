//! The cookies of a link: bound to its path.

/// The value of `Set-Cookie` for a cookie that lives `max_age_s` seconds; `path` is the link's own.
pub(super) fn set(name: &str, value: &str, path: &str, max_age_s: u64) -> String {
    format!("{name}={value}; Path={path}; Max-Age={max_age_s}; Secure; HttpOnly; SameSite=Lax")
}

/// The values of the cookies of this name among `cookies`.
pub(super) fn values<'a>(cookies: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    cookies.split(';').filter_map(move |cookie| cookie.trim().strip_prefix(name)?.strip_prefix('='))
}
