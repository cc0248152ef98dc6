"""Tests that the figures of the stack in docs/capacity.md are those of the sources. AWS's quotas are not tested."""

from __future__ import annotations

import json
import re

from emitted import ROOT
from rendered import MODULE

PAGE = (ROOT / "docs" / "capacity.md").read_text(encoding="utf-8")
VARIABLES = (MODULE / "variables.tf").read_text(encoding="utf-8")


def table(heading: str) -> dict[str, list[str]]:
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| ")]
    return {first: rest for first, *rest in rows[1:]}


def member(variable: str, name: str) -> str:
    block = VARIABLES.split(f'variable "{variable}" {{', 1)[1].split("\n}\n", 1)[0]
    return re.search(rf"^    {name} += optional\(number, (\d+)\)$", block, re.MULTILINE)[1]


def default(variable: str) -> str:
    block = VARIABLES.split(f'variable "{variable}" {{', 1)[1].split("\n}\n", 1)[0]
    return re.search(r"^  default += (\d+)$", block, re.MULTILINE)[1]


def source(path: str, pattern: str) -> str:
    return re.search(pattern, (ROOT / path).read_text(encoding="utf-8"))[1]


def test_the_limits_of_the_stack_are_those_of_the_sources():
    events = json.loads((MODULE / "description.json").read_text(encoding="utf-8"))["events"]
    digits = source("shared/aws/src/dynamodb/records.rs", r"const PINNED_DIGITS: usize = (\d+);")
    expected = {
        "requests a second that the API passes": member("throttling", "rate"),
        "requests at the same moment that the API passes": member("throttling", "burst"),
        "events in a batch of the recorder": str(events["queue"]["batch_size"]),
        "events in a batch of `send-webhook`": str(events["webhook"]["batch_size"]),
        "batches that are posted at the same time": member("webhook", "max_concurrency"),
        "times that an event is received before it is a dead letter": str(events["queue"]["max_receive_count"]),
        "shards of the index of due work": source("shared/postern/src/ports/records.rs", r"SHARDS: u8 = (\d+);"),
        "shards of the list of pinned versions": str(16 ** int(digits)),
        "seconds that an hourly run works": source("functions/record-upload/src/handler.rs", r"TIDY_FOR: Duration = Duration::from_secs\((\d+)\);"),
        "slices that a day compares": source("shared/postern/src/record/listing.rs", r"const SLICES: u64 = (\d+);"),
        "pages that an hourly run reads side by side": source("shared/postern/src/record/listing.rs", r"const PARTS: u8 = (\d+);"),
        "seconds of a signer's session": default("signer_session_s"),
    }
    assert {what: row[0] for what, row in table("What the stack brings").items()} == expected


def test_each_variable_that_it_names_exists():
    named = {name for _, _, name in re.findall(r"(`)((?:[^`]*\W)?)(\w+_concurrency|\w*throttling|memory_mb|app_events|owner_claim|link_track)\b", PAGE)}
    named |= {row[-1].strip("`").split(".")[0] for row in table("What the stack brings").values() if row[-1]}
    assert len(named) > 8
    declared = set(re.findall(r'^variable "(\w+)"', VARIABLES, re.MULTILINE)) | set(re.findall(r"^    (\w+) += optional", VARIABLES, re.MULTILINE))
    assert named <= declared


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_the_products_and_quotients_are_right():
    """The test takes each `a × b / c = d` of the page whose operands are plain numbers."""
    found = re.findall(r"(?<![\d.,])(?<![×/] )([\d.,]*\d(?: [×/] [\d.,]*\d)+) = \**([\d.,]*\d)", PAGE)
    assert len(found) > 15
    for written, result in found:
        first, *rest = re.split(r" ([×/]) ", written)
        exact = number(first)
        for sign, operand in zip(rest[::2], rest[1::2], strict=True):
            exact = exact * number(operand) if sign == "×" else exact / number(operand)
        # A quotient is rounded, and the number of prefixes is rounded up.
        assert abs(exact - number(result)) <= (max(0.05, 0.02 * exact) if "/" in rest else 1e-6), (written, result)


def test_each_quota_of_aws_names_its_page():
    for service in ("apigateway", "lambda", "IAM", "kms", "amazondynamodb", "AmazonS3", "AWSSimpleQueueService", "eventbridge"):
        assert re.search(rf"\]\(https://docs\.aws\.amazon\.com/{service}/", PAGE), service
