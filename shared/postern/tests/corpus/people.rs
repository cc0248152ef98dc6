//! Good files that are seldom met, each under every type that browsers and apps declare for it. Each stood
//! in nobody's test data when it was refused, so it stands here.

use postern::media::AllowedTypes;
use postern::media::kinship::canonical;
use postern::upload::Settlement;
use postern::value::filename::Disposition;

use crate::files::*;
use crate::{ANY, settings, verdict};

/// What it is, its name, what is declared for it, its bytes, and as what links serve it. `DECLARED` stands
/// for the type that was declared.
type Good = (&'static str, &'static str, &'static [&'static str], Vec<u8>, &'static str);

const DECLARED: &str = "";
const STL: &[&str] = &["model/stl", "model/x.stl-ascii", "application/sla", "application/vnd.ms-pki.stl"];
const TEXT: &[&str] = &["text/plain", "text/csv", "text/markdown"];
const ICON: &[&str] = &["image/vnd.microsoft.icon", "image/x-icon", "image/ico"];
const TRANSPORT: &[&str] = &["video/mp2t", "video/vnd.dlna.mpeg-tts"];
const PGP: &[&str] = &["application/pgp-encrypted", "application/pgp-signature", "application/pgp-keys"];

fn models_and_text() -> Vec<Good> {
    let stl = b"solid cube\n  facet normal 0 0 1\n    outer loop\n      vertex 0 0 0\n".to_vec();
    vec![
        ("an ASCII STL", "cube.stl", STL, stl.clone(), "model/x-stl-ascii"),
        ("an ASCII STL as text", "cube.txt", &["text/plain"], stl, "text/plain"),
        ("text that begins as an STL", "a.txt", TEXT, b"solid state drives, compared\n".to_vec(), DECLARED),
        ("a table that begins as an STL", "a.csv", TEXT, b"solid ,liquid\n1,2\n".to_vec(), DECLARED),
        ("text that begins as a model", "a.txt", TEXT, b"3dmodel,price\n1,2\n".to_vec(), DECLARED),
        ("text that begins as STEP", "a.txt", TEXT, b"ISO-10303-21; is the name\n".to_vec(), DECLARED),
        ("text that begins as PLY", "a.txt", TEXT, b"ply\nformat ascii 1.0\n".to_vec(), DECLARED),
        ("text that begins as XPM", "a.txt", TEXT, b"/* XPM */ is how\n".to_vec(), DECLARED),
        ("text that begins as USD", "a.txt", TEXT, b"#usda 1.0\nis a scene\n".to_vec(), DECLARED),
        ("text that begins as VRML", "a.txt", TEXT, b"#VRML V2.0 utf8\n".to_vec(), DECLARED),
        ("text that begins as WebAssembly", "a.txt", TEXT, b"(module) is a word\n".to_vec(), DECLARED),
        (
            "text that begins as FITS",
            "a.txt",
            TEXT,
            b"SIMPLE  =                    T / a\n".to_vec(),
            DECLARED,
        ),
        ("text that begins as a torrent", "a.txt", TEXT, b"d8:announce is the key\n".to_vec(), DECLARED),
        ("text that begins as Maya", "a.txt", TEXT, b"//Maya ASCII 2020 scene\n".to_vec(), DECLARED),
        (
            "a drawing as text",
            "a.txt",
            &["text/plain"],
            b"  0\nSECTION\n  2\nHEADER\n".to_vec(),
            "text/plain",
        ),
        ("a playlist as text", "a.txt", &["text/plain"], b"#EXTM3U\na.mp3\n".to_vec(), "text/plain"),
        ("DOS text", "a.txt", TEXT, b"Hello.\r\n\x1A".to_vec(), DECLARED),
        ("CP/M text", "a.txt", TEXT, [b"Hello.\r\n".as_slice(), &[0x1A; 118]].concat(), DECLARED),
        ("DOS JSON", "a.json", &["application/json"], b"{}\r\n\x1A".to_vec(), DECLARED),
        (
            "a batch file with its mark",
            "a.bat",
            &["text/x-msdos-batch"],
            b"@echo off\r\n\x1A".to_vec(),
            DECLARED,
        ),
    ]
}

