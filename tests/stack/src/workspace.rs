//! The folders of the repository.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The root of the repository.
pub(crate) fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// The folder below `target` in which the local AWS keeps its files.
pub(crate) fn stack_folder() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    // The path must be absolute, because Python runs in another working directory.
    let target = if target.is_absolute() { target } else { workspace().join(target) };
    let folder = target.join("stack");
    let _ = fs::create_dir_all(&folder);
    folder
}
