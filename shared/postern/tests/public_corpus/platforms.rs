//! What a browser declares for a file: by the name's extension alone, with Chromium's two lists around
//! the platform's. `linux.tsv` is shared-mime-info's table; the other two are short tables of our own.

use std::collections::HashMap;

use crate::files::CorpusFile;

pub struct Platform {
    pub name: &'static str,
    types: HashMap<&'static str, &'static str>,
}

impl Platform {
    pub fn all() -> [Self; 3] {
        [
            Self::new("Linux", include_str!("linux.tsv")),
            Self::new("macOS", include_str!("macos.tsv")),
            Self::new("Windows", include_str!("windows.tsv")),
        ]
    }

    fn new(name: &'static str, table: &'static str) -> Self {
        let chromium = |list| {
            let rows = rows(include_str!("chromium.tsv"));
            rows.filter_map(move |row| row.strip_prefix(list)?.trim_start().split_once('\t'))
        };
        let platform = rows(table).filter_map(|row| row.split_once('\t'));
        // What is inserted later stands.
        let types = chromium("second").chain(platform).chain(chromium("first")).collect();
        Self { name, types }
    }

    /// `None`: the browser declares nothing, and the app `application/octet-stream`.
    pub fn of(&self, file: &CorpusFile) -> Option<&'static str> {
        self.types.get(file.extension()?.as_str()).copied()
    }
}

fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#'))
}