fn binary_under_types_of_text() -> Vec<Good> {
    let plist = b"bplist00\xD1\x01\x02SkeySval\x08\x0B\x0F\0\0\0\0\0\0\x01\x01".to_vec();
    let der = b"\x30\x82\x03\x0F\x30\x82\x01\xF7\xA0\x03\x02\x01\x02\x02\x01\0".to_vec();
    vec![
        ("a binary plist", "Info.plist", &["application/x-plist"], plist.clone(), "application/x-plist"),
        (
            "a binary plist under XML",
            "Info.plist",
            &["application/xml", "text/xml"],
            plist.clone(),
            "application/x-plist",
        ),
        ("a web archive", "a.webarchive", &["application/x-webarchive"], plist, "application/x-plist"),
        ("an encrypted file", "a.gpg", PGP, b"\x85\x01\x0C\x03\0\x01\x02\x03\xFF\0".to_vec(), DECLARED),
        (
            "an encrypted file of today",
            "a.pgp",
            PGP,
            b"\xC1\xC0\x4C\x03\0\x01\x02\x03\xFF\0".to_vec(),
            DECLARED,
        ),
        ("a signature", "a.sig", PGP, b"\x89\x01\x33\x04\0\x01\x08\0\x1D\x16\x21\x04".to_vec(), DECLARED),
        ("a key ring", "a.pkr", PGP, b"\x99\x01\x0D\x04\0\x01\x02\x03\xFF\0".to_vec(), DECLARED),
        ("a certificate", "a.crt", &["application/x-x509-ca-cert"], der, DECLARED),
        ("a binary STL", "a.stl", STL, [vec![0; 80], vec![1, 0, 0, 0], vec![0; 50]].concat(), DECLARED),
        (
            "a signed message",
            "a.p7m",
            &["application/pkcs7-mime"],
            b"\x30\x80\x06\x09\x2A\x86\x48\0".to_vec(),
            DECLARED,
        ),
    ]
}

fn audio_and_video() -> Vec<Good> {
    let wave = |mark: &[u8; 4]| [mark.as_slice(), b"\xFF\xFF\xFF\xFFWAVEds64\x1C\0\0\0", &[0; 40]].concat();
    let wav: &[&str] = &["audio/wav", "audio/x-wav", "audio/vnd.wave"];
    let opus = [b"OggS\0\x02".as_slice(), &[0; 22], b"OpusHead\x01\x02"].concat();
    vec![
        ("an Ogg as a container", "a.ogx", &["application/ogg", "application/annodex"], ogg(), "audio/ogg"),
        ("an Opus as a container", "a.ogx", &["application/ogg"], opus, "audio/opus"),
        ("a Matroska as a container", "a.mkv", &["application/x-matroska"], matroska(), "video/x-matroska"),
        ("a WebM as a container", "a.webm", &["application/x-matroska"], webm(), "video/webm"),
        ("a large WAV", "a.wav", wav, wave(b"RF64"), "audio/vnd.wave"),
        ("a large WAV of broadcasters", "a.wav", wav, wave(b"BW64"), "audio/vnd.wave"),
        ("a WAV of big endians", "a.wav", wav, wave(b"RIFX"), "audio/vnd.wave"),
    ]
}

