//! The pages of links as documents.

use http::StatusCode;
use s3_presigned::Timestamp;

use super::*;
use crate::http::Problem;
use crate::link::{Link, LinkTerms};
use crate::page::messages::Language;
use crate::page::testing::context;
use crate::page::{Brand, PageContext};
use crate::testing::samples::{at, link};

fn of_type(sniffed_type: &str) -> Link {
    Link { sniffed_type: sniffed_type.parse().unwrap(), ..link(None) }
}

fn with(terms: LinkTerms) -> Link {
    Link { terms, ..link(None) }
}

#[test]
fn a_name_and_a_note_cannot_write_the_page() {
    let name = "<script>alert(1)<'\">&.png";
    let terms = LinkTerms {
        filename: Some(name.parse().unwrap()),
        note: Some("</blockquote><script>alert(2)</script>".parse().unwrap()),
        ..LinkTerms::default()
    };
    let context = context(Language::English);
    for page in [opened(&context, &with(terms.clone()), ""), confirm(&context, &with(terms.clone()), "id")] {
        let shown = "<bdi>&lt;script&gt;alert(1)&lt;&#39;&quot;&gt;&amp;.png</bdi>";
        assert!(page.body.contains(shown), "{}", page.body);
        assert!(page.body.contains("&lt;/blockquote&gt;&lt;script&gt;") && !page.body.contains("<script"));
    }
}

#[test]
fn a_page_shows_the_link_itself_by_the_element_of_its_type() {
    let context = context(Language::English);
    for (sniffed_type, markup, source) in [
        ("image/png", "<img src=\"?show=1\" alt=\"photo.png\">", "img-src"),
        (
            "video/webm",
            "<video src=\"?show=1&amp;at=1795943979\" crossorigin=\"anonymous\" controls",
            "media-src",
        ),
        (
            "audio/mpeg",
            "<audio src=\"?show=1&amp;at=1795943979\" crossorigin=\"anonymous\" controls",
            "media-src",
        ),
        ("application/pdf", "<iframe src=\"?show=1\" title=\"photo.png\"></iframe>", "frame-src"),
        ("text/plain", "<iframe src=\"?show=1\" title=\"photo.png\" sandbox></iframe>", "frame-src"),
    ] {
        let page = opened(&context, &of_type(sniffed_type), "");
        assert!(page.body.contains(markup), "{sniffed_type} {}", page.body);
        assert!(page.body.contains("name=\"download\"") && !page.body.contains("name=\"page\""));
        let policy = page.header("content-security-policy").unwrap();
        let allowed = format!("{source} 'self' https://files.s3.eu-central-1.amazonaws.com;");
        assert!(policy.contains(&allowed) && !policy.contains("script"), "{policy}");
    }
}

#[test]
fn a_player_has_another_address_after_a_reload() {
    let counted = with(LinkTerms { max_opens: Some(1), ..LinkTerms::default() });
    for (link, id, source) in
        [(link(None), "", "?show=1&amp;at="), (counted, "1.a-b.c_d", "?page=1.a-b.c_d&amp;at=")]
    {
        let link = Link { sniffed_type: "video/webm".parse().unwrap(), ..link };
        for now_s in [1_795_943_979, 1_795_943_980] {
            let context = PageContext { now: Timestamp::from_epoch_s(now_s), ..context(Language::English) };
            let body = opened(&context, &link, id).body;
            assert!(body.contains(&format!("<video src=\"{source}{now_s}\"")), "{body}");
        }
    }
}

#[test]
fn a_page_with_a_player_says_in_every_language_what_to_do_if_it_stops() {
    for language in Language::ALL {
        let said = |sniffed_type| {
            let body = opened(&context(language), &of_type(sniffed_type), "").body;
            body.contains(language.messages().playback_stopped)
        };
        assert!(said("video/webm") && said("audio/mpeg"), "{language:?}");
        assert!(!said("image/png") && !said("application/pdf") && !said("text/plain"), "{language:?}");
    }
}

