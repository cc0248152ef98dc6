"""Stacks beside each other, and stacks that wait for something of the user's that changes.

The stacks are made with `for_each`, and all of them have `depends_on`: their data sources are read late.
"""

from __future__ import annotations

import unittest

from local_aws import ACCOUNT, REGION, LocalAws
from working import Failed, Working

NAMES = ["photos", "documents"]


def bucket(name: str) -> str:
    return f"{name}-files-{ACCOUNT}-{REGION}"


class ManyStacks(unittest.TestCase):
    def test_they_stand_side_by_side_and_a_pending_change_touches_none(self) -> None:
        with LocalAws() as aws, Working(aws, stacks=NAMES) as stacks:
            stacks.apply()
            self.assertEqual(sorted(aws.open_apis()), sorted(NAMES))
            versions = {name: self.put(aws, name) for name in NAMES}
            before = {name: aws.bucket_settings(bucket(name)) for name in NAMES}
            self.assertEqual([name for name in NAMES if not all(before[name].values())], [])
            self.assertEqual(stacks.drift(), {})

            self.a_pending_change_touches_none(stacks)
            self.another_bucket_name_is_refused(stacks)
            self.assertEqual({name: aws.bucket_settings(bucket(name)) for name in NAMES}, before)
            self.assertEqual({name: self.versions(aws, name) for name in NAMES}, versions)

            self.the_end_of_one_leaves_the_other(aws, stacks, before)

    def a_pending_change_touches_none(self, stacks: Working) -> None:
        stacks.variables["revision"] = 2
        changes = stacks.drift()
        destroyed = [address for address, actions in changes.items() if "delete" in actions]
        self.assertIn("terraform_data.before", changes)
        self.assertEqual(destroyed, [])
        stacks.apply()

    def another_bucket_name_is_refused(self, stacks: Working) -> None:
        stacks.variables["bucket_names"] = {"photos": "photos-elsewhere"}
        with self.assertRaises(Failed) as refused:
            stacks.planned()
        said = " ".join(str(refused.exception).replace("│", " ").split())
        self.assertIn(f"The files of this stack lie in the bucket {bucket('photos')}, and bucket_name now asks for photos-elsewhere.", said)
        stacks.variables["bucket_names"] = {}

    def the_end_of_one_leaves_the_other(self, aws: LocalAws, stacks: Working, before: dict) -> None:
        for version in self.versions(aws, "documents"):
            aws.client("s3").delete_object(Bucket=bucket("documents"), Key="uploads/a-file", VersionId=version)
        stacks.variables["stacks"] = ["photos"]
        stacks.apply()
        self.assertEqual([line for line in aws.holdings() if "documents" in line], [])
        self.assertEqual(aws.bucket_settings(bucket("photos")), before["photos"])
        self.assertEqual(aws.open_apis(), ["photos"])
        self.assertEqual(stacks.drift(), {})

    def put(self, aws: LocalAws, name: str) -> list[str]:
        aws.client("s3").put_object(Bucket=bucket(name), Key="uploads/a-file", Body=b"a file")
        return self.versions(aws, name)

    def versions(self, aws: LocalAws, name: str) -> list[str]:
        return [v["VersionId"] for v in aws.client("s3").list_object_versions(Bucket=bucket(name))["Versions"]]


if __name__ == "__main__":
    unittest.main()
