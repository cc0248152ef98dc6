//! The stack's brand on the pages: a name, a logo, a color.
//!
//! The operator of the stack sets it, and it is checked when a function starts. A logo of SVG text is shown by
//! an `<img>` from a `data:` URL: in an image no browser runs script or loads anything. A logo from elsewhere
//! adds its own origin to the page's policy, and nothing else.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::{Destination, escaped};

/// The longest name, in characters.
const MAX_NAME_CHARS: usize = 60;

/// The longest logo as text: all variables of a function share 4 KiB.
const MAX_SVG_BYTES: usize = 2048;

/// The longest address of a logo.
const MAX_URL_BYTES: usize = 512;

/// What the pages show of the stack's operator; by default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brand {
    name: Option<String>,
    logo: Option<Logo>,
    color: Option<Color>,
}

/// Where the logo comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Logo {
    /// In the page.
    Svg(String),
    /// From elsewhere.
    Url(String),
}

/// The color of buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Color {
    red: u8,
    green: u8,
    blue: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BrandText {
    name: Option<String>,
    logo_svg: Option<String>,
    logo_url: Option<String>,
    color: Option<String>,
}

/// The text describes no brand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseBrandError {
    /// It is not JSON with these fields.
    #[error("write none, or JSON with name, logo_svg or logo_url, and color")]
    Malformed,
    /// The name is too long or has control characters.
    #[error("name has 1 to {MAX_NAME_CHARS} characters and no control characters")]
    Name,
    /// There are two logos.
    #[error("give logo_svg or logo_url, not both")]
    TwoLogos,
    /// The logo is no SVG, or active.
    #[error(
        "logo_svg is one <svg> element of at most {MAX_SVG_BYTES} bytes, without scripts, event handlers, \
         foreign objects, entities and addresses of other files"
    )]
    Svg,
    /// The address is none of HTTPS.
    #[error(
        "logo_url is an https URL of at most {MAX_URL_BYTES} bytes, with a host and without spaces, quotes, commas and semicolons"
    )]
    Url,
    /// The color is none.
    #[error("color is # and six hexadecimal digits")]
    Color,
}

impl Brand {
    /// The operator's name.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The first part of a page; empty without name and logo.
    pub(super) fn header(&self) -> String {
        let logo = self.logo.as_ref().map(|logo| {
            let source = match logo {
                Logo::Svg(svg) => format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg)),
                Logo::Url(url) => escaped(url),
            };
            format!("<img class=\"logo\" src=\"{source}\" alt=\"\" height=\"32\">")
        });
        let name = self.name.as_ref().map(|name| format!("<span>{}</span>", escaped(name)));
        match (logo, name) {
            (None, None) => String::new(),
            (logo, name) => {
                let (logo, name) = (logo.unwrap_or_default(), name.unwrap_or_default());
                format!("<header class=\"brand\">{logo}{name}</header>\n")
            }
        }
    }

    /// The source of the logo in the page's policy.
    pub(super) fn logo_source(&self) -> Option<String> {
        self.logo.as_ref().map(|logo| match logo {
            Logo::Svg(_) => "data:".to_owned(),
            Logo::Url(url) => Destination::of(url).0,
        })
    }

    /// What the color adds to the page's style.
    pub(super) fn style(&self) -> String {
        let Some(color) = self.color else { return String::new() };
        let Color { red, green, blue } = color;
        let text = if color.is_dark() { "#ffffff" } else { "#111111" };
        format!(":root{{--act:#{red:02x}{green:02x}{blue:02x};--on-act:{text}}}\n")
    }
}

impl FromStr for Brand {
    type Err = ParseBrandError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" {
            return Ok(Self::default());
        }
        let written: BrandText = serde_json::from_str(text).map_err(|_| ParseBrandError::Malformed)?;
        Ok(Self {
            name: written.name.map(name).transpose()?,
            logo: match (written.logo_svg, written.logo_url) {
                (Some(_), Some(_)) => return Err(ParseBrandError::TwoLogos),
                (Some(svg), None) => Some(Logo::Svg(inert_svg(svg)?)),
                (None, Some(url)) => Some(Logo::Url(https_url(url)?)),
                (None, None) => None,
            },
            color: written.color.map(|color| color.parse()).transpose()?,
        })
    }
}

