//! Makes the table of the browser client's files, so that `issue-upload` reads, compresses and digests none of them while
//! it runs. The same files become the same bytes: the table has their order by name and no path, and the header of gzip
//! has no time and no name. A name that begins with a dot is not the client's: an editor or a linter has made the file.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

const CLIENT: &str = "../../client";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={CLIENT}");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let (mut digest, mut files) = (Sha256::new(), String::new());
    for path in in_folder()? {
        let media_type = match path.extension().and_then(|extension| extension.to_str()) {
            Some("js") => "SCRIPT",
            Some("ts") => "TEXT",
            _ => continue, // such as node_modules
        };
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a name that is not Unicode")?;
        if name.starts_with('.') {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(|error| format!("read {}: {error}", path.display()))?;
        digest.update(format!("{name}\0{}\0{text}", text.len()));
        let gzip = format!("{name}.gz");
        fs::write(out.join(&gzip), compressed(&text)?)?;
        let imports = imports(&text);
        writeln!(
            files,
            "    ClientFile {{ name: {name:?}, media_type: {media_type}, imports: &{imports:?}, \
             gzip: include_bytes!({gzip:?}) }},"
        )?;
    }
    let digest = digest.finalize();
    let version = digest.iter().take(8).fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let table = format!("const VERSION: &str = {version:?};\n\nconst FILES: &[ClientFile] = &[\n{files}];\n");
    Ok(fs::write(out.join("client_files.rs"), table)?)
}

/// Returns the paths in the folder in the order of their names.
fn in_folder() -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(CLIENT)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Returns the names of the client's files that are loaded with this one, in the order of the text. What `import()` loads
/// comes later.
fn imports(text: &str) -> Vec<&str> {
    text.split(" from './").skip(1).filter_map(|rest| rest.split('\'').next()).collect()
}

fn compressed(text: &str) -> io::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(text.as_bytes())?;
    gzip.finish()
}