fn playlists() -> Vec<Good> {
    let (addresses, m3u) =
        (b"http://example.com/a.ra\n".to_vec(), b"#EXTM3U\nhttp://example.com/a\n".to_vec());
    let asx = b"<asx version=\"3.0\"><entry><ref href=\"a.wma\"/></entry></asx>".to_vec();
    let upper = b"<ASX VERSION=\"3.0\">\r\n<ENTRY/>".to_vec();
    let asx_types: &[&str] =
        &["audio/x-ms-asx", "video/x-ms-asx", "audio/x-ms-wax", "video/x-ms-wvx", "application/x-ms-asx"];
    let mpeg: &[&str] =
        &["video/vnd.mpegurl", "audio/x-mpegurl", "audio/mpegurl", "application/vnd.apple.mpegurl"];
    vec![
        ("a RealAudio list", "a.ram", &["application/ram"], addresses.clone(), DECLARED),
        (
            "a RealAudio list as macOS has it",
            "a.ram",
            &["audio/x-pn-realaudio"],
            addresses.clone(),
            "text/plain",
        ),
        ("a wax", "a.wax", asx_types, asx.clone(), "video/x-ms-asx"),
        ("a wvx", "a.wvx", asx_types, upper, "video/x-ms-asx"),
        ("an asx", "a.asx", asx_types, asx.clone(), "video/x-ms-asx"),
        ("an asx as Windows has it", "a.asx", &["video/x-ms-asf"], asx, "video/x-ms-asx"),
        (
            "an asx of lines",
            "a.asx",
            asx_types,
            b"[Reference]\r\nRef1=http://example.com/a\r\n".to_vec(),
            DECLARED,
        ),
        ("an m4u", "a.m4u", mpeg, m3u.clone(), DECLARED),
        ("an mxu", "a.mxu", mpeg, m3u, DECLARED),
        ("an m3u without a mark", "a.m3u", mpeg, addresses, DECLARED),
        ("a pls", "a.pls", &["audio/x-scpls", "audio/scpls"], b"[playlist]\nFile1=a\n".to_vec(), DECLARED),
    ]
}

fn source_code() -> Vec<Good> {
    let qt =
        b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE TS>\n<TS version=\"2.1\" language=\"de\">"
            .to_vec();
    let code = b"export const a: number = 1\n".to_vec();
    let shell = b"#!/bin/sh\nexec deno run \"$0\"\n".to_vec();
    let twig: &[&str] = &["text/x-twig"];
    let page = || b"<div>{{ name }}</div>".to_vec();
    vec![
        ("Qt's translations", "de.ts", TRANSPORT, qt, "application/xml"),
        (
            "Qt's translations without a declaration",
            "de.ts",
            TRANSPORT,
            b"<!DOCTYPE TS><TS>".to_vec(),
            "text/plain",
        ),
        ("TypeScript", "a.ts", TRANSPORT, code.clone(), "text/plain"),
        ("TypeScript of a module", "a.mts", TRANSPORT, code, "text/plain"),
        ("TypeScript that runs", "a.ts", TRANSPORT, shell, "text/x-shellscript"),
        ("a Twig template", "a.twig", twig, page(), DECLARED),
        ("a Twig template of blocks", "a.twig", twig, b"{% extends 'a' %}".to_vec(), DECLARED),
        ("a Vue component", "a.vue", &["text/x-vue"], b"<script setup>".to_vec(), DECLARED),
        ("a Handlebars template", "a.hbs", &["text/x-handlebars-template"], page(), DECLARED),
        ("a Svelte component", "a.svelte", &["text/x-svelte"], b"<script>".to_vec(), DECLARED),
        ("a page of JSP", "a.jsp", &["application/x-jsp"], b"<html>".to_vec(), DECLARED),
        (
            "a public key",
            "id_rsa.pub",
            &["application/vnd.ms-publisher"],
            b"ssh-rsa AAAAB3 a@b\n".to_vec(),
            "text/plain",
        ),
        (
            "a batch file",
            "a.bat",
            &["application/x-msdownload", "application/x-msdos-program"],
            b"dir\r\n".to_vec(),
            DECLARED,
        ),
        (
            "a batch file with its mark",
            "b.bat",
            &["application/x-msdownload"],
            b"@echo off\r\n".to_vec(),
            DECLARED,
        ),
        (
            "an installer",
            "a.msi",
            &["application/x-msdownload", "application/x-msi"],
            compound_file(),
            DECLARED,
        ),
    ]
}