fn name(name: String) -> Result<String, ParseBrandError> {
    let fits = (1..=MAX_NAME_CHARS).contains(&name.chars().count());
    match fits && !name.trim().is_empty() && !name.contains(char::is_control) {
        true => Ok(name),
        false => Err(ParseBrandError::Name),
    }
}

/// The browser runs nothing in an `<img>`. This keeps out what could run if the image were opened by itself.
fn inert_svg(svg: String) -> Result<String, ParseBrandError> {
    let lower = svg.trim().to_ascii_lowercase();
    let compact: String = lower.split_ascii_whitespace().collect();
    let is_element = lower.starts_with("<svg") && lower.ends_with("</svg>");
    let is_active =
        ["<script", "<foreignobject", "<!", "<?", "javascript:", "@import", "<iframe", "<use", "<image"]
            .iter()
            .any(|word| lower.contains(word));
    let has_handler =
        compact.match_indices("on").any(|(at, _)| is_handler(compact.get(at + 2..).unwrap_or_default()));
    let leads_away = ["href=", "src=", "url(http", "url('", "url(\"", "url(//", "url(data"]
        .iter()
        .any(|word| compact.contains(word));
    let fits = svg.len() <= MAX_SVG_BYTES && is_element;
    match fits && !is_active && !has_handler && !leads_away {
        true => Ok(svg),
        false => Err(ParseBrandError::Svg),
    }
}

/// Whether what follows `on` ends the name of an attribute, as in `onload=`.
fn is_handler(rest: &str) -> bool {
    let after = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
    after.len() < rest.len() && after.starts_with('=')
}

fn https_url(url: String) -> Result<String, ParseBrandError> {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    let is_host = |host: &str| {
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':'))
    };
    let is_plain =
        url.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b',' | b';' | b'<' | b'>'));
    match host.is_some_and(is_host) && is_plain && url.len() <= MAX_URL_BYTES {
        true => Ok(url),
        false => Err(ParseBrandError::Url),
    }
}

impl Color {
    /// Whether white text on it is easier to read than black text
    /// ([WCAG, contrast ratio](https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)).
    fn is_dark(self) -> bool {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        let light = 0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue);
        1.05 / (light + 0.05) >= (light + 0.05) / 0.055
    }
}

impl FromStr for Color {
    type Err = ParseBrandError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let channel = |at: usize| {
            let pair = digits?.get(at..at + 2)?;
            u8::from_str_radix(pair, 16).ok()
        };
        match (channel(0), channel(2), channel(4)) {
            (Some(red), Some(green), Some(blue)) => Ok(Self { red, green, blue }),
            _ => Err(ParseBrandError::Color),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &serde_json::Value) -> Result<Brand, ParseBrandError> {
        json.to_string().parse()
    }

    #[test]
    fn a_brand_is_shown_as_it_is_written() {
        let svg = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path fill="url(#a)" d="M0 0h9v9z"/></svg>"#;
        let brand =
            parse(&serde_json::json!({ "name": "A & B", "logo_svg": svg, "color": "#0B57d0" })).unwrap();
        assert!(
            brand
                .header()
                .starts_with("<header class=\"brand\"><img class=\"logo\" src=\"data:image/svg+xml;base64,")
        );
        assert!(brand.header().ends_with("alt=\"\" height=\"32\"><span>A &amp; B</span></header>\n"));
        assert_eq!(brand.logo_source().unwrap(), "data:");
        assert_eq!(brand.style(), ":root{--act:#0b57d0;--on-act:#ffffff}\n");
        let elsewhere =
            parse(&serde_json::json!({ "logo_url": "https://cdn.example:8443/a/logo.png?x=1" })).unwrap();
        assert_eq!(elsewhere.logo_source().unwrap(), "https://cdn.example:8443");
        assert_eq!((elsewhere.style(), elsewhere.name()), (String::new(), None));
        for nothing in ["none", "{}"] {
            let brand: Brand = nothing.parse().unwrap();
            assert_eq!((brand.header(), brand.logo_source()), (String::new(), None));
        }
    }

