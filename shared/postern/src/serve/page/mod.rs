//! Pages for people: the page of a link, with its content, a button or a password, and of a link that does
//! not open.
//!
//! Each is one document without script. Its policy names what the page shows, and nothing else.
//!
//! ```text
//!  link.rs       the page of a link that opens: content and download, or the button
//!  problem.rs    every other page
//!  element.rs    what the page says of the type, and by which element it shows the file
//!  card.rs       what chats make a card of
//! ```

use crate::page::{Destination, Needs};

mod card;
mod element;
mod form;
mod link;
mod problem;
#[cfg(test)]
mod tests;

pub use form::ID_FIELD;
pub use link::{confirm, opened};
pub use problem::{of_expired_url, of_problem};

use element::Element;

/// The style that only the pages of links need.
const STYLE: &str = include_str!("link.css");

/// What a page loads that shows a file by `element`.
///
/// `form-action` names the storage beside the page, because a browser checks the redirect that answers a form
/// against it ([CSP 3, form-action](https://www.w3.org/TR/CSP3/#directive-form-action)). Redirects of images,
/// media and frames are checked in the same way.
fn needs(Destination(storage): &Destination, element: Option<Element>) -> Needs {
    let both = vec!["'self'".to_owned(), storage.clone()];
    let from_both = |directive: &str| vec![format!("{directive} {}", both.join(" "))];
    let (images, directives) = match element {
        Some(Element::Image) => (both.clone(), Vec::new()),
        Some(Element::Video | Element::Audio) => (Vec::new(), from_both("media-src")),
        Some(Element::Pdf | Element::Text) => (Vec::new(), from_both("frame-src")),
        None => (Vec::new(), Vec::new()),
    };
    Needs { images, directives, forms: both }
}
