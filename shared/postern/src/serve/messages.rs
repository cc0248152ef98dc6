//! What the pages say, in the languages that they speak.

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// For everybody whose language is none of the others.
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

/// Everything that a page says.
#[derive(Debug)]
pub struct Messages {
    /// The value of the attribute `lang`.
    pub tag: &'static str,
    /// There is no such link.
    pub unknown: Text,
    /// It was revoked.
    pub revoked: Text,
    /// Its time is over.
    pub expired: Text,
    /// All its openings were granted.
    pub used_up: Text,
    /// None left in this hour.
    pub busy: Text,
    /// Too many wrong passwords.
    pub locked: Text,
    /// Other attempts are being looked at.
    pub password_busy: Text,
    /// The request carried an `Authorization` header.
    pub authorization: Text,
    /// From outside the link's network.
    pub network: Text,
    /// S3 has it no longer.
    pub file_gone: Text,
    /// It is our fault.
    pub failed: Text,
    /// Asking for the password.
    pub password: Text,
    /// It was the wrong one.
    pub password_wrong: &'static str,
    /// The label of the field.
    pub password_label: &'static str,
    /// Asking for a confirmation.
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
    /// All of them.
    pub const ALL: [Self; 5] = [Self::English, Self::German, Self::French, Self::Spanish, Self::Chinese];

    /// The one that `Accept-Language` weighs most, the earlier of equals; English if it names
    /// none.
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

    /// What the pages say in it.
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
        "This link leads nowhere",
        "Check that the address is complete, or ask whoever sent it to you.",
    ),
    revoked: (
        "This link has been revoked",
        "Its owner has ended it. Ask whoever sent it to you for a new one.",
    ),
    expired: ("This link has expired", "Its time is over. Ask whoever sent it to you for a new one."),
    used_up: (
        "This link has been used up",
        "It was opened as often as it may be. Ask whoever sent it to you for a new one.",
    ),
    busy: (
        "This link is in great demand",
        "It was opened as often as it may be within an hour. Please try again later.",
    ),
    locked: (
        "Too many wrong passwords",
        "To keep the file safe, no password is accepted for a while. Please try again in a quarter of an hour.",
    ),
    password_busy: ("Others are trying passwords right now", "Please enter the password again in a second."),
    authorization: (
        "Your program sent a login along",
        "A link needs none, and the storage refuses one. Please open the address in a browser.",
    ),
    network: (
        "This link does not open here",
        "It opens only from a network that its owner named. Use that network, or ask whoever sent it to you.",
    ),
    file_gone: ("The file is no longer there", "It has been removed. Ask whoever sent it to you for it."),
    failed: ("Something went wrong", "Nothing is lost. Please try again in a moment."),
    password: ("This file is protected", "Enter the password that its owner has given you."),
    password_wrong: "This is not the password. Mind capitals and spaces.",
    password_label: "Password",
    confirm: ("A file has been shared with you", "Press the button to open it."),
    name_label: "Name",
    size_label: "Size",
    open: "Open the file",
    begun: "The file is on its way. If nothing happens, press the button again.",
};

