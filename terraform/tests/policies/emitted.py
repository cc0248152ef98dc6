"""Finds out from the Rust sources which function emits which metric.

The sources are searched for fixed forms of code. If such a form has changed, an error says so, and no metric is
left out silently.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

from rendered import MODULE

ROOT = MODULE.parent
FUNCTIONS = ("issue-upload", "record-upload", "send-webhook", "serve-link")

# Metrics that an adapter counts. A function emits such a metric if its sources contain this text, which makes the
# adapter.
ADAPTERS = {"MissingTokenKeys": "derive_link_keys(", "SecondReads": "Bucket::new("}


class Unread(Exception):
    """The sources do not have the expected form."""


@cache
def sources(folder: Path) -> dict[Path, str]:
    """Returns each Rust source below a folder, without its unit tests."""
    found = {}
    for place, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if name not in ("target", "terraform", "tests") and not name.startswith(".")]
        for name in files:
            if name.endswith(".rs"):
                path = Path(place) / name
                found[path] = path.read_text(encoding="utf-8").split("#[cfg(test)]\nmod tests {", 1)[0]
    return found


@cache
def vocabulary() -> tuple[dict[str, str], str, str]:
    """Returns the metrics, the namespace and the dimension. For each metric, has the constant or the literal that
    stands for its name."""
    defining = [text for text in sources(ROOT).values() if "pub const METRICS: &[" in text]
    if len(defining) != 1:
        raise Unread(f"{len(defining)} sources define METRICS")
    text = defining[0]
    entries = re.findall(r'^    \(("?\w+"?), Unit::\w+\),$', text.split("METRICS: &[", 1)[1].split("];", 1)[0], re.MULTILINE)
    constants = dict(re.findall(r'^(?:pub )?const (\w+): &str = "(\w+)";', text, re.MULTILINE))
    builder = re.search(r'cloudwatch_namespace\("(\w+)"\)\.with_dimension\("(\w+)", function\)', text)
    if not entries or not builder or any(not e.startswith('"') and e not in constants for e in entries):
        raise Unread("METRICS, its constants or the builder are written in another way")
    spelled = {e.strip('"') if e.startswith('"') else constants[e]: e for e in entries}
    return spelled, builder[1], builder[2]


@cache
def emitted() -> dict[str, set[str]]:
    """Returns the functions that emit each metric."""
    spelled, _, _ = vocabulary()
    texts = {name: "\n".join(sources(ROOT / "functions" / name).values()) for name in FUNCTIONS}
    if not all(texts.values()):
        raise Unread("a function has no sources")
    counted = {
        metric: {name for name, text in texts.items() if _counts(text, metric, spelling)}
        | {name for name, text in texts.items() if metric in ADAPTERS and ADAPTERS[metric] in text}
        for metric, spelling in spelled.items()
    }
    lost = sorted(metric for metric, by in counted.items() if not by)
    if lost:
        raise Unread(f"no function counts {', '.join(lost)}, or counts it in another way")
    return counted


def _counts(text: str, metric: str, spelling: str) -> bool:
    rejection = metric == "RejectedUploads" and "Metrics::count_rejection(" in text
    return rejection or (spelling if spelling.startswith('"') else f"metrics::{spelling}") in text
