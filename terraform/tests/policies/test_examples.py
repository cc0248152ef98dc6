"""Initializes, validates and plans each example beside a copy of the module.

The examples pin a newer provider than the oldest that the module allows. If this machine has only an older one,
the copy of the example gets the module's own constraint. The test prints which constraint it used.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from rendered import INIT, MODULE, finds_no_provider, terraform, what_is_missing

EXAMPLES = sorted(folder.name for folder in (MODULE / "examples").iterdir() if folder.is_dir())
PINNED, LOOSE = '"~> 5.100"', '">= 5.46, < 7"'
FUNCTIONS = ("issue-upload", "record-upload", "send-webhook", "serve-link")


def copied(name: str, to: Path) -> Path:
    """Copies an example with the module, and adds packages, a key and the test that plans the example."""
    for file in (*MODULE.glob("*.tf"), MODULE / "description.json"):
        shutil.copy(file, to)
    example = to / "examples" / name
    shutil.copytree(MODULE / "examples" / name, example)
    shutil.copytree(MODULE / "tests" / "mocks", example / "tests" / "mocks")
    shutil.copy(MODULE / "tests" / "examples" / f"{name}.tftest.hcl", example / "tests" / "example.tftest.hcl")
    for function in FUNCTIONS:
        package = example / "tests" / "packages" / function / "bootstrap.zip"
        package.parent.mkdir(parents=True)
        shutil.copy(MODULE / "tests" / "fixtures" / "package.zip", package)
    (example / "tests" / "public.pem").write_text("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", encoding="utf-8")
    return example


def initialized(example: Path, data: str) -> str:
    """Initializes an example, and returns the constraint with which its provider was found."""
    found = terraform("init", "-lockfile=readonly", *INIT, folder=example, data=data)
    if found.returncode == 0:
        return PINNED
    assert finds_no_provider(found), found.stdout + found.stderr
    # The lock file is about the pinned provider.
    (example / ".terraform.lock.hcl").unlink()
    main = example / "main.tf"
    main.write_text(main.read_text(encoding="utf-8").replace(PINNED, LOOSE), encoding="utf-8")
    found = terraform("init", *INIT, folder=example, data=data)
    assert found.returncode == 0, found.stdout + found.stderr
    return LOOSE


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_planned(name, tmp_path):
    if what_is_missing():
        pytest.skip(f"nothing is planned: {what_is_missing()}")
    example, data = copied(name, tmp_path), f"terraform-example-{name}"
    print(f"{name}: planned with a provider {initialized(example, data)}")
    for arguments in (("validate", "-no-color"), ("test", "-no-color")):
        done = terraform(*arguments, folder=example, data=data)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_pins_its_provider_and_takes_the_module_beside_it(name):
    """Needs no provider."""
    text = "".join(file.read_text(encoding="utf-8") for file in sorted((MODULE / "examples" / name).glob("*.tf")))
    assert text.count(f"version = {PINNED}") == 1
    lock = (MODULE / "examples" / name / ".terraform.lock.hcl").read_text(encoding="utf-8")
    assert 'version     = "5.100.0"' in lock and PINNED.strip('"') in lock
    assert 'source = "../.."' in " ".join(text.split()) and 'required_version = ">= 1.9"' in text


def test_every_example_has_its_test_and_stands_in_the_readme():
    assert EXAMPLES == sorted(file.name.removesuffix(".tftest.hcl") for file in (MODULE / "tests" / "examples").glob("*.tftest.hcl"))
    readme = (MODULE / "README.md").read_text(encoding="utf-8")
    assert [name for name in EXAMPLES if f"(examples/{name})" not in readme] == []
