//! What the pages say in German.

use super::texts::{Kinds, Messages};

pub(super) static GERMAN: Messages = Messages {
    tag: "de",
    unknown: (
        "Diesen Link gibt es nicht",
        "Prüfen Sie, ob die Adresse vollständig ist, oder fragen Sie die Person, die sie Ihnen geschickt hat.",
    ),
    revoked: (
        "Dieser Link wurde widerrufen",
        "Der Eigentümer hat ihn abgeschaltet. Bitten Sie die Person, die ihn Ihnen geschickt hat, um einen neuen.",
    ),
    expired: (
        "Dieser Link ist abgelaufen",
        "Bitten Sie die Person, die ihn Ihnen geschickt hat, um einen neuen.",
    ),
    used_up: (
        "Mit diesem Link sind keine Downloads mehr möglich",
        "Er erlaubt nur eine begrenzte Zahl. Bitten Sie die Person, die ihn Ihnen geschickt hat, um einen neuen.",
    ),
    busy: (
        "Zurzeit zu viele Downloads",
        "Dieser Link erlaubt nur eine begrenzte Zahl von Downloads pro Stunde. Versuchen Sie es später noch einmal.",
    ),
    locked: (
        "Zu viele falsche Passwörter",
        "Zum Schutz der Datei ist dieser Link bis zu 15 Minuten gesperrt. Versuchen Sie es später noch einmal.",
    ),
    password_busy: (
        "Gerade wird ein anderes Passwort geprüft",
        "Geben Sie das Passwort in einer Sekunde noch einmal ein.",
    ),
    authorization: (
        "Ihr Programm hat Anmeldedaten gesendet",
        "Ein Link braucht keine Anmeldung, und der Speicher lehnt sie ab. Öffnen Sie die Adresse in einem Browser.",
    ),
    network: (
        "Dieser Link lässt sich hier nicht öffnen",
        "Der Eigentümer erlaubt ihn nur aus einem bestimmten Netz. Nutzen Sie dieses Netz oder fragen Sie die Person, die ihn Ihnen geschickt hat.",
    ),
    file_gone: (
        "Die Datei ist nicht mehr da",
        "Sie ist nicht zu finden. Fragen Sie die Person, die Ihnen den Link geschickt hat.",
    ),
    url_expired: (
        "Diese Adresse gilt nur für kurze Zeit",
        "Öffnen Sie den Link, den Sie erhalten haben, noch einmal. Hilft das nicht, fragen Sie die Person, die ihn Ihnen geschickt hat.",
    ),
    failed: ("Etwas ist schiefgegangen", "Versuchen Sie es gleich noch einmal."),
    password: ("Diese Datei ist geschützt", "Geben Sie das Passwort ein, das Sie erhalten haben."),
    password_wrong: "Falsches Passwort. Achten Sie auf Großbuchstaben und Leerzeichen.",
    password_label: "Passwort",
    confirm: ("Eine Datei wurde mit Ihnen geteilt", "Drücken Sie den Knopf, um sie zu öffnen."),
    open: "Datei öffnen",
    begun: "Der Download hat begonnen. Wenn nichts geschieht, drücken Sie den Knopf noch einmal.",
    until: "Verfügbar bis",
    note_label: "Nachricht vom Absender",
    download: "Herunterladen",
    preview: "Vorschau",
    no_preview: "Für diese Art von Datei gibt es keine Vorschau. Laden Sie sie herunter, um sie zu öffnen.",
    limited: "Dieser Link lässt sich nur begrenzt oft öffnen. Diese Seite verbraucht eine Öffnung, sobald sie die Datei zeigt oder Sie die Datei herunterladen.",
    playback_stopped: "Wenn die Wiedergabe stehen bleibt, laden Sie diese Seite neu.",
    kinds: Kinds {
        image: "Bild",
        video: "Video",
        audio: "Audio",
        pdf: "PDF-Dokument",
        text: "Text",
        document: "Dokument",
        archive: "Archiv",
        program: "Programm",
        web_page: "Webseite",
        font: "Schrift",
        other: "Datei",
    },
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
};
