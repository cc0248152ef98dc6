//! The tests in a file of Rust, Python or Terraform: not their names in comments or texts.

use std::collections::BTreeMap;

use syn::visit::Visit;

/// Whether a test runs with `cargo test`, or only with `-- --ignored`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    Always,
    Slow,
}

/// The tests in the file `path`, by name.
///
/// # Errors
/// If the file's kind is unknown, or Rust does not parse it.
pub fn of(path: &str, text: &str) -> Result<BTreeMap<String, Runs>, String> {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("rs") => of_rust(text).map_err(|error| error.to_string()),
        Some("py") => Ok(lines_of(text, &["\"\"\"", "'''"], "def test_", '(', "test_")),
        Some("hcl") => Ok(lines_of(text, &[], "run \"", '"', "")),
        _ => Err("only files in .rs, .py and .hcl have tests".to_owned()),
    }
}

/// Whether a file of Rust is compiled. Python and Terraform find their files by themselves.
pub fn is_in_use(path: &str, read: &impl Fn(&str) -> Option<String>) -> bool {
    path.strip_suffix(".rs").is_none() || is_compiled(path, read)
}

/// Whether the compiler reads the file `path` of Rust: it is a crate's first file, a test of its own, or the module
/// of a file that is compiled. `read` reads a file by its path.
fn is_compiled(path: &str, read: &impl Fn(&str) -> Option<String>) -> bool {
    let Some((folder, file)) = path.rsplit_once('/') else { return false };
    let (folder, module) = match file {
        "main.rs" | "lib.rs" => return true,
        "mod.rs" => folder.rsplit_once('/').unwrap_or_default(),
        _ => (folder, file.trim_end_matches(".rs")),
    };
    let parents = ["mod.rs", "main.rs", "lib.rs"].map(|parent| format!("{folder}/{parent}"));
    let mut read_parents = parents.iter().filter_map(|parent| Some((parent, read(parent)?))).peekable();
    if read_parents.peek().is_none() {
        return folder.ends_with("/tests");
    }
    let declaration = format!("mod {module};");
    read_parents.any(|(parent, text)| {
        let mut lines = text.lines().map(str::trim_start);
        lines.any(|line| {
            line.split_once("mod ")
                .is_some_and(|(before, _)| line.ends_with(&declaration) && is_visibility(before))
        }) && is_compiled(parent, read)
    })
}

/// What may stand before `mod`.
fn is_visibility(text: &str) -> bool {
    ["", "pub ", "pub(crate) ", "pub(super) "].contains(&text)
}

fn of_rust(text: &str) -> syn::Result<BTreeMap<String, Runs>> {
    let mut found = Found(BTreeMap::new());
    found.visit_file(&syn::parse_file(text)?);
    Ok(found.0)
}

struct Found(BTreeMap<String, Runs>);

impl Visit<'_> for Found {
    fn visit_item_fn(&mut self, item: &syn::ItemFn) {
        if item.attrs.iter().any(is_test) {
            let is_ignored = item.attrs.iter().any(|attribute| attribute.path().is_ident("ignore"));
            self.0.insert(item.sig.ident.to_string(), if is_ignored { Runs::Slow } else { Runs::Always });
        }
        syn::visit::visit_item_fn(self, item);
    }

    /// `proptest!` has functions whose arguments `syn` does not parse: `fn name(x in any()) {…}`.
    fn visit_item_macro(&mut self, item: &syn::ItemMacro) {
        if item.mac.path.segments.last().is_some_and(|last| last.ident == "proptest") {
            self.0.extend(of_properties(item).into_iter().map(|name| (name, Runs::Always)));
        }
    }

    fn visit_item_mod(&mut self, item: &syn::ItemMod) {
        if !item.attrs.iter().any(is_switched_off) {
            syn::visit::visit_item_mod(self, item);
        }
    }
}

/// The names behind `#[test]`, further attributes and `fn`. A comment is no token, and a text is a single one.
fn of_properties(item: &syn::ItemMacro) -> Vec<String> {
    let mut names = Vec::new();
    let (mut is_test, mut last) = (false, String::new());
    for tree in item.mac.tokens.clone() {
        let tree = tree.to_string();
        match tree.as_str() {
            "[test]" => is_test |= last == "#",
            _ if is_test && last == "fn" => {
                names.push(tree.clone());
                is_test = false;
            }
            _ => {}
        }
        last = tree;
    }
    names
}

