"""Lets the tests import what stands beside them, and lists what they skip."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import rendered  # noqa: E402


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Lists each skip where POSTERN_SKIPS names a file. Every skip but one for want of the provider fails there."""
    report = yield
    skips = os.environ.get("POSTERN_SKIPS")
    if report.skipped and skips:
        reason = report.longrepr[2].removeprefix("Skipped: ")
        with Path(skips).open("a", encoding="utf-8") as file:
            file.write(f"{item.nodeid}: {reason}\n")
        if rendered.NO_PROVIDER not in reason:
            report.outcome, report.longrepr = "failed", f"must run here, and cannot: {reason}"
    return report
