"""What issue-upload does for a form without limits of the owner, in Python with boto3: the file's name, type
and size, one conditional put, a presigned POST, a line of the log."""

import datetime
import json
import os
import re
import uuid

import boto3
from botocore.config import Config

import runtime

environment = os.environ
dynamodb = boto3.client("dynamodb")
kms = boto3.client("kms")
for keys in ("POSTERN_LINK_KEYS", "POSTERN_UPLOAD_TOKEN_KEYS"):
    kms.generate_mac(
        KeyId=environment[keys].split("=")[1], Message=b"postern link token v1", MacAlgorithm="HMAC_SHA_256"
    )
session = boto3.client("sts").assume_role(
    RoleArn=environment["POSTERN_SIGNER_ROLE_ARN"],
    RoleSessionName="issue-upload",
    DurationSeconds=int(environment["POSTERN_SIGNER_SESSION_S"]),
)["Credentials"]
s3 = boto3.client(
    "s3",
    endpoint_url=f"https://s3.{environment['AWS_REGION']}.amazonaws.com",
    aws_access_key_id=session["AccessKeyId"],
    aws_secret_access_key=session["SecretAccessKey"],
    aws_session_token=session["SessionToken"],
    config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
)
session_end = session["Expiration"]
ttl = int(environment["POSTERN_FORM_TTL_S"])
most = int(environment["POSTERN_MAX_SIZE_BYTES"])

NAME = re.compile(r"[^/\x00-\x1f\x7f-\x9f]{1,255}")
TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+")


def problem(status, code):
    headers = {"content-type": "application/problem+json", "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps({"status": status, "code": code})}


def issue(event):
    now = datetime.datetime.now(datetime.timezone.utc)
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    asked = json.loads(event["body"])
    filename, content_type, size = asked["filename"], asked["content_type"], asked["size_bytes"]
    if not NAME.fullmatch(filename) or not TYPE.fullmatch(content_type) or not 1 <= size <= most:
        return problem(422, "validation_failed")
    upload_id = str(uuid.uuid4())
    seconds = min(ttl, int((session_end - now).total_seconds()))
    end = (now + datetime.timedelta(seconds=seconds)).isoformat()
    dynamodb.put_item(
        TableName=environment["POSTERN_TABLE"],
        Item={
            "pk": {"S": f"UPLOAD#{upload_id}"},
            "upload_id": {"S": upload_id},
            "owner": {"S": f"{claims['iss']}#{claims['sub']}"},
            "state": {"S": "pending"},
            "filename": {"S": filename},
            "content_type": {"S": content_type},
            "min_size_bytes": {"N": str(size)},
            "max_size_bytes": {"N": str(size)},
            "uploaded_at": {"S": now.isoformat()},
            "policy_expires_at": {"S": end},
            "transition_id": {"S": str(uuid.uuid4())},
            "unfinished": {"S": upload_id[0]},
            "unfinished_since": {"S": end},
            "ttl": {"N": str(int(now.timestamp()) + 35 * 86400)},
        },
        ConditionExpression="attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    fields = {
        "content-type": content_type,
        "success_action_status": "201",
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": environment["POSTERN_FILES_KEY_ARN"],
    }
    form = s3.generate_presigned_post(
        environment["POSTERN_BUCKET"],
        f"uploads/{upload_id}",
        Fields=fields,
        Conditions=[*({name: value} for name, value in fields.items()), ["content-length-range", size, size]],
        ExpiresIn=seconds,
    )
    body = {"upload_id": upload_id, "method": "POST", **form, "expires_at": end, "max_size_bytes": size}
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": 201, "headers": headers, "body": json.dumps(body)}


def handle(event, invocation_id):
    answer = issue(event)
    runtime.log_request(invocation_id, event, answer)
    return answer


runtime.run(handle)
