//! Compresses the files of the browser client, so that `issue-upload` compresses nothing while it runs. The same files
//! become the same bytes: the header of gzip has no time and no name.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;

const CLIENT: &str = "../../client";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={CLIENT}");
    let compressed = Path::new(&env::var("OUT_DIR")?).join("client");
    fs::create_dir_all(&compressed)?;
    for entry in fs::read_dir(CLIENT)? {
        let (file, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if !file.is_file() {
            continue; // such as node_modules
        }
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&fs::read(file)?)?;
        fs::write(compressed.join(name).with_added_extension("gz"), gzip.finish()?)?;
    }
    Ok(())
}
