//! What the pages say in English.

use super::texts::{Kinds, Messages};

pub(super) static ENGLISH: Messages = Messages {
    tag: "en",
    unknown: (
        "This link does not exist",
        "Check that the address is complete, or ask the person who sent it to you.",
    ),
    revoked: (
        "This link has been revoked",
        "Its owner has turned it off. Ask the person who sent it to you for a new link.",
    ),
    expired: ("This link has expired", "Ask the person who sent it to you for a new link."),
    used_up: (
        "This link has no downloads left",
        "It allows a limited number of downloads. Ask the person who sent it to you for a new link.",
    ),
    busy: (
        "Too many downloads right now",
        "This link allows a limited number of downloads per hour. Try again later.",
    ),
    locked: (
        "Too many wrong passwords",
        "To protect the file, this link is locked for up to 15 minutes. Try again later.",
    ),
    password_busy: ("Another password is being checked", "Enter the password again in a second."),
    authorization: (
        "Your program sent login data",
        "A link needs no login, and the storage refuses one. Open the address in a browser.",
    ),
    network: (
        "This link does not open here",
        "Its owner allows it from one network only. Use that network, or ask the person who sent it to you.",
    ),
    file_gone: ("The file is no longer here", "It cannot be found. Ask the person who sent you the link."),
    url_expired: (
        "This address works only for a short time",
        "Open the link again that you received. If that does not help, ask the person who sent it to you.",
    ),
    failed: ("Something went wrong", "Try again in a moment."),
    password: ("This file is protected", "Enter the password that you received."),
    password_wrong: "Wrong password. Check capital letters and spaces.",
    password_label: "Password",
    confirm: ("A file has been shared with you", "Press the button to open it."),
    open: "Open the file",
    begun: "The download has started. If nothing happens, press the button again.",
    until: "Available until",
    note_label: "A note from the sender",
    download: "Download",
    preview: "Preview",
    no_preview: "This kind of file has no preview. Download it to open it.",
    limited: "This link allows a limited number of openings. This page uses up one of them when it shows the file, or when you download it.",
    playback_stopped: "If playback stops, reload this page.",
    kinds: Kinds {
        image: "Image",
        video: "Video",
        audio: "Audio",
        pdf: "PDF document",
        text: "Text",
        document: "Document",
        archive: "Archive",
        program: "Program",
        web_page: "Web page",
        font: "Font",
        other: "File",
    },
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
};