static GERMAN: Messages = Messages {
    tag: "de",
    unknown: (
        "Dieser Link führt nirgendwohin",
        "Prüfen Sie, ob die Adresse vollständig ist, oder fragen Sie, wer sie Ihnen geschickt hat.",
    ),
    revoked: (
        "Dieser Link wurde widerrufen",
        "Er wurde beendet. Bitten Sie um einen neuen, wo Sie ihn bekommen haben.",
    ),
    expired: (
        "Dieser Link ist abgelaufen",
        "Seine Zeit ist vorbei. Bitten Sie um einen neuen, wo Sie ihn bekommen haben.",
    ),
    used_up: (
        "Dieser Link ist aufgebraucht",
        "Er wurde so oft geöffnet wie erlaubt. Bitten Sie um einen neuen, wo Sie ihn bekommen haben.",
    ),
    busy: (
        "Dieser Link ist sehr gefragt",
        "Er wurde in dieser Stunde so oft geöffnet wie erlaubt. Bitte versuchen Sie es später noch einmal.",
    ),
    locked: (
        "Zu viele falsche Passwörter",
        "Zum Schutz der Datei wird für eine Weile kein Passwort angenommen. Bitte versuchen Sie es in einer Viertelstunde noch einmal.",
    ),
    password_busy: (
        "Gerade werden andere Passwörter geprüft",
        "Bitte geben Sie das Passwort in einer Sekunde noch einmal ein.",
    ),
    authorization: (
        "Ihr Programm hat eine Anmeldung mitgeschickt",
        "Ein Link braucht keine, und der Speicher lehnt sie ab. Bitte öffnen Sie die Adresse in einem Browser.",
    ),
    network: (
        "Dieser Link öffnet sich hier nicht",
        "Er öffnet sich nur aus einem Netz, das sein Eigentümer festgelegt hat. Nutzen Sie dieses Netz oder fragen Sie, wer ihn Ihnen geschickt hat.",
    ),
    file_gone: (
        "Die Datei ist nicht mehr da",
        "Sie wurde entfernt. Fragen Sie, wer Ihnen den Link geschickt hat.",
    ),
    failed: (
        "Etwas ist schiefgegangen",
        "Es ist nichts verloren. Bitte versuchen Sie es gleich noch einmal.",
    ),
    password: ("Diese Datei ist geschützt", "Geben Sie das Passwort ein, das Sie erhalten haben."),
    password_wrong: "Das ist nicht das Passwort. Achten Sie auf Großschreibung und Leerzeichen.",
    password_label: "Passwort",
    confirm: ("Eine Datei wurde mit Ihnen geteilt", "Drücken Sie den Knopf, um sie zu öffnen."),
    name_label: "Name",
    size_label: "Größe",
    open: "Datei öffnen",
    begun: "Die Datei ist unterwegs. Wenn nichts geschieht, drücken Sie den Knopf noch einmal.",
};

static FRENCH: Messages = Messages {
    tag: "fr",
    unknown: (
        "Ce lien ne mène nulle part",
        "Vérifiez que l’adresse est complète ou demandez à la personne qui vous l’a envoyée.",
    ),
    revoked: (
        "Ce lien a été révoqué",
        "Son propriétaire y a mis fin. Demandez-en un nouveau à la personne qui vous l’a envoyé.",
    ),
    expired: (
        "Ce lien a expiré",
        "Sa durée est écoulée. Demandez-en un nouveau à la personne qui vous l’a envoyé.",
    ),
    used_up: (
        "Ce lien est épuisé",
        "Il a été ouvert autant de fois que permis. Demandez-en un nouveau à la personne qui vous l’a envoyé.",
    ),
    busy: (
        "Ce lien est très demandé",
        "Il a été ouvert autant de fois que permis en une heure. Veuillez réessayer plus tard.",
    ),
    locked: (
        "Trop de mots de passe erronés",
        "Pour protéger le fichier, aucun mot de passe n’est accepté pour le moment. Veuillez réessayer dans un quart d’heure.",
    ),
    password_busy: (
        "D’autres mots de passe sont en cours de vérification",
        "Veuillez saisir le mot de passe à nouveau dans une seconde.",
    ),
    authorization: (
        "Votre programme a joint une authentification",
        "Un lien n’en a pas besoin et le stockage la refuse. Veuillez ouvrir l’adresse dans un navigateur.",
    ),
    network: (
        "Ce lien ne s’ouvre pas ici",
        "Il ne s’ouvre que depuis un réseau choisi par son propriétaire. Utilisez ce réseau ou adressez-vous à la personne qui vous l’a envoyé.",
    ),
    file_gone: (
        "Le fichier n’est plus là",
        "Il a été supprimé. Adressez-vous à la personne qui vous a envoyé ce lien.",
    ),
    failed: ("Une erreur est survenue", "Rien n’est perdu. Veuillez réessayer dans un instant."),
    password: ("Ce fichier est protégé", "Saisissez le mot de passe que son propriétaire vous a donné."),
    password_wrong: "Ce n’est pas le mot de passe. Attention aux majuscules et aux espaces.",
    password_label: "Mot de passe",
    confirm: ("Un fichier a été partagé avec vous", "Appuyez sur le bouton pour l’ouvrir."),
    name_label: "Nom",
    size_label: "Taille",
    open: "Ouvrir le fichier",
    begun: "Le fichier arrive. Si rien ne se passe, appuyez de nouveau sur le bouton.",
};

