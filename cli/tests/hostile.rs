//! Input that is meant to hurt: it is answered within a second, in bounded memory, and resolves nothing.

#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::time::Duration;

use postern_cli::explain::{Settings, explain};
use postern_cli::input;
use proptest::prelude::*;
use rustix::time::{ClockId, clock_gettime};

const SIZE: usize = 10 * 1024 * 1024;

fn settings() -> Settings {
    Settings::at("2026-11-24T10:05:00Z".parse::<s3_presigned::Timestamp>().unwrap())
}

/// The processor's time of this thread, which other programs on the machine do not lengthen.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

/// Reads and explains as the program does.
fn answered(name: &str, bytes: &[u8]) -> String {
    let begin = spent();
    let text = input::read(bytes).unwrap();
    let explanation = explain(&text, &settings());
    let said = format!("{explanation}{}", serde_json::to_string(&explanation).unwrap());
    let took = spent().saturating_sub(begin);
    eprintln!("{name}: {took:?}");
    // A debug build is several times slower than what is delivered.
    let bound = if cfg!(debug_assertions) { 5 } else { 1 };
    assert!(took < Duration::from_secs(bound), "{name} took {took:?}");
    assert!(said.len() < 300_000, "{name}: an answer of {} bytes", said.len());
    said
}

#[test]
fn ten_megabytes_of_anything_are_answered_at_once() {
    let patterns = [
        "x",
        "\n",
        "\0",
        "<",
        "<a>",
        "<Error>",
        "<Error><Code>",
        "</Error>",
        "<Error><Code>A</Code>",
        "&amp;",
        "{",
        "{'",
        "[",
        "{\"a\":",
        "{\"a\":[1,\n",
        "{\"url\":\"https://a\",\"fields\":{",
        "https://",
        "http",
        "https://a.s3.amazonaws.com/?X-Amz-Date=1&",
        "https://a.s3.amazonaws.com/k?X-Amz-Signature=1 ",
        "curl ",
        "\ncurl -F a=b ",
        "\ncurl 'x",
        "> GET / HTTP/1.1\n",
        "HTTP/1.1 403 x\n",
        "a: b\n",
        "AccessDenied: x\n",
        "AccessDenied ",
        "Failed to fetch\n",
        "<![CDATA[",
        "<!--",
        "<!DOCTYPE x [",
        "&#x26;",
        "\u{fc}",
        "\\",
        "'",
        "\"",
        "eyJ",
        "/l/",
        "bearer ",
    ];
    for pattern in patterns {
        answered(pattern, pattern.repeat(SIZE / pattern.len()).as_bytes());
    }
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(state >> 24).unwrap()
    })
    .take(SIZE)
    .collect();
    answered("noise", &noise);
}

#[test]
fn the_error_at_the_end_of_a_long_log_is_found() {
    let end = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let log = ["2026-11-24 a line\n".repeat(600_000).as_str(), end].concat();
    assert!(answered("a long log", log.as_bytes()).contains("url_expired"));
}

#[test]
fn no_entity_is_resolved_and_none_multiplies() {
    let bomb = "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;&lol;\"><!ENTITY file SYSTEM \"file:///etc/passwd\">]>\
        <Error><Code>NoSuchKey</Code><Message>&lol2;&file;</Message><Key>&file;&lol2;</Key></Error>";
    let said = answered("entities", bomb.as_bytes());
    assert!(said.contains("object_missing") && !said.contains("lollol") && !said.contains("root:"), "{said}");
}

#[test]
fn deep_xml_and_json_are_read_up_to_their_bound() {
    let xml = format!("<Error><Code>NoSuchKey</Code>{}", "<a>".repeat(3_000_000));
    assert!(answered("deep XML", xml.as_bytes()).contains("object_missing"));
    let json = format!("{}{}", "{\"a\":".repeat(2_000_000), "1");
    answered("deep JSON", json.as_bytes());
}

#[test]
fn an_answer_has_no_control_characters_of_its_input() {
    let text = "<Error><Code>InvalidArgument</Code><Message>\u{1b}[31mred\u{7}</Message><ArgumentName>\u{1b}]0;title\u{7}</ArgumentName></Error>";
    let said = explain(text, &settings()).to_string();
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
}

const WHOLE: &str = "https://files.s3.eu-central-1.amazonaws.com/uploads/photo.png?X-Amz-Algorithm=AWS4-HMAC-SHA256&\
    X-Amz-Credential=ASIAQNZGKIQY56JQ7WML%2F20261124%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20261124T100000Z&\
    X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Security-Token=IQoJb3JpZ2luEXAMPLE%2B%2F&\
    X-Amz-Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n\
    <Error><Code>SignatureDoesNotMatch</Code><Message>m</Message><CanonicalRequest>GET\n/uploads/photo.png\nX-Amz-Date=1\n\
    host:files.s3.eu-central-1.amazonaws.com\n\nhost\nUNSIGNED-PAYLOAD</CanonicalRequest></Error>\n\
    {\"url\": \"https://files.s3.eu-central-1.amazonaws.com/\", \"fields\": {\"key\": \"a\", \"policy\": \"e30=\"}}";

#[test]
fn half_of_anything_is_answered() {
    for end in 0..WHOLE.len() {
        let cut = explain(&WHOLE[..end], &settings());
        let said = format!("{cut}{}", serde_json::to_string(&cut).unwrap());
        assert!(!said.contains("0123456789abcdef") && !said.contains("IQoJb3JpZ2lu"), "{end}: {said}");
    }
}

proptest! {
    #[test]
    fn no_change_makes_it_panic_or_tell_a_secret(at in 0..WHOLE.len(), with in "\\PC{0,12}", length in 0_usize..40) {
        let end = (at + length).min(WHOLE.len());
        let changed = [&WHOLE[..at], &with, &WHOLE[end..]].concat();
        let mut settings = settings();
        settings.size_bytes = Some(10);
        let said = explain(&changed, &settings).to_string();
        prop_assert!(!said.contains("0123456789abcdef0123456789abcdef"), "{}", said);
    }
}
