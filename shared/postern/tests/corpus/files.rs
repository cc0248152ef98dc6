//! Files made here, byte by byte: whole ones of common types, and hostile ones.

/// A chunk of a PNG; its checksum is not computed, since nobody looks at it here.
fn chunk(name: &[u8], data: &[u8]) -> Vec<u8> {
    [&u32::try_from(data.len()).unwrap().to_be_bytes(), name, data, &[0; 4]].concat()
}

pub fn png(width: u32, height: u32, extra: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let image = chunk(b"IDAT", &[0x78, 0x9c, 0x63, 0, 0, 0, 1, 0, 1]);
    [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", &header).as_slice(), extra, &image, &chunk(b"IEND", b"")].concat()
}

pub fn png_with_text(text: &[u8]) -> Vec<u8> {
    png(4, 4, &chunk(b"tEXt", &[b"Comment\0", text].concat()))
}

pub fn jpeg(width: u16, height: u16, comment: &[u8]) -> Vec<u8> {
    let length = u16::try_from(comment.len() + 2).unwrap().to_be_bytes();
    let frame = [&[8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[1, 1, 0x11, 0]].concat();
    [
        &b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xFF\xFE"[..],
        &length,
        comment,
        b"\xFF\xC0\0\x0B",
        &frame,
        b"\xFF\xDA\0\x08\x01\x01\0\0\x3F\0\x12\x34\xFF\xD9",
    ]
    .concat()
}

pub fn gif(width: u16, height: u16, comment: &[u8]) -> Vec<u8> {
    let length = u8::try_from(comment.len()).unwrap();
    [
        b"GIF89a",
        &width.to_le_bytes()[..],
        &height.to_le_bytes(),
        &[0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x21, 0xFE, length],
        comment,
        b"\0\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3B",
    ]
    .concat()
}

fn riff(form: &[u8; 4], chunks: &[u8]) -> Vec<u8> {
    let length = u32::try_from(chunks.len() + 4).unwrap().to_le_bytes();
    [&b"RIFF"[..], &length, form, chunks].concat()
}

pub fn webp(width: u16, height: u16) -> Vec<u8> {
    let frame =
        [&[0, 0, 0, 0x9D, 0x01, 0x2A][..], &width.to_le_bytes(), &height.to_le_bytes(), &[0; 8]].concat();
    riff(b"WEBP", &[&b"VP8 "[..], &18u32.to_le_bytes(), &frame].concat())
}

pub fn wav() -> Vec<u8> {
    let format =
        [&b"fmt "[..], &16u32.to_le_bytes(), &[1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0]];
    riff(b"WAVE", &[format.concat().as_slice(), b"data", &4u32.to_le_bytes(), &[0; 4]].concat())
}

pub fn avi() -> Vec<u8> {
    riff(b"AVI ", b"LIST\x04\0\0\0hdrl")
}

pub fn bmp(width: u32, height: u32) -> Vec<u8> {
    [
        &b"BM\x3A\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"[..],
        &width.to_le_bytes(),
        &height.to_le_bytes(),
        b"\x01\0\x18\0\0\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xFF\0",
    ]
    .concat()
}

pub fn tiff() -> Vec<u8> {
    let entry = |tag: u16, value: u32| {
        [&tag.to_le_bytes()[..], &4u16.to_le_bytes(), &1u32.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    [&b"II*\0\x08\0\0\0\x02\0"[..], &entry(256, 10), &entry(257, 10), &[0; 4]].concat()
}

pub fn ico() -> Vec<u8> {
    b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0\x04\0\0\0\x16\0\0\0\0\0\0\0".to_vec()
}

pub fn box_file(brand: &[u8; 4]) -> Vec<u8> {
    [&b"\0\0\0\x18ftyp"[..], brand, b"\0\0\0\0", brand, b"mp42", b"\0\0\0\x08mdat"].concat()
}

/// A picture of boxes with the brands of `bytes`, that tells its size of 4 by 4 pixels.
pub fn box_picture(bytes: &[u8]) -> Vec<u8> {
    let boxed = |name: &[u8], data: &[u8]| {
        [&u32::try_from(data.len() + 8).unwrap().to_be_bytes(), name, data].concat()
    };
    let size = boxed(b"ispe", &[[0; 4], [0, 0, 0, 4], [0, 0, 0, 4]].concat());
    let properties = boxed(b"iprp", &boxed(b"ipco", &size));
    let brands = bytes.get(..usize::from(bytes[3])).unwrap();
    [brands, &boxed(b"meta", &[&[0; 4], properties.as_slice()].concat())].concat()
}

pub fn mp3() -> Vec<u8> {
    [&b"ID3\x03\0\0\0\0\0\0"[..], b"\xFF\xFB\x90\x64", &[0; 64]].concat()
}

pub fn flac() -> Vec<u8> {
    [&b"fLaC\0\0\0\x22"[..], &[0; 34]].concat()
}

pub fn ogg() -> Vec<u8> {
    b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x1E\x01vorbis\0\0\0\0\x02\x44\xAC\0\0".to_vec()
}

pub fn webm() -> Vec<u8> {
    b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\xF7\x81\x01\x42\xF2\x81\x04\x42\xF3\x81\x08\x42\x82\x84webm\x42\x87\x81\x04".to_vec()
}

pub fn matroska() -> Vec<u8> {
    b"\x1A\x45\xDF\xA3\xA3\x42\x86\x81\x01\x42\xF7\x81\x01\x42\xF2\x81\x04\x42\xF3\x81\x08\x42\x82\x88matroska".to_vec()
}

pub fn pdf(body: &str) -> Vec<u8> {
    format!("%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n{body}\ntrailer\n<</Root 1 0 R>>\n%%EOF\n")
        .into_bytes()
}

/// An entry of a ZIP: what its header says, and what is there.
#[derive(Clone)]
pub struct Entry<'a> {
    pub name: &'a str,
    pub packed: u32,
    pub unpacked: u32,
    pub extra: Vec<u8>,
    pub data: Vec<u8>,
}

pub fn entry<'a>(name: &'a str, data: &[u8]) -> Entry<'a> {
    let size = u32::try_from(data.len()).unwrap();
    Entry { name, packed: size, unpacked: size, extra: vec![], data: data.to_vec() }
}

pub fn zip(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut file = Vec::new();
    for entry in entries {
        let method: u16 = if entry.packed == entry.unpacked { 0 } else { 8 };
        file.extend([&b"PK\x03\x04\x14\0\0\0"[..], &method.to_le_bytes(), &[0; 8]].concat());
        file.extend([entry.packed.to_le_bytes(), entry.unpacked.to_le_bytes()].concat());
        file.extend(u16::try_from(entry.name.len()).unwrap().to_le_bytes());
        file.extend(u16::try_from(entry.extra.len()).unwrap().to_le_bytes());
        file.extend([entry.name.as_bytes(), &entry.extra, &entry.data].concat());
    }
    file.extend(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    file
}

pub fn office(folder: &str, part: &str) -> Vec<u8> {
    let types = b"<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    let name = format!("{folder}/{part}.xml");
    zip(&[
        entry("[Content_Types].xml", types),
        entry("_rels/.rels", b"<Relationships/>"),
        entry(&name, b"<x/>"),
    ])
}

pub fn open_document(kind: &str) -> Vec<u8> {
    let kind = format!("application/vnd.oasis.opendocument.{kind}");
    zip(&[entry("mimetype", kind.as_bytes()), entry("content.xml", b"<x/>")])
}

pub fn compound_file() -> Vec<u8> {
    [&b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"[..], &[0; 16], b"\x3E\0\x03\0\xFE\xFF\x09\0", &[0; 480]].concat()
}

pub fn zip_bomb() -> Vec<u8> {
    zip(&[Entry { packed: 4_161_069, unpacked: 4_294_967_294, data: vec![0x78; 600], ..entry("0.dll", b"") }])
}

pub fn zip64_bomb() -> Vec<u8> {
    let sizes = [
        &1u16.to_le_bytes()[..],
        &16u16.to_le_bytes(),
        &(1u64 << 42).to_le_bytes(),
        &(1u64 << 20).to_le_bytes(),
    ];
    let extra = sizes.concat();
    zip(&[
        entry("readme.txt", b"nothing to see"),
        Entry { packed: u32::MAX, unpacked: u32::MAX - 1, extra, data: vec![0; 600], name: "disk.img" },
    ])
}

pub fn gzip() -> Vec<u8> {
    b"\x1F\x8B\x08\0\0\0\0\0\0\x03\x4B\x04\0\x43\xBE\xB7\xE8\x01\0\0\0".to_vec()
}

pub fn seven_zip() -> Vec<u8> {
    [&b"7z\xBC\xAF\x27\x1C\0\x04"[..], &[0; 24]].concat()
}

pub fn tar() -> Vec<u8> {
    let mut file = vec![0; 1024];
    file[..5].copy_from_slice(b"a.txt");
    file[257..265].copy_from_slice(b"ustar\x0000");
    file
}

pub fn windows_program() -> Vec<u8> {
    let mut file = vec![0; 512];
    file[..2].copy_from_slice(b"MZ");
    file[0x3C] = 0x80;
    file[0x80..0x86].copy_from_slice(b"PE\0\0\x64\x86");
    file
}

/// A shortcut of Windows.
pub fn shortcut() -> Vec<u8> {
    [b"\x4C\0\0\0\x01\x14\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46".as_slice(), &[0; 60]].concat()
}

/// An image of a disk, whose mark stands far behind its beginning.
pub fn disk_image() -> Vec<u8> {
    [vec![0; 32_769], b"CD001\x01".to_vec(), vec![0; 100]].concat()
}

pub fn linux_program() -> Vec<u8> {
    [&b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3E\0\x01\0\0\0"[..], &[0; 64]].concat()
}

pub const SVG: &[u8] = b"<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"><rect/></svg>";
pub const SVG_WITH_SCRIPT: &[u8] =
    b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
pub const HTML: &[u8] = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>";