static SPANISH: Messages = Messages {
    tag: "es",
    unknown: (
        "Este enlace no lleva a ninguna parte",
        "Compruebe que la dirección está completa o pregunte a quien se la envió.",
    ),
    revoked: (
        "Este enlace ha sido revocado",
        "Su propietario lo ha anulado. Pida uno nuevo a quien se lo envió.",
    ),
    expired: ("Este enlace ha caducado", "Su plazo ha terminado. Pida uno nuevo a quien se lo envió."),
    used_up: (
        "Este enlace está agotado",
        "Se ha abierto tantas veces como estaba permitido. Pida uno nuevo a quien se lo envió.",
    ),
    busy: (
        "Este enlace está muy solicitado",
        "Se ha abierto tantas veces como está permitido en una hora. Vuelva a intentarlo más tarde.",
    ),
    locked: (
        "Demasiadas contraseñas incorrectas",
        "Para proteger el archivo, por ahora no se acepta ninguna contraseña. Vuelva a intentarlo en un cuarto de hora.",
    ),
    password_busy: (
        "Se están comprobando otras contraseñas",
        "Vuelva a introducir la contraseña dentro de un segundo.",
    ),
    authorization: (
        "Su programa envió una credencial",
        "Un enlace no la necesita y el almacenamiento la rechaza. Abra la dirección en un navegador.",
    ),
    network: (
        "Este enlace no se abre aquí",
        "Solo se abre desde una red que eligió su propietario. Use esa red o pregunte a quien se lo envió.",
    ),
    file_gone: ("El archivo ya no está", "Se ha eliminado. Pregunte a quien le envió el enlace."),
    failed: ("Algo ha fallado", "No se ha perdido nada. Vuelva a intentarlo en un momento."),
    password: ("Este archivo está protegido", "Introduzca la contraseña que le ha dado su propietario."),
    password_wrong: "Esta no es la contraseña. Fíjese en las mayúsculas y los espacios.",
    password_label: "Contraseña",
    confirm: ("Se ha compartido un archivo con usted", "Pulse el botón para abrirlo."),
    name_label: "Nombre",
    size_label: "Tamaño",
    open: "Abrir el archivo",
    begun: "El archivo está en camino. Si no ocurre nada, pulse el botón de nuevo.",
};

static CHINESE: Messages = Messages {
    tag: "zh-Hans",
    unknown: ("此链接无效", "请检查地址是否完整，或询问发送者。"),
    revoked: ("此链接已被撤销", "所有者已将其停用。请向发送者索取新链接。"),
    expired: ("此链接已过期", "链接的有效期已结束。请向发送者索取新链接。"),
    used_up: ("此链接的打开次数已用完", "链接已达到允许的打开次数。请向发送者索取新链接。"),
    busy: ("此链接的访问量过大", "一小时内的打开次数已达上限。请稍后再试。"),
    locked: ("密码错误次数过多", "为保护文件，暂时不接受任何密码。请在一刻钟后重试。"),
    password_busy: ("正在验证其他密码", "请稍等一秒后重新输入密码。"),
    authorization: (
        "您的程序附带了登录信息",
        "打开链接不需要登录信息，存储服务也会拒绝它。请在浏览器中打开此地址。",
    ),
    network: ("此链接无法在此处打开", "它只能从所有者指定的网络打开。请使用该网络，或联系发送者。"),
    file_gone: ("文件已不存在", "文件已被删除。请联系向您发送链接的人。"),
    failed: ("出现问题", "没有任何内容丢失。请稍后重试。"),
    password: ("此文件受密码保护", "请输入所有者提供给您的密码。"),
    password_wrong: "密码不正确。请注意大小写和空格。",
    password_label: "密码",
    confirm: ("有人与您共享了一个文件", "请按下按钮打开文件。"),
    name_label: "名称",
    size_label: "大小",
    open: "打开文件",
    begun: "文件正在传输。如果没有反应，请再次按下按钮。",
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
            ("den,frr", Language::English),
        ] {
            assert_eq!(Language::accepted(header), language, "{header:?}");
        }
    }
}