    #[test]
    fn text_on_the_color_can_be_read() {
        // The last two lie on both sides of the limit.
        for (color, text) in [
            ("#ffffff", "#111111"),
            ("#000000", "#ffffff"),
            ("#0a0a0a", "#ffffff"),
            ("#ffe600", "#111111"),
            ("#7a1fa2", "#ffffff"),
            ("#787878", "#ffffff"),
            ("#797979", "#111111"),
        ] {
            let brand = parse(&serde_json::json!({ "color": color })).unwrap();
            assert!(brand.style().contains(&format!("--act:{color};--on-act:{text}")), "{}", brand.style());
        }
    }

    #[test]
    fn a_logo_may_have_words_and_the_longest_length() {
        let svg = |inside: &str| format!("<svg>{inside}</svg>");
        let fill = "x".repeat(MAX_SVG_BYTES - svg("").len());
        for logo in [svg("<text>on = 1</text>"), svg("<text>icon</text>"), svg(&fill)] {
            assert!(parse(&serde_json::json!({ "logo_svg": logo })).is_ok(), "{logo}");
        }
        for half in ["<svg><g/>", "<g/></svg>"] {
            assert_eq!(parse(&serde_json::json!({ "logo_svg": half })), Err(ParseBrandError::Svg), "{half}");
        }
        let url = |length: usize| format!("https://a.example/{}", "x".repeat(length - 18));
        assert!(parse(&serde_json::json!({ "logo_url": url(MAX_URL_BYTES) })).is_ok());
        let long = parse(&serde_json::json!({ "logo_url": url(MAX_URL_BYTES + 1) }));
        assert_eq!(long, Err(ParseBrandError::Url));
    }

    #[test]
    fn what_could_run_or_write_the_policy_is_refused() {
        let svg = |inside: &str| serde_json::json!({ "logo_svg": format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{inside}</svg>") });
        for inside in [
            "<script>alert(1)</script>",
            "<SCRIPT href='x'/>",
            "<g onload=alert(1)>",
            "<g/onclick = 'x'>",
            "<g oNload=\n'x'>",
            "<foreignObject/>",
            "<a href='javascript:x'/>",
            "<image href='https://a.example/x.png'/>",
            "<style>@import 'https://a.example'</style>",
            "<rect fill='url(https://a.example/x#y)'/>",
            "<!DOCTYPE svg>",
            "<?xml-stylesheet href='x'?>",
            "<use xlink:href = 'x'/>",
        ] {
            assert_eq!(parse(&svg(inside)), Err(ParseBrandError::Svg), "{inside}");
        }
        assert_eq!(parse(&svg(&"<g/>".repeat(MAX_SVG_BYTES / 4))), Err(ParseBrandError::Svg));
        for url in [
            "http://a.example/x",
            "https://",
            "https:///x",
            "https://a.example; script-src *",
            "https://a.example/x;y",
            "https://a.example/\"x",
            "https://u@a.example/x",
            "data:image/png;base64,AAAA",
            "https://*/x",
        ] {
            assert_eq!(parse(&serde_json::json!({ "logo_url": url })), Err(ParseBrandError::Url), "{url}");
        }
        for color in ["red", "#fff", "#12345g", "#1234567", "#+12345", "#0b57d0}"] {
            assert_eq!(parse(&serde_json::json!({ "color": color })), Err(ParseBrandError::Color), "{color}");
        }
        for name in ["", " ", "a\nb", &"x".repeat(61)] {
            assert_eq!(parse(&serde_json::json!({ "name": name })), Err(ParseBrandError::Name), "{name}");
        }
        let two = serde_json::json!({ "logo_svg": "<svg></svg>", "logo_url": "https://a.example/x" });
        assert_eq!(parse(&two), Err(ParseBrandError::TwoLogos));
        for text in ["", "{", "[]", r#"{"logo":"x"}"#] {
            assert_eq!(text.parse::<Brand>(), Err(ParseBrandError::Malformed), "{text}");
        }
    }
}
