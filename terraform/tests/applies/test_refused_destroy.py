"""Tests that Terraform refuses to remove a protected stack before it changes any of its resources. The removal
is tried with `terraform destroy`, with a configuration without the module's block, and with another label for
the block.
"""

from __future__ import annotations

import re
import unittest
from pathlib import Path

from local_aws import ACCOUNT, REGION, LocalAws
from working import ROOT, Failed, Working

BUCKET = f"postern-files-{ACCOUNT}-{REGION}"
REFUSED = re.compile(r"deleting [\w ]*DynamoDB Table \(postern-deletion-protection\): [^│]{,300}protected against deletion")


class RefusedDestroy(unittest.TestCase):
    def test_a_refused_destroy_changes_nothing(self) -> None:
        with LocalAws() as aws, Working(aws, protected=True) as stack:
            stack.apply()
            aws.client("s3").put_object(Bucket=BUCKET, Key="uploads/a-file", Body=b"a file")
            before = self.look(aws)
            self.assertEqual([name for name, value in before["bucket"].items() if not value], [])

            for way in (self.destroyed, self.without_its_block, self.under_another_label):
                with self.subTest(way=way.__name__):
                    self.assertRegex(way(stack), REFUSED)
                    self.assertEqual(removed(self.look(aws), before), {})
            # With its old label, the stack is unchanged.
            stack.apply()
            after = self.look(aws)
            unknown = unknown_keys(after, before, stack)
            after["all"] = [line for line in after["all"] if line not in unknown]
            self.assertEqual(after, before)
            self.assertEqual(stack.drift(), {})

            self.destroys_what_is_meant(aws, stack, unknown)

    def destroyed(self, stack: Working) -> str:
        return self.refused(stack.destroy)

    def without_its_block(self, stack: Working) -> str:
        return self.refused_with(stack, lambda text: re.sub(r'^(module|output) "\w+" \{\n.*?^\}\n', "", text, flags=re.MULTILINE | re.DOTALL))

    def under_another_label(self, stack: Working) -> str:
        return self.refused_with(stack, lambda text: text.replace('module "stack"', 'module "renamed"').replace("module.stack", "module.renamed"))

    def refused_with(self, stack: Working, change) -> str:
        """Applies a changed configuration, which must fail, and returns the error. Restores the configuration."""
        main: Path = stack.folder / ROOT / "main.tf"
        text = main.read_text(encoding="utf-8")
        self.assertNotEqual(change(text), text)
        main.write_text(change(text), encoding="utf-8")
        try:
            stack.run("init", "-input=false")
            return self.refused(stack.apply)
        finally:
            main.write_text(text, encoding="utf-8")
            stack.run("init", "-input=false")

    def refused(self, act) -> str:
        with self.assertRaises(Failed) as refused:
            act()
        said = str(refused.exception)
        return " ".join(said[said.index("Error: ") :].replace("│", " ").split())

    def destroys_what_is_meant(self, aws: LocalAws, stack: Working, unknown: set[str]) -> None:
        stack.variables["protected"] = False
        stack.apply()
        versions = aws.client("s3").list_object_versions(Bucket=BUCKET)["Versions"]
        for version in versions:
            aws.client("s3").delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
        stack.destroy()
        self.assertEqual(set(aws.holdings()) - unknown, set())

    def look(self, aws: LocalAws) -> dict[str, object]:
        table = aws.client("dynamodb").describe_table(TableName="postern")["Table"]
        return {
            "bucket": aws.bucket_settings(BUCKET),
            "versions": [v["VersionId"] for v in aws.client("s3").list_object_versions(Bucket=BUCKET)["Versions"]],
            "table": (table["TableArn"], table["TableStatus"], table.get("DeletionProtectionEnabled")),
            "apis": aws.open_apis(),
            "all": aws.holdings(),
        }


def removed(after: dict[str, object], before: dict[str, object]) -> dict[str, object]:
    """Returns what has changed or is missing. New resources do not count, because an apply with another label may
    have made keys, secrets or an API."""
    changed = {what: value for what, value in after.items() if what != "all" and value != before[what]}
    gone = [line for line in before["all"] if line not in after["all"]]
    return changed | ({"all": gone} if gone else {})


def unknown_keys(after: dict[str, object], before: dict[str, object], stack: Working) -> set[str]:
    """Returns new KMS keys that are not in the state. `CreateKey` is not idempotent. If its answer is lost, the
    provider asks again and gets a second key, and the first one stays without an owner."""
    state = (stack.folder / ROOT / "terraform.tfstate").read_text(encoding="utf-8")
    new = set(after["all"]) - set(before["all"])
    return {line for line in new if line.startswith("kms: ") and line.removeprefix("kms: ") not in state}


if __name__ == "__main__":
    unittest.main()
