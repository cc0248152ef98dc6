//! What chats and networks read of a page to make a card: [Open Graph](https://ogp.me/) and Twitter's tags.

use super::element::{Element, kind_of};
use crate::link::Link;
use crate::page::{PageContext, escaped, figures};

/// The tags for the page of `link`. The image is named only where anybody may open the link as often as they
/// like: a previewer's fetch of it must use nothing up.
pub(super) fn tags(context: &PageContext<'_>, link: &Link) -> String {
    let messages = context.language.messages();
    let name = escaped(link.served_filename().as_str());
    let size = figures::size(link.size_bytes, context.language);
    let kind = kind_of(link).name(messages);
    let image = context.address.as_ref().filter(|_| is_open_image(link));
    let card = if image.is_some() { "summary_large_image" } else { "summary" };
    let mut tags: Vec<(&str, &str, String)> = vec![
        ("property", "og:type", "website".to_owned()),
        ("property", "og:title", name.clone()),
        ("property", "og:description", format!("{kind}, {size}")),
        ("name", "twitter:card", card.to_owned()),
        ("name", "description", format!("{kind}, {size}")),
    ];
    tags.extend(context.brand.name().map(|name| ("property", "og:site_name", escaped(name))));
    tags.extend(context.address.as_ref().map(|address| ("property", "og:url", escaped(address))));
    if let Some(address) = image {
        tags.push(("property", "og:image", escaped(&format!("{address}?show=1"))));
        tags.push(("property", "og:image:type", escaped(&link.content_type())));
        tags.push(("property", "og:image:alt", name));
    }
    let tag =
        |(by, key, value): &(&str, &str, String)| format!("<meta {by}=\"{key}\" content=\"{value}\">\n");
    tags.iter().map(tag).collect::<Vec<_>>().concat()
}

fn is_open_image(link: &Link) -> bool {
    Element::of(link) == Some(Element::Image)
        && !link.terms.is_counted()
        && link.terms.allowed_network.is_none()
}