/// `#[test]`, or `#[tokio::test]` with any arguments.
fn is_test(attribute: &syn::Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "test")
}

/// `#[cfg(any())]`, which is never true.
fn is_switched_off(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<syn::MetaList>()
            .is_ok_and(|list| list.path.is_ident("any") && list.tokens.is_empty())
}

/// The names behind `begin` up to `end`, in lines that begin so and stand in no text between `quotes`.
fn lines_of(text: &str, quotes: &[&str], begin: &str, end: char, prefix: &str) -> BTreeMap<String, Runs> {
    let mut is_quoted = false;
    let mut found = BTreeMap::new();
    for line in text.lines() {
        let name = line.trim_start().strip_prefix(begin).and_then(|rest| rest.split_once(end));
        if let Some((name, _)) = name.filter(|_| !is_quoted) {
            found.insert(format!("{prefix}{name}"), Runs::Always);
        }
        let marks: usize = quotes.iter().map(|quote| line.matches(quote).count()).sum();
        is_quoted ^= marks % 2 == 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str, text: &str) -> Vec<String> {
        of(path, text).unwrap().into_keys().collect()
    }

    #[test]
    fn a_test_of_rust_is_a_function_with_its_attribute() {
        let text = r##"
            // #[test] fn in_a_comment() {}
            /* #[test]
            fn in_a_block() {} */
            const TEXT: &str = "#[test] fn in_a_text() {}";
            fn without_attribute() {}
            #[doc = "#[test]"]
            fn with_another_attribute() {}
            #[cfg(any())]
            mod off { #[test] fn switched_off() {} }
            #[cfg(test)]
            mod tests {
                #[test]
                fn plain() {}
                #[tokio::test(flavor = "multi_thread")]
                async fn on_tokio() {}
                proptest::proptest! {
                    // #[test] fn in_a_comment_of_a_macro() {}
                    const TEXT: &str = "#[test] fn in_a_text_of_a_macro() {}";
                    fn without_attribute_in_a_macro() {}
                    #[test]
                    #[doc = "It has a second attribute."]
                    fn of_properties(x in 0..9) {}
                }
            }
        "##;
        assert_eq!(names("a.rs", text), ["of_properties", "on_tokio", "plain"]);
        let slow = of("a.rs", "#[test] #[ignore = \"minutes\"] fn slow() {}").unwrap();
        assert_eq!(slow["slow"], Runs::Slow);
    }

    #[test]
    fn a_file_is_compiled_if_a_module_of_a_crate_has_it() {
        let read = |path: &str| {
            let files = [
                ("a/src/lib.rs", "pub mod b;\n// mod c;\nuse x::mod_c;\npub(crate) mod f;"),
                ("a/src/b/mod.rs", "mod d;\npub mod tests;"),
                ("a/src/b/tests/mod.rs", "    mod e;"),
                ("a/src/c/mod.rs", "mod d;"),
            ];
            files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned())
        };
        for path in [
            "a/src/lib.rs",
            "a/src/f.rs",
            "a/src/b/mod.rs",
            "a/src/b/d.rs",
            "a/src/b/tests/e.rs",
            "a/tests/x.rs",
        ] {
            assert!(is_compiled(path, &read), "{path}");
        }
        for path in [
            "a/src/c.rs",
            "a/src/c/mod.rs",
            "a/src/c/d.rs",
            "a/src/b/e.rs",
            "a/src/b/tests/f.rs",
            "a/other/x.rs",
        ] {
            assert!(!is_compiled(path, &read), "{path}");
        }
    }

    #[test]
    fn a_test_of_python_or_terraform_is_a_line_outside_of_comments_and_texts() {
        let python = "# def test_comment():\n\"\"\"\ndef test_text():\n\"\"\"\n'''one line'''\ndef test_real(run):\n\
                      class A:\n    def test_method(self) -> None:\nx = \"def test_word(\"\n";
        assert_eq!(names("a.py", python), ["test_method", "test_real"]);
        assert_eq!(names("a.tftest.hcl", "# run \"comment\" {\nrun \"real\" {\n"), ["real"]);
        assert!(of("a.mjs", "").is_err());
    }
}
