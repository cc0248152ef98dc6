//! Recognizes software that fetches posted or mailed addresses by its `User-Agent`.
//!
//! This is not a defense: software with another `User-Agent` opens the link like any visitor. A false match
//! only shows the page with the button, so the patterns are broad, and only a few names are listed beside
//! them.

/// Parts of a `User-Agent`, in lower case, that software without a person in front of it sends.
const WORDS: &[&str] = &[
    // Words for such software, or the address in its `User-Agent`.
    "bot",
    "crawl",
    "spider",
    "slurp",
    "preview",
    "unfurl",
    "scanner",
    "scrap",
    "fetcher",
    "validator",
    "linkcheck",
    "link check",
    "+http",
    "+mailto",
    "imageproxy",
    "imgproxy",
    "image proxy",
    "mailproxy",
    // Assistants that fetch for the person who asks them: ChatGPT-User, Claude-User, Perplexity-User.
    "-user/",
    "externalagent",
    "externalhit",
    "facebookexternal",
    "meta-external",
    // Chats.
    "whatsapp/",
    "signal-",
    "viber",
    "line-poker",
    "mattermost-",
    "rocket.chat",
    "synapse",
    "mastodon/",
    "pleroma",
    "akkoma",
    "misskey",
    "cardyb",
    "onebox",
    "embedly",
    "embedder",
    "iframely",
    "vkshare",
    // Mail programs and mail filters.
    "safelinks",
    "barracuda",
    "proofpoint",
    "mimecast",
    "microsoft office",
    "ms-office",
    "msoffice",
    "google-safety",
    "google-pagerenderer",
    "google-read-aloud",
    "google-inspectiontool",
    "googleother",
    "feedfetcher",
    "bingpreview",
];

/// Names of people's devices that contain one of the words by chance.
const CHANCE: &[&str] = &["cubot"];

/// Whether `user_agent` names such software.
pub(super) fn is_named_in(user_agent: &str) -> bool {
    let mut agent = user_agent.to_ascii_lowercase();
    for name in CHANCE {
        agent = agent.replace(name, "");
    }
    WORDS.iter().any(|word| agent.contains(word))
}

/// Whether `user_agent` names software that fetches images for the readers of mails and chats.
pub(super) fn is_image_proxy(user_agent: &str) -> bool {
    let agent = user_agent.to_ascii_lowercase();
    ["imageproxy", "imgproxy", "image proxy", "mailproxy"].iter().any(|word| agent.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One a line, as they were observed, or documented by their makers.
    const PREVIEWERS: &str = include_str!("previewers.txt");
    const PEOPLE: &str = include_str!("people.txt");

    fn agents(corpus: &str) -> impl Iterator<Item = &str> {
        corpus.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
    }

    #[test]
    fn previewers_and_crawlers_are_known() {
        assert!(agents(PREVIEWERS).count() >= 60);
        let unknown: Vec<_> = agents(PREVIEWERS).filter(|agent| !is_named_in(agent)).collect();
        assert!(unknown.is_empty(), "{unknown:#?}");
    }

    #[test]
    fn people_and_their_programs_are_not_taken_for_them() {
        assert!(agents(PEOPLE).count() >= 40 && !is_named_in(""));
        let taken: Vec<_> = agents(PEOPLE).filter(|agent| is_named_in(agent)).collect();
        assert!(taken.is_empty(), "{taken:#?}");
    }
}
