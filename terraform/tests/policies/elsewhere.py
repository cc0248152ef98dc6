"""The runs of policies.tftest.hcl in another place: with another region, partition, account and name.

For each test run, `elsewhere.tftest.hcl` is made from that file by replacing these four values. It is not
committed. The result of a run must be the snapshot of the same run with the same replacements. If a source of
the module has a fixed region, for example, the two differ.
"""

from __future__ import annotations

import json
import re

from rendered import MODULE

# The order matters: host names come first, because they end differently in China.
REPLACED = (
    (r"console\.aws\.amazon\.com", "console.amazonaws.cn"),
    (r"us-east-1\.amazonaws\.com", "cn-north-1.amazonaws.com.cn"),
    # CloudFront takes certificates and web ACLs from us-east-1 only.
    (r"(?<!CLOUDFRONT:)us-east-1", "cn-north-1"),
    (r"arn:aws:", "arn:aws-cn:"),
    (r"111122223333", "444455556666"),
    # The name of the stack, and not the addresses of the browser client, which are the same for every stack.
    (r"\bpostern\b(?!\.js|/\{version\})", "depot"),
)
OF_CLOUDFRONT = re.compile(r"(acm|wafv2):us-east-1(:\d+:(?:certificate/(?:edge|cdn)|global))")
# The name of the stack is replaced, but not the source of the app's events, which is the same for every stack.
SOURCE = re.compile(r'("?source"?\s*[:=]\s*\[?\s*)"depot"')

FILE = MODULE / "tests" / "elsewhere.tftest.hcl"
RUNS = ("plain", "scanned", "front", "all_options", "own_keys")
HEAD = "# Made of policies.tftest.hcl by tests/policies/elsewhere.py for each test run. Changes here are lost.\n"


def moved(text: str) -> str:
    """Returns a text of the first place with the values of the other place."""
    text = OF_CLOUDFRONT.sub(r"\1:CLOUDFRONT:us-east-1\2", text)
    for pattern, replacement in REPLACED:
        text = re.sub(pattern, replacement, text)
    return SOURCE.sub(r'\1"postern"', text.replace("CLOUDFRONT:", ""))


def moved_value(value):
    """Does the same with a value of a snapshot. Sorts its lists, because replaced names change their order."""
    return canonical(json.loads(moved(json.dumps(value))))


def canonical(value):
    if isinstance(value, dict):
        return {name: canonical(one) for name, one in value.items()}
    if isinstance(value, list):
        return sorted((canonical(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


def tests() -> str:
    """Returns the content of elsewhere.tftest.hcl."""
    text = (MODULE / "tests" / "policies.tftest.hcl").read_text(encoding="utf-8")
    text = text.split("\n\n", 1)[1]
    for run in re.findall(r'^run "(\w+)"', text, re.MULTILINE):
        if run not in RUNS:
            text = re.sub(rf'^(?:#[^\n]*\n)*run "{run}" \{{\n.*?^\}}\n\n?', "", text, flags=re.MULTILINE | re.DOTALL)
    return HEAD + "\n" + moved(text).replace("variables {\n", 'variables {\n  name = "depot"\n\n', 1)
