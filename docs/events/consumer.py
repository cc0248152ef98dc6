"""An example consumer: keeps a list of the files that an app may show.

A rule on the bus calls `handler` with one event for each call. Events come at least once and in any
order. One transaction takes care of both:

- *At least once.* The app's change and the id of the event are written together. If the id were written
  first, a crash in between would lose the event. If it were written last, the app would act twice.
- *In any order.* `Upload Deleted` is the last event of an upload, so a later one is older.

The table has one key, `pk`, and a time to live on `ttl`. An id must be kept as long as its event can come
again: EventBridge tries for a day, and a dead-letter queue holds messages for 14 days.
"""

from __future__ import annotations

import json
import os
import sys
import time
from functools import cache

import boto3

NOTE_LIVES_S = 30 * 24 * 3600

# Detail type -> the state of the app's own record of the file.
STATES = {"Upload Available": "shown", "Upload Rejected": "rejected", "Upload Deleted": "gone"}


def handler(event: dict, _context: object = None) -> str:
    """Handles one event. If it raises an error, the event is sent again."""
    state = STATES.get(event["detail-type"])
    if state is None:
        return "passed over"
    detail = event["detail"]
    try:
        table().transact_write_items(TransactItems=[note(detail["transition_id"]), change(detail, state)])
    except table().exceptions.TransactionCanceledException as failed:
        note_failed, change_failed = (reason["Code"] for reason in failed.response["CancellationReasons"])
        if note_failed == "ConditionalCheckFailed":
            return "had it before"
        if change_failed == "ConditionalCheckFailed":
            return "older than the last word"
        raise
    return state


@cache
def table():
    """One client, so that the next call reuses its connections."""
    return boto3.client("dynamodb")


def note(transition_id: str) -> dict:
    """Writes the event's id, unless it was written before."""
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
    """Changes the app's record. A deleted file stays deleted, and a file that is shown is not rejected."""
    allowed = {"shown": ":rejected", "rejected": ":rejected", "gone": ":rejected, :shown"}[state]
    values = {":state": {"S": state}, ":owner": {"S": detail["owner"]}, ":rejected": {"S": "rejected"}}
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
