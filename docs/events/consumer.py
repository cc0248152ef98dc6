"""An example consumer: keeps a list of the files that an app may show.

A rule on the bus calls `handler` with one event a call. Events come at least once and in any order,
so that two things have to be right, and both are one transaction here:

- *Once.* What the app does and the note that it was done are written together. Noting first would
  lose an event if the call died in between, noting last would act twice.
- *In any order.* `Upload Deleted` is the last word on an upload: what is told of it later is older.

The table has one key, `pk`, and a time to live on `ttl`. A note has to outlive what can come again:
EventBridge tries for a day, a dead-letter queue holds 14 days.
"""

from __future__ import annotations

import json
import os
import sys
import time
from functools import cache

import boto3

NOTE_LIVES_S = 30 * 24 * 3600

# Detail type -> what it makes of the app's own record of the file.
STATES = {"Upload Available": "shown", "Upload Rejected": "refused", "Upload Deleted": "gone"}


def handler(event: dict, _context: object = None) -> str:
    """Takes one event. An error that is raised brings it back."""
    state = STATES.get(event["detail-type"])
    if state is None:
        return "passed over"
    detail = event["detail"]
    try:
        table().transact_write_items(TransactItems=[note(detail["transition_id"]), change(detail, state)])
    except table().exceptions.TransactionCanceledException as refused:
        note_failed, change_failed = (reason["Code"] for reason in refused.response["CancellationReasons"])
        if note_failed == "ConditionalCheckFailed":
            return "had it before"
        if change_failed == "ConditionalCheckFailed":
            return "older than the last word"
        raise
    return state


@cache
def table():
    """One client, whose connections the next call finds."""
    return boto3.client("dynamodb")


def note(transition_id: str) -> dict:
    """Notes the event, unless it was noted before."""
    return {
        "Put": {
            "TableName": os.environ["TABLE"],
            "Item": {
                "pk": {"S": f"EVENT#{transition_id}"},
                "ttl": {"N": str(int(time.time()) + NOTE_LIVES_S)},
            },
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }


def change(detail: dict, state: str) -> dict:
    """What the app does with it. A file that is gone stays gone, and a shown one is not refused."""
    allowed = {"shown": ":refused", "refused": ":refused", "gone": ":refused, :shown"}[state]
    values = {":state": {"S": state}, ":owner": {"S": detail["owner"]}, ":refused": {"S": "refused"}}
    if state == "gone":
        values[":shown"] = {"S": "shown"}
    return {
        "Update": {
            "TableName": os.environ["TABLE"],
            "Key": {"pk": {"S": f"FILE#{detail['upload_id']}"}},
            "UpdateExpression": "SET #state = :state, #owner = :owner",
            "ConditionExpression": f"attribute_not_exists(pk) OR #state IN ({allowed})",
            "ExpressionAttributeNames": {"#state": "state", "#owner": "owner"},
            "ExpressionAttributeValues": values,
        }
    }


if __name__ == "__main__":
    # To try it: one event a line.
    for line in sys.stdin:
        print(handler(json.loads(line)))
