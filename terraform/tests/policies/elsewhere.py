"""The runs of policies.tftest.hcl in another place: another region, partition, account and name.

`elsewhere.tftest.hcl` is made of that file by replacing these four, anew for each test run, and is not
committed. A run there must give what the snapshot of the same run has, with the same four replaced. What
a source has fixed stays behind.
"""

from __future__ import annotations

import json
import re

from rendered import MODULE

# In order: a host name of a region ends otherwise in China.
REPLACED = (
    (r"us-east-1\.amazonaws\.com", "cn-north-1.amazonaws.com.cn"),
    # CloudFront takes certificates and web ACLs from us-east-1 only.
    (r"(?<!CLOUDFRONT:)us-east-1", "cn-north-1"),
    (r"arn:aws:", "arn:aws-cn:"),
    (r"111122223333", "444455556666"),
    (r"\bpostern\b", "depot"),
)
OF_CLOUDFRONT = re.compile(r"(acm|wafv2):us-east-1(:\d+:(?:certificate/(?:edge|cdn)|global))")
# The source of the app's events, which is the same for every stack.
SOURCE = re.compile(r'("?source"?\s*[:=]\s*\[?\s*)"depot"')

FILE = MODULE / "tests" / "elsewhere.tftest.hcl"
RUNS = ("plain", "scanned", "front", "all_options", "own_keys")
HEAD = "# Made of policies.tftest.hcl by tests/policies/elsewhere.py for each test run. Changes here are lost.\n"


def moved(text: str) -> str:
    """A text of the first place as it is in the other one."""
    text = OF_CLOUDFRONT.sub(r"\1:CLOUDFRONT:us-east-1\2", text)
    for pattern, replacement in REPLACED:
        text = re.sub(pattern, replacement, text)
    return SOURCE.sub(r'\1"postern"', text.replace("CLOUDFRONT:", ""))


def moved_value(value):
    """A value of a snapshot likewise, with its lists in an order that does not depend on the names."""
    return canonical(json.loads(moved(json.dumps(value))))


def canonical(value):
    if isinstance(value, dict):
        return {name: canonical(one) for name, one in value.items()}
    if isinstance(value, list):
        return sorted((canonical(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


def tests() -> str:
    """What elsewhere.tftest.hcl has in it."""
    text = (MODULE / "tests" / "policies.tftest.hcl").read_text(encoding="utf-8")
    text = text.split("\n\n", 1)[1]
    for run in re.findall(r'^run "(\w+)"', text, re.MULTILINE):
        if run not in RUNS:
            text = re.sub(rf'^(?:#[^\n]*\n)*run "{run}" \{{\n.*?^\}}\n\n?', "", text, flags=re.MULTILINE | re.DOTALL)
    return HEAD + "\n" + moved(text).replace("variables {\n", 'variables {\n  name = "depot"\n\n', 1)