/// Two formats of one extension, and formats that are packed or spelled in letters by choice.
fn under_the_type_of_another_format() -> Vec<Good> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        (
            "a Graphviz graph",
            "a.dot",
            &["application/msword-template"],
            text("digraph { a -> b }\n"),
            "text/plain",
        ),
        (
            "messages to translate",
            "a.pot",
            &["application/vnd.ms-powerpoint"],
            text("msgid \"\"\n"),
            "text/plain",
        ),
        ("a protein", "1abc.pdb", &["application/x-aportisdoc"], text("HEADER    LYASE\n"), "text/plain"),
        (
            "a dump of a database",
            "a.dmp",
            &["application/vnd.tcpdump.pcap"],
            text("CREATE TABLE a;\n"),
            "text/plain",
        ),
        (
            "a raster's description",
            "a.hdr",
            &["image/vnd.radiance"],
            text("ENVI\nsamples = 4\n"),
            "text/plain",
        ),
        ("an Xfig drawing", "a.fig", &["image/x-xfig"], text("#FIG 3.2\nLandscape\n"), DECLARED),
        ("a scene", "a.lws", &["image/x-lws"], text("LWSC\n3\n"), DECLARED),
        ("a packed diagram", "a.dia", &["application/x-dia-diagram"], gzip(), DECLARED),
        ("a packed world", "a.wrl", &["model/vrml"], gzip(), DECLARED),
        (
            "a binary signature",
            "a.p7s",
            &["application/pkcs7-signature"],
            b"\x30\x80\x06\x09\x2A\0".to_vec(),
            DECLARED,
        ),
    ]
}

fn images() -> Vec<Good> {
    let boxes = |brands: &[u8]| {
        let length = u32::try_from(brands.len() + 12).unwrap();
        let (major, compatible) = brands.split_at(4);
        [&length.to_be_bytes(), b"ftyp".as_slice(), major, &[0; 4], compatible, b"\0\0\0\x08mdat"].concat()
    };
    let tga = [b"\0\0\x02\0\0\0\0\0\0\0\0\0\x04\0\x04\0\x18\x20".as_slice(), &[7; 48]].concat();
    let tga_types: &[&str] = &["image/x-tga", "image/targa", "image/tga", "application/tga"];
    let avif: &[&str] = &["image/avif"];
    let heif: &[&str] = &["image/heif", "image/heic"];
    vec![
        ("an icon that is a PNG", "favicon.ico", ICON, png(4, 4, b""), "image/png"),
        ("an icon that is a GIF", "favicon.ico", ICON, gif(4, 4, b""), "image/gif"),
        ("an icon that is a JPEG", "favicon.ico", ICON, jpeg(4, 4, b""), "image/jpeg"),
        ("an icon that is a bitmap", "favicon.ico", ICON, bmp(4, 4), "image/bmp"),
        ("an AVIF by its second brand", "a.avif", avif, boxes(b"mif1mif1avifmiaf"), "image/avif"),
        ("an AVIF of MIAF", "a.avif", avif, boxes(b"miafavifmif1"), "image/avif"),
        ("a HEIF of the second edition", "a.heif", heif, boxes(b"mif2mif1heic"), "image/heif"),
        ("a HEIF of MIAF", "a.heif", heif, boxes(b"miafmif1heic"), "image/heif"),
        ("a TGA", "a.tga", tga_types, tga, DECLARED),
        (
            "a cursor",
            "a.cur",
            &["image/x-win-bitmap"],
            b"\0\0\x02\0\x01\0\x10\x10\0\0\0\0\0\0\x04\0\0\0\x16\0\0\0".to_vec(),
            DECLARED,
        ),
    ]
}

