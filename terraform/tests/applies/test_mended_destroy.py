"""A destroy of an unprotected stack that stopped at a bucket with files is mended, as the module's README says
under "After a destroy by mistake"."""

from __future__ import annotations

import unittest

from local_aws import ACCOUNT, REGION, LocalAws
from working import MODULE, ROOT, Failed, Working

BUCKET = f"postern-files-{ACCOUNT}-{REGION}"
ITEM = {"pk": {"S": "UPLOAD#1"}}

# What the README's `import` blocks name, and by which words in a key's description its id is found.
KEYS = {
    "aws_kms_key.operations[0]": "Encrypts the table and the logs of postern",
    'aws_kms_key.links["1"]': "Key 1 behind the link tokens of postern",
    'aws_kms_key.upload_tokens["1"]': "Key 1 behind the upload tokens of postern",
}


class MendedDestroy(unittest.TestCase):
    maxDiff = None

    def test_files_records_and_keys_come_back(self) -> None:
        with LocalAws() as aws, Working(aws) as stack:
            stack.apply()
            version = aws.client("s3").put_object(Bucket=BUCKET, Key="uploads/a-file", Body=b"a file")["VersionId"]
            aws.client("dynamodb").put_item(TableName="postern", Item=ITEM)
            settings, keys = aws.bucket_settings(BUCKET), self.keys(aws)
            # In AWS, the deletion of the table makes this backup.
            backup = aws.client("dynamodb").create_backup(TableName="postern", BackupName="postern$DeletedTableBackup")

            with self.assertRaises(Failed) as refused:
                stack.destroy()
            self.assertIn("BucketNotEmpty", str(refused.exception))
            self.assertNotEqual(aws.bucket_settings(BUCKET), settings)
            self.assertEqual({key["KeyState"] for key in self.keys(aws).values()}, {"PendingDeletion"})

            self.mend(aws, stack, backup["BackupDetails"]["BackupArn"])

            self.assertEqual(aws.bucket_settings(BUCKET), settings)
            self.assertEqual([v["VersionId"] for v in aws.client("s3").list_object_versions(Bucket=BUCKET)["Versions"]], [version])
            self.assertEqual(aws.client("dynamodb").get_item(TableName="postern", Key=ITEM)["Item"], ITEM)
            self.assertEqual({a: (k["KeyId"], k["KeyState"]) for a, k in self.keys(aws).items()}, {a: (k["KeyId"], "Enabled") for a, k in keys.items()})
            self.assertEqual(stack.drift(), {})

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

    def keys(self, aws: LocalAws) -> dict[str, dict]:
        """The keys by their addresses."""
        kms = aws.client("kms")
        all_keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
        return {address: next(key for key in all_keys if key["Description"] == words) for address, words in KEYS.items()}

    def test_the_readme_names_what_is_imported(self) -> None:
        readme = (MODULE / "README.md").read_text(encoding="utf-8")
        told = readme.split("\n### After a destroy by mistake\n", 1)[1].split("\n### ", 1)[0]
        self.assertEqual([a for a in ("aws_dynamodb_table.main", *KEYS) if f"to = module.postern.{a}\n" not in told], [])
        self.assertEqual([words for words in KEYS.values() if words.replace("Key 1 ", "") .split(" of postern")[0] not in told], [])


if __name__ == "__main__":
    unittest.main()
