"""The loop of a function: asks the Lambda Runtime API for an event, answers it, and writes one line of the
log, at once as Lambda's own Python does."""

import datetime
import http.client
import json
import os

connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(method, path, body=None):
    connection.request(method, f"/2018-06-01/runtime/invocation/{path}", body)
    answer = connection.getresponse()
    return answer.headers, answer.read()


def log(fields):
    timestamp = datetime.datetime.now(datetime.timezone.utc).isoformat()
    print(json.dumps({"timestamp": timestamp, "level": "INFO", **fields}), flush=True)


def log_request(invocation_id, event, answer):
    """The line of a request of the HTTP API."""
    log(
        {
            "message": "request",
            "request_id": event["requestContext"]["requestId"],
            "invocation_id": invocation_id,
            "route": event["routeKey"],
            "status": answer["statusCode"],
        }
    )


def run(handle):
    while True:
        headers, body = call("GET", "next")
        invocation_id = headers["lambda-runtime-aws-request-id"]
        answer = handle(json.loads(body), invocation_id)
        call("POST", f"{invocation_id}/response", json.dumps(answer))