fn documents_and_archives() -> Vec<Good> {
    let after = |junk: &[u8]| [junk, pdf("\u{e4}").as_slice()].concat();
    let binary = |junk: &[u8]| [junk, pdf("").as_slice(), b"stream\0\x01"].concat();
    let pdf_type: &[&str] = &["application/pdf", "application/x-pdf"];
    let zip_types: &[&str] = &["application/zip", "application/x-zip-compressed"];
    vec![
        ("a PDF behind a line", "a.pdf", pdf_type, after(b"\r\n"), "application/pdf"),
        ("a PDF behind a mark", "a.pdf", pdf_type, after(b"\xEF\xBB\xBF"), "application/pdf"),
        (
            "a PDF behind a header of HTTP",
            "a.pdf",
            pdf_type,
            binary(b"Content-Type: application/pdf\r\n\r\n"),
            "application/pdf",
        ),
        ("a PDF for a printer", "a.pdf", pdf_type, binary(b"\x1B%-12345X@PJL\r\n"), "application/pdf"),
        ("a PDF behind 1000 bytes", "a.pdf", pdf_type, binary(&[0xA5; 1000]), "application/pdf"),
        ("text of a PDF's beginning", "a.txt", TEXT, b"A file begins with\n%PDF-1.4\n".to_vec(), DECLARED),
        (
            "the first part of a ZIP",
            "a.zip",
            zip_types,
            [b"PK\x07\x08".as_slice(), &zip(&[entry("a", b"a")])].concat(),
            "application/zip",
        ),
        ("the last part of a ZIP", "a.zip", zip_types, [[0xA5; 99].as_slice(), &zip(&[])].concat(), DECLARED),
    ]
}

pub fn good() -> Vec<Good> {
    [
        models_and_text(),
        binary_under_types_of_text(),
        audio_and_video(),
        playlists(),
        source_code(),
        under_the_type_of_another_format(),
        images(),
        documents_and_archives(),
    ]
    .concat()
}

#[test]
fn good_files_are_accepted_under_every_type_that_is_declared_for_them() {
    let settings = settings(&AllowedTypes::all().to_string(), None);
    let mut wrong = Vec::new();
    for (what, filename, types, bytes, served) in good() {
        for declared in types.iter().copied().chain([ANY]) {
            let expected = canonical(if served == DECLARED { declared } else { served });
            match verdict(&settings, &("", filename, declared, bytes.clone(), None)) {
                Settlement::Condemn(rejection) => {
                    wrong.push(format!("{what}, {declared}: {}", rejection.detail));
                }
                // What nothing was declared for is served as what it is.
                Settlement::Pin(recorded)
                    if declared != ANY && canonical(&recorded.sniffed_type.essence()) != expected =>
                {
                    wrong.push(format!("{what}, {declared}: served as {}", recorded.sniffed_type));
                }
                Settlement::Pin(_) => {}
            }
        }
    }
    assert_eq!(wrong, [""; 0], "{wrong:#?}");
}

/// Lists of what to play are text with addresses in it: no player of a browser takes them.
#[test]
fn what_is_text_is_shown_as_text_or_saved() {
    let settings = settings(&AllowedTypes::all().to_string(), None);
    for (what, filename, types, bytes, _) in playlists() {
        for declared in types {
            let Settlement::Pin(recorded) =
                verdict(&settings, &("", filename, declared, bytes.clone(), None))
            else {
                continue;
            };
            let is_shown = recorded.sniffed_type.disposition() == Disposition::Inline;
            assert!(!is_shown || recorded.sniffed_type.essence() == "text/plain", "{what}, {declared}");
        }
    }
}

/// What a browser takes for text by its first bytes is binary data all the same.
#[test]
fn a_text_that_ends_as_binary_data_is_saved() {
    let settings = settings(&AllowedTypes::all().to_string(), None);
    let bytes = [b"words and words\n".repeat(100).as_slice(), b"\0\x01\x02"].concat();
    for (declared, served) in [("text/plain", ANY), (ANY, ANY), ("text/csv", "text/csv")] {
        let case = ("", "a.txt", declared, bytes.clone(), None);
        let Settlement::Pin(recorded) = verdict(&settings, &case) else { panic!("{declared}") };
        assert_eq!(recorded.sniffed_type.as_str(), served, "{declared}");
        assert_eq!(recorded.sniffed_type.disposition(), Disposition::Attachment, "{declared}");
        assert!(!recorded.reads_as_text, "{declared}");
    }
    for declared in ["application/json", "image/png", "application/pdf"] {
        let case = ("", "a", declared, bytes.clone(), None);
        assert!(matches!(verdict(&settings, &case), Settlement::Condemn(_)), "{declared}");
    }
}
