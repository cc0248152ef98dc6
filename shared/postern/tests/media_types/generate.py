"""Makes two tables of facts from shared-mime-info's list of media types.

shared/postern/src/media/known_types.rs    which names mean the same type, and which type is a kind of which
shared/postern/tests/public_corpus/linux.tsv    which type a Linux desktop gives to a file name's extension

    python3 generate.py            writes both
    python3 generate.py --check    ends with 1 if a table is not what this makes

The source is /usr/share/mime/packages/freedesktop.org.xml as Debian's shared-mime-info VERSION
installs it. Another version makes other tables: raise VERSION, and read the difference.
"""

import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

VERSION = "2.2"
SOURCE = "/usr/share/mime/packages/freedesktop.org.xml"
NAMESPACE = "{http://www.freedesktop.org/standards/shared-mime-info}"
CRATE = pathlib.Path(__file__).resolve().parents[2]
TYPES = CRATE / "src/media/known_types.rs"
LINUX = CRATE / "tests/public_corpus/linux.tsv"
DEFAULT_WEIGHT = 50


def read():
    aliases, parents, extensions = {}, set(), {}
    for entry in ElementTree.parse(SOURCE).getroot().iter(NAMESPACE + "mime-type"):
        name = entry.get("type").lower()
        if name.startswith(("x-content/", "inode/")):
            continue
        for alias in entry.findall(NAMESPACE + "alias"):
            aliases[alias.get("type").lower()] = name
        for parent in entry.findall(NAMESPACE + "sub-class-of"):
            parents.add((name, parent.get("type").lower()))
        for glob in entry.findall(NAMESPACE + "glob"):
            keep_heaviest(extensions, glob, name)
    return aliases, parents, extensions


def keep_heaviest(extensions, glob, name):
    pattern, weight = glob.get("pattern"), int(glob.get("weight", DEFAULT_WEIGHT))
    extension = pattern[2:].lower()
    if not pattern.startswith("*.") or glob.get("case-sensitive") or not extension.isascii():
        return
    if set(extension) & set("*?[]"):
        return
    if extension not in extensions or weight > extensions[extension][0]:
        extensions[extension] = (weight, name)


def rust_table(name, text, pairs):
    rows = "".join(f'    ("{one}", "{other}"),\n' for one, other in sorted(pairs))
    return f"/// {text}\n#[rustfmt::skip]\npub const {name}: &[(&str, &str)] = &[\n{rows}];\n"


def types(aliases, parents):
    head = (
        "//! Made by `shared/postern/tests/media_types/generate.py` from the names, aliases and sub-classes in\n"
        f"//! shared-mime-info {VERSION} (freedesktop.org). Do not edit: what it lacks stands in `kinship.rs`.\n\n"
    )
    # A name that is both a type of its own and another's alias is the type.
    own = {name for name, _ in parents}
    aliases = {alias: name for alias, name in aliases.items() if alias not in own and alias != name}
    return (
        head
        + rust_table("ALIASES", "Another name of a type, and its name. Sorted.", aliases.items())
        + "\n"
        + rust_table("PARENTS", "A type, and one of which it is a kind. Sorted.", parents)
    )


def linux(extensions):
    head = f"# Made by shared/postern/tests/media_types/generate.py from the patterns of shared-mime-info {VERSION}.\n"
    return head + "".join(f"{ext}\t{name}\n" for ext, (_, name) in sorted(extensions.items()))


def installed_version():
    query = ["dpkg-query", "-W", "-f", "${Version}", "shared-mime-info"]
    return subprocess.run(query, capture_output=True, text=True, check=True).stdout.split("-")[0]


def main():
    if installed_version() != VERSION:
        print(f"SKIPPED: shared-mime-info {installed_version()} is installed, the tables are of {VERSION}")
        return 0
    aliases, parents, extensions = read()
    tables = {TYPES: types(aliases, parents), LINUX: linux(extensions)}
    if "--check" in sys.argv:
        stale = [str(path) for path, text in tables.items() if path.read_text() != text]
        print("\n".join(f"{path} is not what generate.py makes" for path in stale))
        return 1 if stale else 0
    for path, text in tables.items():
        path.write_text(text)
    return 0


sys.exit(main())
