//! The corpus: which of the packages' files are in it, and their first bytes.

use std::fs::{self, File as Handle};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use postern::ports::HEAD_BYTES;

use crate::fetch::Package;

/// So many files of one extension are taken from one package, the first by path.
const MOST_OF_A_KIND: usize = 25;

/// So many where the files are source code, of which there are a thousand alike.
const MOST_SOURCES: usize = 2;
const SOURCES: &[&str] = &[
    "c", "cfg", "cpp", "css", "feature", "h", "html", "js", "json", "map", "md", "po", "py", "pyi", "rs",
    "rst", "toml", "txt", "xml", "yaml", "yml",
];

/// A path that has one of these words is a test's hostile or broken file. It is judged as what it is
/// not, but it is no good file that must be accepted.
const BROKEN: &[&str] = &[
    "bad",
    "broken",
    "corrupt",
    "crash",
    "damaged",
    "decompression_bomb",
    "fail",
    "fuzz",
    "garbage",
    "invalid",
    "malformed",
    "missing",
    "negative",
    "oob",
    "oom",
    "overflow",
    "timeout",
    "trunc",
    "unimplemented",
    "unsupported",
    "wrong",
    "zero_",
];

pub struct CorpusFile {
    /// Package and path: how `refused.tsv` names it.
    pub id: String,
    pub path: PathBuf,
    pub name: String,
    pub is_good: bool,
    pub size_bytes: u64,
    pub head: Vec<u8>,
    body: OnceLock<Arc<[u8]>>,
}

impl CorpusFile {
    pub fn extension(&self) -> Option<String> {
        extension(&self.name)
    }

    /// All bytes.
    pub fn body(&self) -> Arc<[u8]> {
        Arc::clone(self.body.get_or_init(|| fs::read(&self.path).unwrap().into()))
    }

    fn read_head(&mut self) {
        let handle = Handle::open(&self.path).unwrap();
        handle.take(HEAD_BYTES as u64).read_to_end(&mut self.head).unwrap();
    }
}

fn extension(name: &str) -> Option<String> {
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, ext)| ext.to_ascii_lowercase())
}

/// The files of `packages`, in the order of their paths.
pub fn corpus(packages: &[Package]) -> Vec<CorpusFile> {
    packages.iter().flat_map(of_package).collect()
}

fn of_package(package: &Package) -> Vec<CorpusFile> {
    let folder = package.folder();
    let mut paths = Vec::new();
    walk(&folder, &mut paths);
    paths.sort();
    let mut taken = std::collections::BTreeMap::new();
    let paths = paths.into_iter().filter(|path| {
        let Some(extension) = path.file_name().and_then(|name| extension(&name.to_string_lossy())) else {
            return false;
        };
        let most = if SOURCES.contains(&extension.as_str()) { MOST_SOURCES } else { MOST_OF_A_KIND };
        let count = taken.entry(extension).or_insert(0);
        *count += 1;
        *count <= most
    });
    paths.filter_map(|path| read(package, &folder, path)).collect()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => walk(&entry.path(), paths),
            kind if kind.is_file() => paths.push(entry.path()),
            _ => {}
        }
    }
}

/// `None` for a file whose name no upload can have.
fn read(package: &Package, folder: &Path, path: PathBuf) -> Option<CorpusFile> {
    let name = path.file_name()?.to_str()?.to_owned();
    name.parse::<postern::value::filename::Filename>().ok()?;
    // The first folder is the package's own.
    let below = path.strip_prefix(folder).ok()?.components().skip(1).collect::<PathBuf>();
    let below = below.to_str()?.to_owned();
    let lower = below.to_ascii_lowercase();
    let mut file = CorpusFile {
        id: format!("{}/{below}", package.name),
        size_bytes: path.metadata().ok()?.len(),
        is_good: !BROKEN.iter().any(|word| lower.contains(word)),
        head: Vec::new(),
        body: OnceLock::new(),
        name,
        path,
    };
    file.read_head();
    Some(file)
}
