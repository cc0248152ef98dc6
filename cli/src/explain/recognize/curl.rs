//! Command lines of curl: the method, the headers and the form that they send.

use super::evidence::Evidence;
use super::form::Form;
use super::http::Exchange;
use super::limits::{head, push};

/// The most bytes of one command, and the most commands that are read.
const MAX_BYTES: usize = 64 * 1024;
const MAX_COMMANDS: usize = 16;

/// Finds commands. A command begins a line, and goes on after a backslash at the end of a line.
pub(super) fn find(input: &str, found: &mut Evidence) {
    let (mut rest, mut commands) = (input, 0);
    while commands < MAX_COMMANDS {
        let Some(start) = rest.find("curl ") else { return };
        let before = rest.get(..start).unwrap_or_default();
        let Some(from) = rest.get(start..) else { return };
        let begins_line = before
            .lines()
            .last()
            .is_none_or(|line| before.ends_with('\n') || line.trim_matches(['$', '#', '%', ' ']).is_empty());
        if begins_line {
            commands += 1;
            read(&words(head(from, MAX_BYTES)), found);
        }
        rest = from.get("curl ".len()..).unwrap_or_default();
    }
}

/// Splits a command as a POSIX shell does, up to the end of its line.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None | Some('"'), '\\') => match characters.next() {
                Some('\n' | '\r') | None => {}
                Some(next) => word.get_or_insert_default().push(next),
            },
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, '\n' | ';' | '|' | '&') => break,
            (None, _) if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

fn read(words: &[String], found: &mut Evidence) {
    let (mut exchange, mut form) = (Exchange::default(), Form::default());
    let mut words = words.iter().skip(1);
    let mut implied = "GET";
    while let Some(word) = words.next() {
        match word.as_str() {
            "-X" | "--request" => exchange.method = words.next().cloned(),
            "-I" | "--head" => implied = "HEAD",
            "-T" | "--upload-file" => {
                implied = "PUT";
                words.next();
            }
            "-d" | "--data" | "--data-binary" | "--data-raw" => {
                implied = "POST";
                words.next();
            }
            "-H" | "--header" => {
                let header = words.next().and_then(|header| header.split_once(':'));
                exchange
                    .request
                    .extend(header.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())));
            }
            "-F" | "--form" | "--form-string" => {
                implied = "POST";
                match words.next().and_then(|field| field.split_once('=')) {
                    Some((name, value)) if value.starts_with('@') && name == "file" => {
                        form.filename = value.rsplit(['/', '@']).next().map(str::to_owned);
                    }
                    Some((name, value)) => form.fields.push((name.to_owned(), value.to_owned())),
                    None => {}
                }
            }
            url if url.starts_with("http") => exchange.target = Some(url.to_owned()),
            _ => {}
        }
    }
    let Some(target) = exchange.target.clone() else { return };
    exchange.method.get_or_insert_with(|| implied.to_owned());
    if !form.fields.is_empty() {
        push(&mut found.forms, Form { url: target, ..form });
    } else if exchange.url().is_some() {
        push(&mut found.exchanges, exchange);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_gives_method_headers_and_form() {
        let mut found = Evidence::default();
        find(
            "$ curl -I 'https://a.s3.amazonaws.com/k?X-Amz-Signature=1&X-Amz-Date=2'\n\
             curl -F 'key=a b' \\\n  -F file=@dir/photo.png https://a.s3.amazonaws.com/\n",
            &mut found,
        );
        assert_eq!(found.exchanges[0].method.as_deref(), Some("HEAD"));
        assert_eq!(found.forms[0].field("key"), Some("a b"));
        assert_eq!(found.forms[0].filename.as_deref(), Some("photo.png"));
    }

    #[test]
    fn an_unquoted_ampersand_ends_the_command() {
        let words = words("curl https://a.s3.amazonaws.com/k?X-Amz-Date=2&X-Amz-Signature=1");
        assert_eq!(words[1], "https://a.s3.amazonaws.com/k?X-Amz-Date=2");
    }
}
