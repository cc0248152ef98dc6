"""Sends the app's events on to a URL, in the form of Standard Webhooks.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

A rule on the bus puts events into a queue, the queue calls `handler` (sender.tf makes all of it). What
the URL does not take with a 2xx comes back after the queue's visibility timeout, and goes to the
dead-letter queue in the end. `webhook-id` is the event's `transition_id`: it is the same at each
attempt and for each repetition, and the receiver drops by it what it had before.

Nothing beyond the runtime is needed: Python's own library signs and sends, boto3 reads the secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.request
from functools import cache

TIMEOUT_S = 10


def handler(batch: dict, _context: object = None) -> dict:
    """Takes a batch of the queue; what was not taken is named and comes back."""
    failed = [record["messageId"] for record in batch["Records"] if not is_taken(json.loads(record["body"]))]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


def is_taken(event: dict) -> bool:
    """Makes one attempt. What goes wrong is logged without the body and without the secret."""
    request_id = event["detail"]["transition_id"]
    body = json.dumps(payload(event), separators=(",", ":"), ensure_ascii=False).encode()
    request = urllib.request.Request(os.environ["WEBHOOK_URL"], body, headers(request_id, int(time.time()), body), method="POST")
    try:
        # A redirect would carry the signature elsewhere: it is a failure.
        with opener().open(request, timeout=TIMEOUT_S) as answer:
            status = answer.status
    except urllib.error.HTTPError as refused:
        status = refused.code
    except OSError as error:
        status = type(error).__name__
    print(json.dumps({"webhook_id": request_id, "status": status}), file=sys.stderr)
    return isinstance(status, int) and 200 <= status < 300


def payload(event: dict) -> dict:
    """`Upload Available` is `upload.available`; the data is the event's detail."""
    name = event["detail-type"].lower().replace(" ", ".")
    return {"type": name, "timestamp": event["time"], "data": event["detail"]}


def headers(message_id: str, now_s: int, body: bytes) -> dict[str, str]:
    """Signed over id, time and body, so that none of them can be changed or sent again much later."""
    signed = hmac.new(key(), f"{message_id}.{now_s}.".encode() + body, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(now_s),
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
    }


@cache
def key() -> bytes:
    """The secret, `whsec_` and base64, from Secrets Manager; read once by each environment."""
    secret = os.environ.get("WEBHOOK_SECRET")
    if secret is None:
        import boto3

        client = boto3.client("secretsmanager")
        secret = client.get_secret_value(SecretId=os.environ["WEBHOOK_SECRET_ARN"])["SecretString"]
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows none."""

    def redirect_request(self, *_arguments):
        return None


@cache
def opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(NoRedirect)


if __name__ == "__main__":
    # To try it: a batch of the queue a line.
    for line in sys.stdin:
        print(json.dumps(handler(json.loads(line))), flush=True)
