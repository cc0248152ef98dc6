//! The pictures of `docs/images`.

use std::path::Path;

/// Asserts that a script with this folder has made pictures which the documents have too. With `UPDATE_PICTURES`, replaces those of the
/// documents.
pub fn made(folder: &Path, names: &[&str]) {
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images");
    for name in names {
        let made = folder.join("files").join(name);
        assert!(made.exists(), "{name}");
        if std::env::var_os("UPDATE_PICTURES").is_some() {
            std::fs::copy(made, images.join(name)).unwrap();
        }
        assert!(images.join(name).exists(), "docs/images has no {name}");
    }
}
