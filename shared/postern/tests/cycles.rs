//! No two source files of the repository use each other, not even over other files.
//!
//! A file uses another one if a `use` or a path in it leads to an item of that file. Re-exports are followed to the
//! file that has the item, and a re-export of a child is no use. Code for tests does not count.

#![expect(clippy::unwrap_used, reason = "a failing test should stop at its cause")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::Visit;
use syn::{Attribute, ItemMod, ItemUse, UseTree, Visibility};

/// The path of a module from its crate.
type Module = Vec<String>;

type Files = BTreeMap<Module, File>;

/// The names that a file imports, and the paths that its code has.
#[derive(Debug, Default)]
struct File {
    imports: Vec<Import>,
    paths: BTreeSet<Module>,
    test_modules: Vec<String>,
}

#[derive(Debug)]
struct Import {
    name: String,
    path: Module,
    is_public: bool,
}

#[test]
fn no_two_files_use_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let groups = ["shared", "functions", "tests"].map(|group| root.join(group));
    let mut cycles = BTreeMap::new();
    let members =
        groups.iter().flat_map(|group| folders(group)).chain([root.join("cli"), root.join("cli/operate")]);
    for member in members {
        let files = read(&member.join("src"));
        cycles.insert(member, in_cycles(uses(&files)));
    }
    cycles.retain(|_, uses| !uses.is_empty());
    assert!(cycles.is_empty(), "{cycles:#?}");
}

#[test]
fn a_cycle_over_a_re_export_is_found() {
    let files = BTreeMap::from([
        (vec![], parsed("mod a; mod b; pub use a::A;")),
        (vec!["a".to_owned()], parsed("use crate::b::B; pub struct A(B);")),
        (vec!["b".to_owned()], parsed("pub struct B; fn a() -> super::A { todo!() }")),
    ]);
    assert_eq!(in_cycles(uses(&files)), ["a uses b", "b uses a"]);
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

/// The files below `src`, except those that only tests have.
fn read(src: &Path) -> Files {
    let mut files = BTreeMap::new();
    let mut open = vec![src.to_owned()];
    while let Some(folder) = open.pop().filter(|folder| folder.is_dir()) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                files.insert(module(path.strip_prefix(src).unwrap()), parsed(&source));
            }
        }
    }
    let of_tests = |(module, file): (&Module, &File)| -> Vec<Module> {
        file.test_modules
            .iter()
            .map(|name| [module.as_slice(), std::slice::from_ref(name)].concat())
            .collect()
    };
    let of_tests: Vec<Module> = files.iter().flat_map(of_tests).collect();
    files.retain(|module, _| !of_tests.iter().any(|tests| module.starts_with(tests)));
    files
}

fn module(path: &Path) -> Module {
    let names = path.with_extension("");
    let names = names.iter().map(|name| name.to_str().unwrap().to_owned());
    names.filter(|name| !["lib", "main", "mod"].contains(&name.as_str())).collect()
}

fn parsed(source: &str) -> File {
    let mut file = File::default();
    file.visit_file(&syn::parse_file(source).unwrap());
    file
}

impl<'a> Visit<'a> for File {
    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        if is_for_tests(&item.attrs) {
            self.test_modules.push(item.ident.to_string());
        } else {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        if !is_for_tests(&item.attrs) {
            let is_public = !matches!(item.vis, Visibility::Inherited);
            self.import(&item.tree, Vec::new(), is_public);
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.paths.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }
}

impl File {
    fn import(&mut self, tree: &UseTree, mut path: Module, is_public: bool) {
        let name = match tree {
            UseTree::Path(tree) => {
                path.push(tree.ident.to_string());
                return self.import(&tree.tree, path, is_public);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, path.clone(), is_public));
            }
            UseTree::Name(tree) if tree.ident == "self" => path.last().unwrap().clone(),
            UseTree::Name(tree) => {
                path.push(tree.ident.to_string());
                tree.ident.to_string()
            }
            UseTree::Rename(tree) => {
                path.extend(
                    [&tree.ident].into_iter().filter(|name| *name != "self").map(ToString::to_string),
                );
                tree.rename.to_string()
            }
            UseTree::Glob(_) => "*".to_owned(),
        };
        self.imports.push(Import { name, path, is_public });
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

/// The files that each file uses.
fn uses(files: &Files) -> BTreeSet<(&Module, &Module)> {
    let mut uses = BTreeSet::new();
    for (module, file) in files {
        let imported = file.imports.iter().filter_map(|import| {
            let used = owner(files, module, &import.path, 0)?;
            let is_passed_on = import.is_public && used.starts_with(module);
            (!is_passed_on).then_some(used)
        });
        let named = file.paths.iter().filter(|path| path.len() > 1);
        let named = named.filter_map(|path| owner(files, module, path, 0));
        uses.extend(imported.chain(named).filter(|used| *used != module).map(|used| (module, used)));
    }
    uses
}

/// The file that has the item of a path in `module`; `None` if another crate has it.
fn owner<'a>(files: &'a Files, module: &[String], path: &[String], depth: u8) -> Option<&'a Module> {
    let (absolute, is_relative) = absolute(module, path);
    let (owner, file, rest) = (0..=absolute.len()).rev().find_map(|length| {
        let (module, rest) = absolute.split_at(length);
        files.get_key_value(module).map(|(module, file)| (module, file, rest))
    })?;
    let import = rest.first().and_then(|name| file.imports.iter().find(|import| import.name == *name));
    match import.filter(|_| depth < 8) {
        Some(import) => {
            let path = [&import.path, rest.split_first()?.1].concat();
            self::owner(files, owner, &path, depth + 1)
        }
        None if is_relative && owner.as_slice() == module => None,
        None => Some(owner),
    }
}

/// The path from the crate, and whether the path begins with a name.
fn absolute(module: &[String], path: &[String]) -> (Module, bool) {
    let (mut base, mut rest) = (module, path);
    while let Some((first, after)) = rest.split_first() {
        base = match first.as_str() {
            "crate" => &[],
            "self" => base,
            "super" => base.split_last().map_or(base, |(_, parent)| parent),
            _ => break,
        };
        rest = after;
    }
    ([base, rest].concat(), rest.len() == path.len())
}

/// The uses that are part of a cycle, or lie between two cycles.
fn in_cycles(mut uses: BTreeSet<(&Module, &Module)>) -> Vec<String> {
    loop {
        let (users, used): (BTreeSet<_>, BTreeSet<_>) = uses.iter().copied().unzip();
        let before = uses.len();
        uses.retain(|(module, other)| users.contains(other) && used.contains(module));
        if uses.len() == before {
            break;
        }
    }
    let name = |module: &Module| if module.is_empty() { "lib".to_owned() } else { module.join("::") };
    uses.iter().map(|(module, used)| format!("{} uses {}", name(module), name(used))).collect()
}
