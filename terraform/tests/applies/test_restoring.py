"""Follows the section "Restoring" of the module's README. Records, keys and files must be under the module's
control again."""

from __future__ import annotations

import unittest

from local_aws import ACCOUNT, REGION, LocalAws
from working import MODULE, ROOT, Failed, Working

BUCKET = f"postern-files-{ACCOUNT}-{REGION}"
ITEM = {"pk": {"S": "UPLOAD#1"}}

# The addresses of the keys in the README's `import` blocks, and the descriptions by which the keys are found.
KEYS = {
    "aws_kms_key.operations[0]": "Encrypts the table and the logs of postern",
    'aws_kms_key.links["1"]': "Key 1 behind the link tokens of postern",
    'aws_kms_key.upload_tokens["1"]': "Key 1 behind the upload tokens of postern",
    "aws_kms_key.files[0]": "Encrypts the files of postern",
}
TOKEN_KEYS = {'aws_kms_key.links["1"]', 'aws_kms_key.upload_tokens["1"]'}


class Restoring(unittest.TestCase):
    maxDiff = None

    def test_records_and_the_rest_of_a_stopped_destroy_can_be_restored(self) -> None:
        with LocalAws() as aws, Working(aws) as stack:
            stack.apply()
            version = aws.client("s3").put_object(Bucket=BUCKET, Key="uploads/a-file", Body=b"a file")["VersionId"]
            aws.client("dynamodb").put_item(TableName="postern", Item=ITEM)
            settings, keys = aws.bucket_settings(BUCKET), self.keys(aws)

            self.restore_the_table(aws, stack)
            with self.assertRaises(Failed) as stopped:
                stack.destroy()
            self.assertIn("BucketNotEmpty", str(stopped.exception))
            self.assertNotEqual(aws.bucket_settings(BUCKET), settings)
            self.assertEqual(self.waiting(aws), TOKEN_KEYS)
            self.mend(aws, stack)

            self.assertEqual(aws.bucket_settings(BUCKET), settings)
            versions = aws.client("s3").list_object_versions(Bucket=BUCKET)["Versions"]
            self.assertEqual([v["VersionId"] for v in versions], [version])
            self.assert_all_is_there(aws, stack, keys)

    def test_a_whole_destroyed_stack_can_be_restored(self) -> None:
        """The bucket is empty, so the destroy does not stop at it."""
        with LocalAws() as aws, Working(aws) as stack:
            stack.apply()
            aws.client("dynamodb").put_item(TableName="postern", Item=ITEM)
            keys = self.keys(aws)
            # In AWS, DynamoDB makes this backup when the table is deleted.
            backup = aws.client("dynamodb").create_backup(TableName="postern", BackupName="postern$DeletedTableBackup")
            stack.destroy()
            self.assertEqual(self.waiting(aws), set(KEYS))
            self.mend(aws, stack, backup["BackupDetails"]["BackupArn"])
            self.assert_all_is_there(aws, stack, keys)

    def restore_the_table(self, aws: LocalAws, stack: Working) -> None:
        """Replaces the table as the README says in "Records from an earlier time"."""
        dynamodb = aws.client("dynamodb")
        dynamodb.restore_table_to_point_in_time(SourceTableName="postern", TargetTableName="postern-restored", UseLatestRestorableTime=True)
        backup = dynamodb.create_backup(TableName="postern-restored", BackupName="exchange")["BackupDetails"]["BackupArn"]
        dynamodb.update_table(TableName="postern", DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName="postern")
        dynamodb.restore_table_from_backup(TargetTableName="postern", BackupArn=backup)
        stack.apply()
        self.assert_the_table_is_whole(aws, stack)
        dynamodb.delete_table(TableName="postern-restored")

    def mend(self, aws: LocalAws, stack: Working, backup: str | None = None) -> None:
        """Does the steps of "After a destroy by mistake". Restores the table if a backup is given."""
        imported = {}
        for address in self.waiting(aws):
            imported[address] = self.keys(aws)[address]["KeyId"]
            aws.client("kms").cancel_key_deletion(KeyId=imported[address])
            aws.client("kms").enable_key(KeyId=imported[address])
        if backup:
            aws.client("dynamodb").restore_table_from_backup(TargetTableName="postern", BackupArn=backup)
            imported["aws_dynamodb_table.main"] = "postern"

        with (stack.folder / ROOT / "restored.tf").open("w") as file:
            for address, id_ in imported.items():
                file.write(f'import {{\n  to = module.stack["postern"].{address}\n  id = "{id_}"\n}}\n\n')
        stack.apply()

    def assert_all_is_there(self, aws: LocalAws, stack: Working, keys: dict[str, dict]) -> None:
        self.assert_the_table_is_whole(aws, stack)
        self.assertEqual({a: key["KeyId"] for a, key in self.keys(aws).items()}, {a: key["KeyId"] for a, key in keys.items()})
        self.assertEqual({key["KeyState"] for key in self.keys(aws).values()}, {"Enabled"})

    def waiting(self, aws: LocalAws) -> set[str]:
        """Returns the addresses of the keys that wait for their deletion."""
        return {address for address, key in self.keys(aws).items() if key["KeyState"] == "PendingDeletion"}

    def assert_the_table_is_whole(self, aws: LocalAws, stack: Working) -> None:
        self.assertEqual(aws.client("dynamodb").get_item(TableName="postern", Key=ITEM)["Item"], ITEM)
        table = aws.client("dynamodb").describe_table(TableName="postern")["Table"]
        mappings = aws.client("lambda").list_event_source_mappings(EventSourceArn=table["LatestStreamArn"])
        self.assertEqual(len(mappings["EventSourceMappings"]), 1)
        self.assertEqual(stack.drift(), {})

    def keys(self, aws: LocalAws) -> dict[str, dict]:
        """Returns the keys, by address."""
        kms = aws.client("kms")
        there = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
        return {address: next(key for key in there if key["Description"] == words) for address, words in KEYS.items()}

    def test_the_readme_names_what_is_imported(self) -> None:
        readme = (MODULE / "README.md").read_text(encoding="utf-8")
        told = readme.split("\n### After a destroy by mistake\n", 1)[1].split("\n### ", 1)[0]
        self.assertEqual([a for a in ("aws_dynamodb_table.main", *KEYS) if f"to = module.postern.{a}\n" not in told], [])


if __name__ == "__main__":
    unittest.main()