#[test]
fn what_a_page_of_a_counting_link_asks_carries_its_id() {
    let page = opened(
        &context(Language::English),
        &with(LinkTerms { max_opens: Some(1), ..LinkTerms::default() }),
        "1.a-b.c_d",
    );
    assert!(page.body.contains("<img src=\"?page=1.a-b.c_d\""), "{}", page.body);
    assert!(page.body.contains("type=\"hidden\" name=\"page\" value=\"1.a-b.c_d\""));
    assert!(page.body.contains("limited number of openings"));
}

#[test]
fn active_content_is_offered_for_download_only() {
    for active in ["image/svg+xml", "text/html", "application/xml", "application/xhtml+xml"] {
        let page = opened(&context(Language::English), &of_type(active), "");
        for element in ["<img", "<iframe", "<object", "<embed", "<video"] {
            assert!(!page.body.contains(element), "{active} {element}");
        }
        assert!(page.body.contains("name=\"download\""));
        let policy = page.header("content-security-policy").unwrap();
        assert!(!policy.contains("img-src") && !policy.contains("frame-src"), "{policy}");
    }
}

#[test]
fn a_page_says_what_is_behind_the_link_in_every_language() {
    for (language, until) in [
        (
            Language::English,
            "Available until <time datetime=\"2026-12-01T09:30:00.000Z\">1 December 2026, 09:30 UTC</time>",
        ),
        (
            Language::German,
            "Verf\u{fc}gbar bis <time datetime=\"2026-12-01T09:30:00.000Z\">1. Dezember 2026, 09:30 UTC</time>",
        ),
        (Language::French, "1 d\u{e9}cembre 2026 \u{e0} 09:30 UTC</time>"),
        (Language::Spanish, "1 de diciembre de 2026, 09:30 UTC</time>"),
        (Language::Chinese, "2026\u{5e74}12\u{6708}1\u{65e5} 09:30 UTC</time>"),
    ] {
        let terms = LinkTerms { note: Some("For you,\nZo\u{eb}".parse().unwrap()), ..LinkTerms::default() };
        let link = Link { terms, ..link(Some(at("2026-12-01T09:30:00Z"))) };
        let body = opened(&context(language), &link, "").body;
        let messages = language.messages();
        for part in
            [until, messages.kinds.image, messages.note_label, "For you,\nZo\u{eb}", messages.download]
        {
            assert!(body.contains(part), "{part} {body}");
        }
    }
}

#[test]
fn a_card_names_the_image_only_where_anybody_may_open_the_link() {
    let context = context(Language::English);
    let tag = "<meta property=\"og:image\" content=\"https://links.example/l/token?show=1\">";
    let free = opened(&context, &link(None), "").body;
    assert!(free.contains(tag) && free.contains("summary_large_image"), "{free}");
    assert!(free.contains("<meta property=\"og:title\" content=\"photo.png\">"));
    for terms in [
        LinkTerms { max_opens: Some(1), ..LinkTerms::default() },
        LinkTerms { max_opens_per_hour: Some(1), ..LinkTerms::default() },
        LinkTerms { confirm: true, ..LinkTerms::default() },
        LinkTerms { allowed_network: "192.0.2.0/24".parse().ok(), ..LinkTerms::default() },
        LinkTerms { as_attachment: true, ..LinkTerms::default() },
    ] {
        for page in [opened(&context, &with(terms.clone()), "id"), confirm(&context, &with(terms), "id")] {
            assert!(!page.body.contains("og:image") && page.body.contains("og:title"), "{}", page.body);
        }
    }
    assert!(!opened(&context, &of_type("application/pdf"), "").body.contains("og:image"));
}

#[test]
fn a_card_names_the_stack_the_address_and_the_image() {
    let brand: Brand = r#"{"name":"A & B"}"#.parse().unwrap();
    let branded = PageContext { brand: &brand, ..context(Language::English) };
    let card = opened(&branded, &link(None), "").body;
    for (key, value) in [
        ("og:site_name", "A &amp; B"),
        ("og:url", "https://links.example/l/token"),
        ("og:image:type", "image/png"),
        ("og:image:alt", "photo.png"),
    ] {
        let tag = format!("<meta property=\"{key}\" content=\"{value}\">");
        assert!(card.contains(&tag), "{tag} {card}");
    }
    let unknown = PageContext { address: None, ..branded };
    let card = opened(&unknown, &link(None), "").body;
    assert!(!card.contains("og:url") && !card.contains("og:image"), "{card}");
}

