//! Texts that come from others, made fit for a terminal.

/// The text without characters that steer a terminal or change the order in which text is read: control characters other
/// than the end of a line, and the [bidirectional controls](https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters).
pub fn shown(text: &str) -> String {
    let steers = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// The same on one line.
pub fn on_one_line(text: &str) -> String {
    shown(text).replace('\n', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(
            shown("a\u{1b}[2Jb\u{202e}c\u{2067}\r\nd\u{9b}é"),
            "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\u{fffd}\nd\u{fffd}é"
        );
        assert_eq!(on_one_line("a\nb"), "a\u{fffd}b");
    }
}
