"""What the module's README says under "Restoring" brings records, keys and files back under the module."""

from __future__ import annotations

import unittest

from local_aws import ACCOUNT, REGION, LocalAws
from working import MODULE, ROOT, Failed, Working

BUCKET = f"postern-files-{ACCOUNT}-{REGION}"
ITEM = {"pk": {"S": "UPLOAD#1"}}

# What the README's `import` blocks name, and the descriptions by which the keys are found.
KEYS = {
    "aws_kms_key.operations[0]": "Encrypts the table and the logs of postern",
    'aws_kms_key.links["1"]': "Key 1 behind the link tokens of postern",
    'aws_kms_key.upload_tokens["1"]': "Key 1 behind the upload tokens of postern",
}


class Restoring(unittest.TestCase):
    maxDiff = None

    def test_records_and_then_a_whole_stack_come_back(self) -> None:
        with LocalAws() as aws, Working(aws) as stack:
            stack.apply()
            version = aws.client("s3").put_object(Bucket=BUCKET, Key="uploads/a-file", Body=b"a file")["VersionId"]
            aws.client("dynamodb").put_item(TableName="postern", Item=ITEM)
            settings, keys = aws.bucket_settings(BUCKET), self.keys(aws)

            self.restore_the_table(aws, stack)
            backup = self.destroy_by_mistake(aws, stack)
            self.assertNotEqual(aws.bucket_settings(BUCKET), settings)
            self.assertEqual({key["KeyState"] for key in self.keys(aws).values()}, {"PendingDeletion"})
            self.mend(aws, stack, backup)

            self.assertEqual(aws.bucket_settings(BUCKET), settings)
            versions = aws.client("s3").list_object_versions(Bucket=BUCKET)["Versions"]
            self.assertEqual([v["VersionId"] for v in versions], [version])
            self.assert_the_table_is_whole(aws, stack)
            self.assertEqual({a: key["KeyId"] for a, key in self.keys(aws).items()}, {a: key["KeyId"] for a, key in keys.items()})
            self.assertEqual({key["KeyState"] for key in self.keys(aws).values()}, {"Enabled"})

    def restore_the_table(self, aws: LocalAws, stack: Working) -> None:
        """The exchange of "Records from an earlier time"."""
        dynamodb = aws.client("dynamodb")
        dynamodb.restore_table_to_point_in_time(SourceTableName="postern", TargetTableName="postern-restored", UseLatestRestorableTime=True)
        backup = dynamodb.create_backup(TableName="postern-restored", BackupName="exchange")["BackupDetails"]["BackupArn"]
        dynamodb.update_table(TableName="postern", DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName="postern")
        dynamodb.restore_table_from_backup(TargetTableName="postern", BackupArn=backup)
        stack.apply()
        self.assert_the_table_is_whole(aws, stack)
        dynamodb.delete_table(TableName="postern-restored")

    def destroy_by_mistake(self, aws: LocalAws, stack: Working) -> str:
        """Gives the backup of the table, which in AWS the deletion itself makes."""
        backup = aws.client("dynamodb").create_backup(TableName="postern", BackupName="postern$DeletedTableBackup")
        with self.assertRaises(Failed) as stopped:
            stack.destroy()
        self.assertIn("BucketNotEmpty", str(stopped.exception))
        return backup["BackupDetails"]["BackupArn"]

    def mend(self, aws: LocalAws, stack: Working, backup: str) -> None:
        imported = {"aws_dynamodb_table.main": "postern"}
        for address, key in self.keys(aws).items():
            aws.client("kms").cancel_key_deletion(KeyId=key["KeyId"])
            aws.client("kms").enable_key(KeyId=key["KeyId"])
            imported[address] = key["KeyId"]
        aws.client("dynamodb").restore_table_from_backup(TargetTableName="postern", BackupArn=backup)

        with (stack.folder / ROOT / "restored.tf").open("w") as file:
            for address, id_ in imported.items():
                file.write(f'import {{\n  to = module.stack["postern"].{address}\n  id = "{id_}"\n}}\n\n')
        stack.apply()

    def assert_the_table_is_whole(self, aws: LocalAws, stack: Working) -> None:
        self.assertEqual(aws.client("dynamodb").get_item(TableName="postern", Key=ITEM)["Item"], ITEM)
        table = aws.client("dynamodb").describe_table(TableName="postern")["Table"]
        mappings = aws.client("lambda").list_event_source_mappings(EventSourceArn=table["LatestStreamArn"])
        self.assertEqual(len(mappings["EventSourceMappings"]), 1)
        self.assertEqual(stack.drift(), {})

    def keys(self, aws: LocalAws) -> dict[str, dict]:
        """The keys by their addresses."""
        kms = aws.client("kms")
        there = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
        return {address: next(key for key in there if key["Description"] == words) for address, words in KEYS.items()}

    def test_the_readme_names_what_is_imported(self) -> None:
        readme = (MODULE / "README.md").read_text(encoding="utf-8")
        told = readme.split("\n### After a destroy by mistake\n", 1)[1].split("\n### ", 1)[0]
        self.assertEqual([a for a in ("aws_dynamodb_table.main", *KEYS) if f"to = module.postern.{a}\n" not in told], [])


if __name__ == "__main__":
    unittest.main()
