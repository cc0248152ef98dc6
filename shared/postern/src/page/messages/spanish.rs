//! What the pages say in Spanish.

use super::texts::{Kinds, Messages};

pub(super) static SPANISH: Messages = Messages {
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
    url_expired: (
        "Esta dirección solo es válida por poco tiempo",
        "Vuelva a abrir el enlace que recibió. Si eso no ayuda, pregunte a la persona que se lo envió.",
    ),
    failed: ("Algo ha fallado", "Vuelva a intentarlo en un momento."),
    password: ("Este archivo está protegido", "Introduzca la contraseña que ha recibido."),
    password_wrong: "Contraseña incorrecta. Revise las mayúsculas y los espacios.",
    password_label: "Contraseña",
    confirm: ("Se ha compartido un archivo con usted", "Pulse el botón para abrirlo."),
    open: "Abrir el archivo",
    begun: "La descarga ha comenzado. Si no ocurre nada, pulse el botón de nuevo.",
    until: "Disponible hasta el",
    note_label: "Mensaje del remitente",
    download: "Descargar",
    preview: "Vista previa",
    no_preview: "Este tipo de archivo no tiene vista previa. Descárguelo para abrirlo.",
    limited: "Este enlace permite un número limitado de aperturas. Esta página usa una cuando muestra el archivo o cuando usted lo descarga.",
    playback_stopped: "Si la reproducción se detiene, vuelva a cargar esta página.",
    kinds: Kinds {
        image: "Imagen",
        video: "Vídeo",
        audio: "Audio",
        pdf: "Documento PDF",
        text: "Texto",
        document: "Documento",
        archive: "Archivo comprimido",
        program: "Programa",
        web_page: "Página web",
        font: "Fuente",
        other: "Archivo",
    },
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
};
