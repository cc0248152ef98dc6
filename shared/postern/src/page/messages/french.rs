//! What the pages say in French.

use super::texts::{Kinds, Messages};

pub(super) static FRENCH: Messages = Messages {
    tag: "fr",
    unknown: (
        "Ce lien n’existe pas",
        "Vérifiez que l’adresse est complète ou demandez à la personne qui vous l’a envoyée.",
    ),
    revoked: (
        "Ce lien a été révoqué",
        "Son propriétaire l’a désactivé. Demandez un nouveau lien à la personne qui vous l’a envoyé.",
    ),
    expired: ("Ce lien a expiré", "Demandez un nouveau lien à la personne qui vous l’a envoyé."),
    used_up: (
        "Ce lien ne permet plus de téléchargement",
        "Le nombre de téléchargements est limité. Demandez un nouveau lien à la personne qui vous l’a envoyé.",
    ),
    busy: (
        "Trop de téléchargements en ce moment",
        "Ce lien permet un nombre limité de téléchargements par heure. Réessayez plus tard.",
    ),
    locked: (
        "Trop de mots de passe erronés",
        "Pour protéger le fichier, ce lien est bloqué pendant 15 minutes au plus. Réessayez plus tard.",
    ),
    password_busy: (
        "Un autre mot de passe est en cours de vérification",
        "Saisissez de nouveau le mot de passe dans une seconde.",
    ),
    authorization: (
        "Votre programme a envoyé des identifiants",
        "Un lien n’en a pas besoin et le stockage les refuse. Ouvrez l’adresse dans un navigateur.",
    ),
    network: (
        "Ce lien ne s’ouvre pas ici",
        "Son propriétaire ne l’autorise que depuis un certain réseau. Utilisez ce réseau ou adressez-vous à la personne qui vous l’a envoyé.",
    ),
    file_gone: (
        "Le fichier n’est plus là",
        "Il est introuvable. Adressez-vous à la personne qui vous a envoyé ce lien.",
    ),
    url_expired: (
        "Cette adresse n’est valable que peu de temps",
        "Ouvrez de nouveau le lien que vous avez reçu. Si cela ne suffit pas, demandez à la personne qui vous l’a envoyé.",
    ),
    failed: ("Une erreur est survenue", "Réessayez dans un instant."),
    password: ("Ce fichier est protégé", "Saisissez le mot de passe que vous avez reçu."),
    password_wrong: "Mot de passe incorrect. Vérifiez les majuscules et les espaces.",
    password_label: "Mot de passe",
    confirm: ("Un fichier a été partagé avec vous", "Appuyez sur le bouton pour l’ouvrir."),
    open: "Ouvrir le fichier",
    begun: "Le téléchargement a commencé. Si rien ne se passe, appuyez de nouveau sur le bouton.",
    until: "Disponible jusqu’au",
    note_label: "Message de l’expéditeur",
    download: "Télécharger",
    preview: "Aperçu",
    no_preview: "Ce type de fichier n’a pas d’aperçu. Téléchargez-le pour l’ouvrir.",
    limited: "Ce lien permet un nombre limité d’ouvertures. Cette page en utilise une lorsqu’elle affiche le fichier ou lorsque vous le téléchargez.",
    playback_stopped: "Si la lecture s’arrête, rechargez cette page.",
    kinds: Kinds {
        image: "Image",
        video: "Vidéo",
        audio: "Audio",
        pdf: "Document PDF",
        text: "Texte",
        document: "Document",
        archive: "Archive",
        program: "Programme",
        web_page: "Page web",
        font: "Police",
        other: "Fichier",
    },
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
};