#[test]
fn a_page_tells_that_the_download_began_and_that_a_file_has_no_preview() {
    let context = context(Language::English);
    let (begun, no_preview) = ("<p class=\"begun\" role=\"status\">", "no preview");
    let saved = LinkTerms { as_attachment: true, ..LinkTerms::default() };
    for (link, is_without) in [
        (link(None), false),
        (of_type("image/heic"), true),
        (Link { terms: saved, ..of_type("image/heic") }, false),
    ] {
        let page = opened(&context, &link, "").body;
        assert!(page.contains(begun) && page.contains("The download has started."), "{page}");
        assert_eq!(page.contains(no_preview), is_without, "{page}");
    }
}

#[test]
fn a_page_about_a_password_shows_the_lock() {
    let context = context(Language::English);
    let lock = "<rect x=\"4\" y=\"10\"";
    for (problem, is_lock) in [
        (Problem::PasswordRequired, true),
        (Problem::PasswordWrong, true),
        (Problem::PasswordBusy, true),
        (Problem::PasswordLocked(7), true),
        (Problem::LinkRevoked, false),
    ] {
        let page = of_problem(&context, &problem, "r", "id").unwrap();
        assert_eq!(page.body.contains(lock), is_lock, "{}", page.body);
    }
}

#[test]
fn a_page_runs_nothing_and_loads_only_the_link() {
    let pages = [
        of_problem(&context(Language::English), &Problem::PasswordRequired, "r", "id").unwrap(),
        opened(&context(Language::English), &link(None), ""),
        confirm(&context(Language::English), &link(None), "id"),
    ];
    assert_eq!(pages[0].status, StatusCode::FORBIDDEN);
    for page in pages {
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        for part in
            ["form-action 'self' https://files.s3.eu-central-1.amazonaws.com;", "frame-ancestors 'none'"]
        {
            assert!(policy.contains(part), "{policy}");
        }
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        let markup = page.body.split("<main").nth(1).unwrap();
        for forbidden in [
            "<script",
            "http://",
            "https://",
            "url(",
            "@import",
            " style=",
            " onclick",
            " onload",
            " onerror",
            " onsubmit",
        ] {
            assert!(!markup.contains(forbidden), "{forbidden}");
        }
    }
}

#[test]
fn a_brand_stands_on_every_page() {
    let brand: Brand =
        r##"{"name":"Acme","logo_url":"https://cdn.example/l.png","color":"#7a1fa2"}"##.parse().unwrap();
    let context = PageContext { brand: &brand, ..context(Language::English) };
    for page in [
        of_problem(&context, &Problem::LinkRevoked, "r", "id").unwrap(),
        of_problem(&context, &Problem::PasswordRequired, "r", "id").unwrap(),
        opened(&context, &link(None), ""),
        confirm(&context, &link(None), "id"),
    ] {
        assert!(page.body.contains("<span>Acme</span>") && page.body.contains("\u{b7} Acme</title>"));
        assert!(page.body.contains("--act:#7a1fa2"));
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("https://cdn.example") && !policy.contains("data:"), "{policy}");
    }
}

#[test]
fn a_page_may_load_what_it_shows_and_nothing_else() {
    let storage = Destination::of("https://files.example/");
    let of = |element| {
        let needs = needs(&storage, element);
        (needs.images, needs.directives, needs.forms)
    };
    let both = vec!["'self'".to_owned(), "https://files.example".to_owned()];
    let only = |directive: &str| vec![format!("{directive} 'self' https://files.example")];
    assert_eq!(of(None), (vec![], vec![], both.clone()));
    assert_eq!(of(Some(Element::Image)), (both.clone(), vec![], both.clone()));
    for (element, directive) in [
        (Element::Video, "media-src"),
        (Element::Audio, "media-src"),
        (Element::Pdf, "frame-src"),
        (Element::Text, "frame-src"),
    ] {
        assert_eq!(of(Some(element)), (vec![], only(directive), both.clone()), "{element:?}");
    }
}
