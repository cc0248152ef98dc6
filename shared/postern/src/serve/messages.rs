//! The texts of the pages, in five languages.

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, also for every other language.
    English,
    /// German.
    German,
    /// French.
    French,
    /// Spanish.
    Spanish,
    /// Chinese, simplified.
    Chinese,
}

/// A title and a sentence.
pub type Text = (&'static str, &'static str);

/// The texts of the pages in one language.
#[derive(Debug)]
pub struct Messages {
    /// The value of the attribute `lang`.
    pub tag: &'static str,
    /// The link does not exist.
    pub unknown: Text,
    /// The link was revoked.
    pub revoked: Text,
    /// The link has expired.
    pub expired: Text,
    /// The link has no openings left.
    pub used_up: Text,
    /// The link has no openings left in this hour.
    pub busy: Text,
    /// Too many wrong passwords.
    pub locked: Text,
    /// Other passwords are being checked.
    pub password_busy: Text,
    /// The request carried an `Authorization` header.
    pub authorization: Text,
    /// The visitor is outside the link's network.
    pub network: Text,
    /// S3 no longer has the file.
    pub file_gone: Text,
    /// An internal error or a transient failure.
    pub failed: Text,
    /// The page that asks for the password.
    pub password: Text,
    /// The password was wrong.
    pub password_wrong: &'static str,
    /// The label of the field.
    pub password_label: &'static str,
    /// The page that asks for a confirmation.
    pub confirm: Text,
    /// The word before the file's name.
    pub name_label: &'static str,
    /// The word before its size.
    pub size_label: &'static str,
    /// The button.
    pub open: &'static str,
    /// After the button was pressed.
    pub begun: &'static str,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 5] = [Self::English, Self::German, Self::French, Self::Spanish, Self::Chinese];

    /// Returns the language with the greatest weight in `Accept-Language`, the first of equals; English if it
    /// names none.
    pub fn accepted(header: &str) -> Self {
        let mut best = (0, Self::English);
        for range in header.split(',').take(32) {
            let mut parts = range.split(';').map(str::trim);
            let primary = parts.next().and_then(|tag| tag.split('-').next()).unwrap_or_default();
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, per_mille);
            let language = Self::ALL.into_iter().find(|language| language.is_named(primary));
            if let Some(language) = language
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }

    /// The texts in this language.
    pub fn messages(self) -> &'static Messages {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
            Self::French => &FRENCH,
            Self::Spanish => &SPANISH,
            Self::Chinese => &CHINESE,
        }
    }

    fn is_named(self, primary: &str) -> bool {
        self.messages().tag.split('-').next().is_some_and(|tag| tag.eq_ignore_ascii_case(primary))
    }
}

/// A weight of `Accept-Language`, `0` to `1` with three decimals, as a whole number.
fn per_mille(weight: &str) -> u32 {
    let (whole, rest) = weight.split_once('.').unwrap_or((weight, ""));
    let decimals = format!("{rest:0<3}");
    let decimals = decimals.get(..3).and_then(|text| text.parse::<u32>().ok()).unwrap_or_default();
    (whole.parse::<u32>().unwrap_or_default().min(1) * 1000 + decimals).min(1000)
}

static ENGLISH: Messages = Messages {
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
    failed: ("Something went wrong", "Try again in a moment."),
    password: ("This file is protected", "Enter the password that you received."),
    password_wrong: "Wrong password. Check capital letters and spaces.",
    password_label: "Password",
    confirm: ("A file has been shared with you", "Press the button to open it."),
    name_label: "Name",
    size_label: "Size",
    open: "Open the file",
    begun: "The download has started. If nothing happens, press the button again.",
};

static GERMAN: Messages = Messages {
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
    failed: ("Etwas ist schiefgegangen", "Versuchen Sie es gleich noch einmal."),
    password: ("Diese Datei ist geschützt", "Geben Sie das Passwort ein, das Sie erhalten haben."),
    password_wrong: "Falsches Passwort. Achten Sie auf Großbuchstaben und Leerzeichen.",
    password_label: "Passwort",
    confirm: ("Eine Datei wurde mit Ihnen geteilt", "Drücken Sie den Knopf, um sie zu öffnen."),
    name_label: "Name",
    size_label: "Größe",
    open: "Datei öffnen",
    begun: "Der Download hat begonnen. Wenn nichts geschieht, drücken Sie den Knopf noch einmal.",
};

static FRENCH: Messages = Messages {
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
    failed: ("Une erreur est survenue", "Réessayez dans un instant."),
    password: ("Ce fichier est protégé", "Saisissez le mot de passe que vous avez reçu."),
    password_wrong: "Mot de passe incorrect. Vérifiez les majuscules et les espaces.",
    password_label: "Mot de passe",
    confirm: ("Un fichier a été partagé avec vous", "Appuyez sur le bouton pour l’ouvrir."),
    name_label: "Nom",
    size_label: "Taille",
    open: "Ouvrir le fichier",
    begun: "Le téléchargement a commencé. Si rien ne se passe, appuyez de nouveau sur le bouton.",
};

