//! The advice of every rejection is followed as a person would follow it, and the file is accepted then.
//! So no rejection leads into the next one.

use postern::media::AllowedTypes;
use postern::record::Settings;
use postern::upload::Settlement;

use crate::files::*;
use crate::people::good;
use crate::{ANY, Case, against_the_settings_of_a_stack, all, settings, verdict};

/// What the corpus is declared as, beside its own types.
const FALSE_TYPES: &[&str] = &[
    ANY,
    "image/png",
    "image/heic",
    "image/svg+xml",
    "audio/mpeg",
    "video/mp4",
    "application/pdf",
    "application/json",
    "application/xml",
    "application/zip",
    "application/msword",
    "application/x-msdownload",
    "text/plain",
    "text/csv",
    "text/html",
];

/// The names that the corpus is uploaded under, beside its own.
const FALSE_NAMES: &[&str] =
    &["a", "a.png", "a.mp4", "invoice.pdf", "a.docx", "a.zip", "a.exe", "a.html", "a.csv", "invoice.pdf.lnk"];

/// What no other declaration heals, and what a person has who did as the advice says.
fn done_by_hand(remedy: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let picture = || match bytes {
        [b'G', ..] => gif(4, 4, b""),
        [0xFF, ..] => jpeg(4, 4, b""),
        [b'B', ..] => bmp(4, 4),
        [b'R', ..] => webp(4, 4),
        [b'I', b'D', ..] => mp3(),
        [b'I', ..] => tiff(),
        [_, _, _, _, b'f', ..] => box_picture(bytes),
        _ => png(4, 4, b""),
    };
    match remedy {
        "save the file again without its comments"
        | "make it smaller"
        | "save it again without its metadata" => Some(picture()),
        "upload its files one by one, or put less into one archive" => Some(zip(&[entry("a", b"a")])),
        _ => None,
    }
}

/// Every file to which the advice leads: one for each type that it names.
fn followed(remedy: &str, case: &Case) -> Vec<(String, String, Vec<u8>)> {
    let (_, name, declared, bytes, _) = case;
    let (first, rest) = ["declare ", "give ", "upload a "]
        .iter()
        .find_map(|verb| {
            remedy.split_once(&format!(", and {verb}")).map(|(first, rest)| (first, format!("{verb}{rest}")))
        })
        .unwrap_or((remedy, remedy.to_owned()));
    let by_hand = done_by_hand(first, bytes);
    let (bytes, remedy) = match by_hand {
        Some(bytes) if first == remedy => return vec![((*name).to_owned(), (*declared).to_owned(), bytes)],
        Some(bytes) => (bytes, rest.as_str()),
        None => (bytes.clone(), remedy),
    };
    if remedy == "upload it again once it has content" {
        return vec![("a.png".to_owned(), "image/png".to_owned(), png(4, 4, b""))];
    }
    if remedy.starts_with("upload a file of a type that this stack allows (") {
        return vec![("a.png".to_owned(), "image/png".to_owned(), png(4, 4, b""))];
    }
    let remedy = remedy.strip_prefix("save the file as UTF-8, or ").unwrap_or(remedy);
    let (types, name) = match remedy.split_once("give the file a name whose only extension is ") {
        Some((types, extension)) => (types.trim_end_matches(", and "), format!("invoice{extension}")),
        None => (remedy, (*name).to_owned()),
    };
    let types = match types.strip_prefix("declare ") {
        Some(types) => types.split(", or ").map(ToOwned::to_owned).collect(),
        None if types.is_empty() => vec![(*declared).to_owned()],
        None => vec![],
    };
    types.into_iter().map(|declared| (name.clone(), declared, bytes.clone())).collect()
}

/// What goes wrong if the advice is followed for this case.
fn faults(settings: &Settings, case: &Case) -> Vec<String> {
    let Settlement::Condemn(rejection) = verdict(settings, case) else { return vec![] };
    let (_, remedy) = rejection.detail.rsplit_once(": ").unwrap();
    let (what, name, declared, ..) = case;
    let begin = format!("{what}, {name}, {declared}: {}", rejection.detail);
    let followed = followed(remedy, case);
    if followed.is_empty() {
        return vec![format!("{begin}: nothing to follow")];
    }
    let fault = |(name, declared, bytes): (String, String, Vec<u8>)| match verdict(
        settings,
        &("", name.leak(), declared.leak(), bytes, None),
    ) {
        Settlement::Condemn(next) => Some(format!("{begin}: then {}", next.detail)),
        Settlement::Pin(_) => None,
    };
    followed.into_iter().filter_map(fault).collect()
}

/// The corpus under its own types and names, …
fn own() -> Vec<Case> {
    let people = good().into_iter().map(|(what, name, types, bytes, _)| (what, name, types[0], bytes, None));
    [all(), against_the_settings_of_a_stack()].concat().into_iter().chain(people).collect()
}

/// … and under those of other files.
fn elsewhere() -> Vec<Case> {
    let others = |(what, name, declared, bytes, reason): Case| {
        let case = move |name, declared| (what, name, declared, bytes.clone(), reason);
        let types: Vec<_> = FALSE_TYPES.iter().map(|declared| case(name, *declared)).collect();
        types.into_iter().chain(FALSE_NAMES.iter().map(move |name| case(*name, declared)))
    };
    own().into_iter().flat_map(others).collect()
}

#[test]
fn whoever_follows_the_advice_of_a_rejection_is_accepted() {
    let all = AllowedTypes::all().to_string();
    let images = "image/*, application/pdf";
    for (types, cases) in [(all.as_str(), elsewhere()), (images, own()), ("image/png, text/*", own())] {
        let settings = settings(types, Some(1_000_000));
        let faults: Vec<_> = cases.iter().flat_map(|case| faults(&settings, case)).collect();
        assert_eq!(faults, [""; 0], "{types}: {faults:#?}");
    }
}
