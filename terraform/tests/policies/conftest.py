"""Lets the tests import the modules of this folder, and lists skipped tests."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import rendered  # noqa: E402


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """If POSTERN_SKIPS names a file, appends each skip to it. Then only a missing provider is a valid reason to
    skip, and a skip for another reason fails."""
    report = yield
    skips = os.environ.get("POSTERN_SKIPS")
    if report.skipped and skips:
        reason = report.longrepr[2].removeprefix("Skipped: ")
        with Path(skips).open("a", encoding="utf-8") as file:
            file.write(f"{item.nodeid}: {reason}\n")
        if rendered.NO_PROVIDER not in reason:
            report.outcome, report.longrepr = "failed", f"must run here, and cannot: {reason}"
    return report