static SPANISH: Messages = Messages {
    tag: "es",
    unknown: (
        "Este enlace no existe",
        "Compruebe que la dirección está completa o pregunte a la persona que se la envió.",
    ),
    revoked: (
        "Este enlace ha sido revocado",
        "Su propietario lo ha desactivado. Pida un enlace nuevo a la persona que se lo envió.",
    ),
    expired: ("Este enlace ha caducado", "Pida un enlace nuevo a la persona que se lo envió."),
    used_up: (
        "Este enlace ya no permite más descargas",
        "El número de descargas es limitado. Pida un enlace nuevo a la persona que se lo envió.",
    ),
    busy: (
        "Demasiadas descargas en este momento",
        "Este enlace permite un número limitado de descargas por hora. Vuelva a intentarlo más tarde.",
    ),
    locked: (
        "Demasiadas contraseñas incorrectas",
        "Para proteger el archivo, este enlace queda bloqueado durante un máximo de 15 minutos. Vuelva a intentarlo más tarde.",
    ),
    password_busy: (
        "Se está comprobando otra contraseña",
        "Vuelva a introducir la contraseña dentro de un segundo.",
    ),
    authorization: (
        "Su programa envió datos de acceso",
        "Un enlace no los necesita y el almacenamiento los rechaza. Abra la dirección en un navegador.",
    ),
    network: (
        "Este enlace no se puede abrir aquí",
        "Su propietario solo lo permite desde una red determinada. Use esa red o pregunte a la persona que se lo envió.",
    ),
    file_gone: ("El archivo ya no está", "No se encuentra. Pregunte a la persona que le envió el enlace."),
    failed: ("Algo ha fallado", "Vuelva a intentarlo en un momento."),
    password: ("Este archivo está protegido", "Introduzca la contraseña que ha recibido."),
    password_wrong: "Contraseña incorrecta. Revise las mayúsculas y los espacios.",
    password_label: "Contraseña",
    confirm: ("Se ha compartido un archivo con usted", "Pulse el botón para abrirlo."),
    name_label: "Nombre",
    size_label: "Tamaño",
    open: "Abrir el archivo",
    begun: "La descarga ha comenzado. Si no ocurre nada, pulse el botón de nuevo.",
};

static CHINESE: Messages = Messages {
    tag: "zh-Hans",
    unknown: ("此链接不存在", "请检查地址是否完整，或询问发送者。"),
    revoked: ("此链接已被撤销", "所有者已将其停用。请向发送者索取新链接。"),
    expired: ("此链接已过期", "请向发送者索取新链接。"),
    used_up: ("此链接的下载次数已用完", "此链接的下载次数有限。请向发送者索取新链接。"),
    busy: ("当前下载次数过多", "此链接每小时的下载次数有限。请稍后再试。"),
    locked: ("密码错误次数过多", "为保护文件，此链接最多锁定 15 分钟。请稍后重试。"),
    password_busy: ("正在验证另一个密码", "请稍等一秒后重新输入密码。"),
    authorization: (
        "您的程序附带了登录信息",
        "打开链接不需要登录信息，存储服务也会拒绝它。请在浏览器中打开此地址。",
    ),
    network: ("此链接无法在此处打开", "它只能从所有者指定的网络打开。请使用该网络，或联系发送者。"),
    file_gone: ("文件已不存在", "找不到该文件。请联系向您发送链接的人。"),
    failed: ("出现问题", "请稍后重试。"),
    password: ("此文件受密码保护", "请输入您收到的密码。"),
    password_wrong: "密码不正确。请注意大小写和空格。",
    password_label: "密码",
    confirm: ("有人与您共享了一个文件", "请按下按钮打开文件。"),
    name_label: "名称",
    size_label: "大小",
    open: "打开文件",
    begun: "下载已开始。如果没有反应，请再次按下按钮。",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_is_spoken_to_in_a_language_that_was_asked_for() {
        for (header, language) in [
            ("", Language::English),
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("nl,fr-CA;q=0.7,en;q=0.3", Language::French),
            ("en;q=0.5, es", Language::Spanish),
            ("zh-TW", Language::Chinese),
            ("ZH-cn", Language::Chinese),
            ("ja,ko", Language::English),
            ("de;q=0,fr;q=0.1", Language::French),
            ("*", Language::English),
            ("de;q=1", Language::German),
            ("de;q=0.5,en;q=0.5", Language::German),
            ("en;q=0.5,de;q=0.5", Language::English),
            ("en,de;q=1.5", Language::English),
            ("de;q=4294968", Language::German),
            ("den,frr", Language::English),
        ] {
            assert_eq!(Language::accepted(header), language, "{header:?}");
        }
    }
}
