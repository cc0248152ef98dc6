"""What record-upload does for an image that keeps the rules, in Python with boto3: the record and the first
64 KiB side by side, type, size, encryption and foreign content, one conditional update, a line of the log for
each file."""

import datetime
import json
import os
import re
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

import runtime

environment = os.environ
table = environment["POSTERN_TABLE"]
dynamodb = boto3.client("dynamodb")
config = Config(response_checksum_validation="when_required", s3={"addressing_style": "path"})
s3 = boto3.client("s3", config=config)
beside = ThreadPoolExecutor(1)

FOREIGN = re.compile(rb"<(script|!doctype html|html|iframe|\?php|%@ page)[\s>/=]", re.IGNORECASE)


def look(key, version):
    answer = s3.get_object(
        Bucket=environment["POSTERN_BUCKET"], Key=key, VersionId=version, Range="bytes=0-65535"
    )
    return answer, answer["Body"].read()


def broken(item, answer, size, head):
    if answer.get("SSEKMSKeyId") != environment["POSTERN_FILES_KEY_ARN"]:
        return "encryption_mismatch"
    if not int(item["min_size_bytes"]["N"]) <= size <= int(item["max_size_bytes"]["N"]):
        return "size_out_of_range"
    if answer["ContentType"] != item["content_type"]["S"]:
        return "content_type_changed"
    if not head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "content_type_mismatch"
    return "foreign_content" if FOREIGN.search(head) else None


def record(request_id, arrived):
    key, version = urllib.parse.unquote_plus(arrived["object"]["key"]), arrived["object"]["versionId"]
    upload_id = key.removeprefix("uploads/")
    seen = beside.submit(look, key, version)
    pk = {"pk": {"S": f"UPLOAD#{upload_id}"}}
    item = dynamodb.get_item(TableName=table, Key=pk, ConsistentRead=True)["Item"]
    answer, head = seen.result()
    size = int(answer["ContentRange"].split("/")[1])
    reason = broken(item, answer, size, head)
    recorded = {
        "version_id": {"S": version},
        "size_bytes": {"N": str(size)},
        "etag": {"S": answer["ETag"]},
        "sniffed_type": {"S": answer["ContentType"]},
        "recorded_at": {"S": datetime.datetime.now(datetime.timezone.utc).isoformat()},
    }
    dynamodb.update_item(
        TableName=table,
        Key=pk,
        UpdateExpression="SET #state = :state, transition_id = :transition, recorded = :recorded REMOVE #ttl",
        ConditionExpression="#state IN (:pending, :rejected, :expired) AND NOT contains(condemned, :version)"
        " AND (attribute_not_exists(condemned) OR size(condemned) < :most)",
        ExpressionAttributeNames={"#state": "state", "#ttl": "ttl"},
        ExpressionAttributeValues={
            ":state": {"S": "rejected" if reason else "available"},
            ":transition": item["transition_id"],
            ":recorded": {"M": recorded},
            ":pending": {"S": "pending"},
            ":rejected": {"S": "rejected"},
            ":expired": {"S": "expired"},
            ":version": {"S": version},
            ":most": {"N": "20"},
        },
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    verdict = "rejected" if reason else "pinned"
    runtime.log(
        {"message": "version recorded", "request_id": request_id, "upload_id": upload_id, "verdict": verdict}
    )


def handle(event, _invocation_id):
    failures = []
    for message in event["Records"]:
        try:
            for arrived in json.loads(message["body"])["Records"]:
                record(message["messageId"], arrived["s3"])
        except Exception as error:  # the message is redelivered, whatever failed
            runtime.log({"message": "failed", "request_id": message["messageId"], "cause": str(error)})
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


runtime.run(handle)
