"""A destroy of a protected stack is refused before anything of it is touched."""

from __future__ import annotations

import unittest

from local_aws import ACCOUNT, REGION, LocalAws
from working import Failed, Working

BUCKET = f"postern-files-{ACCOUNT}-{REGION}"


class RefusedDestroy(unittest.TestCase):
    def test_nothing_of_a_protected_stack_is_touched(self) -> None:
        with LocalAws() as aws, Working(aws, protected=True) as stack:
            stack.apply()
            aws.client("s3").put_object(Bucket=BUCKET, Key="uploads/a-file", Body=b"a file")
            before = self.look(aws)
            self.assertEqual([name for name, value in before["bucket"].items() if not value], [])

            with self.assertRaises(Failed) as refused:
                stack.destroy()
            self.assertIn("The stack postern is protected and was left as it is.", " ".join(str(refused.exception).split()))
            self.assertEqual(self.look(aws), before)
            self.assertEqual(stack.drift(), {})

            self.destroys_what_is_meant(aws, stack)

    def destroys_what_is_meant(self, aws: LocalAws, stack: Working) -> None:
        stack.variables["protected"] = False
        stack.apply()
        versions = aws.client("s3").list_object_versions(Bucket=BUCKET)["Versions"]
        for version in versions:
            aws.client("s3").delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
        stack.destroy()
        self.assertEqual(aws.holdings(), [])

    def look(self, aws: LocalAws) -> dict[str, object]:
        table = aws.client("dynamodb").describe_table(TableName="postern")["Table"]
        return {
            "bucket": aws.bucket_settings(BUCKET),
            "versions": [v["VersionId"] for v in aws.client("s3").list_object_versions(Bucket=BUCKET)["Versions"]],
            "table": (table["TableArn"], table["TableStatus"], table.get("DeletionProtectionEnabled")),
            "apis": aws.open_apis(),
            "all": aws.holdings(),
        }


if __name__ == "__main__":
    unittest.main()
