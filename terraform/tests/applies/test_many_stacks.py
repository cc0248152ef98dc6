"""Tests several stacks in one region, a stack of the same name in another region, and stacks that depend on a
resource of the user that changes.

The stacks are made with `for_each`, and all of them have `depends_on`. So Terraform reads their data sources
late.
"""

from __future__ import annotations

import unittest

from local_aws import ACCOUNT, REGION, LocalAws
from working import Failed, Working

NAMES = ["photos", "documents"]
SECOND_REGION = "us-west-2"
# The region and the name of each stack. The names of roles contain the region, because roles are global.
STACKS = [(REGION, "photos"), (REGION, "documents"), (SECOND_REGION, "photos")]


def bucket(name: str, region: str = REGION) -> str:
    return f"{name}-files-{ACCOUNT}-{region}"


class ManyStacks(unittest.TestCase):
    def test_several_stacks_are_independent_and_a_pending_change_replaces_none(self) -> None:
        beside = {"stacks": NAMES, "second_region": SECOND_REGION, "stacks_of_second_region": ["photos"]}
        with LocalAws() as aws, Working(aws, **beside) as stacks:
            stacks.apply()
            self.assertEqual(sorted(aws.open_apis()), sorted(NAMES))
            self.assertEqual(aws.open_apis(SECOND_REGION), ["photos"])
            versions = {stack: self.put(aws, *stack) for stack in STACKS}
            before = self.settings(aws)
            self.assertEqual([stack for stack in STACKS if not all(before[stack].values())], [])
            self.assertEqual(stacks.drift(), {})

            self.a_pending_change_touches_none(stacks)
            self.another_bucket_name_is_refused(stacks)
            self.assertEqual(self.settings(aws), before)
            self.assertEqual({stack: self.versions(aws, *stack) for stack in STACKS}, versions)

            self.the_end_of_one_leaves_the_others(aws, stacks, before)

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

    def the_end_of_one_leaves_the_others(self, aws: LocalAws, stacks: Working, before: dict) -> None:
        for region, name in STACKS[1:]:
            self.remove(aws, region, name)
        stacks.variables["stacks"] = ["photos"]
        stacks.apply()
        self.assertEqual([line for line in aws.holdings() if "documents" in line], [])
        self.assertEqual(self.settings(aws, without=[STACKS[1]]), {s: before[s] for s in STACKS if s != STACKS[1]})
        self.assertEqual(aws.open_apis(), ["photos"])
        self.assertEqual(aws.open_apis(SECOND_REGION), ["photos"])

        first = named_photos(aws.holdings(REGION))
        stacks.variables["stacks_of_second_region"] = []
        stacks.apply()
        self.assertEqual(aws.open_apis(SECOND_REGION), [])
        self.assertEqual([line for line in aws.holdings(SECOND_REGION) if SECOND_REGION in line], [])
        self.assertEqual([line for line in first if SECOND_REGION not in line], named_photos(aws.holdings(REGION)))
        self.assertEqual(aws.bucket_settings(bucket("photos")), before[REGION, "photos"])
        self.assertEqual(aws.open_apis(), ["photos"])
        self.assertEqual(stacks.drift(), {})

    def settings(self, aws: LocalAws, without: list = []) -> dict:
        return {(r, n): aws.bucket_settings(bucket(n, r), r) for r, n in STACKS if (r, n) not in without}

    def put(self, aws: LocalAws, region: str, name: str) -> list[str]:
        aws.client("s3", region).put_object(Bucket=bucket(name, region), Key="uploads/a-file", Body=b"a file")
        return self.versions(aws, region, name)

    def remove(self, aws: LocalAws, region: str, name: str) -> None:
        for version in self.versions(aws, region, name):
            aws.client("s3", region).delete_object(Bucket=bucket(name, region), Key="uploads/a-file", VersionId=version)

    def versions(self, aws: LocalAws, region: str, name: str) -> list[str]:
        listed = aws.client("s3", region).list_object_versions(Bucket=bucket(name, region))
        return [v["VersionId"] for v in listed["Versions"]]


def named_photos(holdings: list[str]) -> list[str]:
    return [line for line in holdings if "photos" in line]


if __name__ == "__main__":
    unittest.main()
