"""What serve-link does for a link that is not counted, in Python with boto3, as a program that asks
the Lambda Runtime API for its events: token, one consistent read, a presigned URL, a redirect.
Connections are kept and the clients are made once."""

import base64
import datetime
import hashlib
import hmac
import http.client
import json
import os

import boto3
from botocore.config import Config

environment = os.environ
runtime = http.client.HTTPConnection(environment["AWS_LAMBDA_RUNTIME_API"])


def call(method, path, body=None):
    runtime.request(method, f"/2018-06-01/runtime/invocation/{path}", body)
    answer = runtime.getresponse()
    return answer.headers, answer.read()


dynamodb = boto3.client("dynamodb")
key = boto3.client("kms").generate_mac(
    KeyId=environment["POSTERN_LINK_KEYS"].split("=")[1],
    Message=b"postern link token v1",
    MacAlgorithm="HMAC_SHA_256",
)["Mac"]
session = boto3.client("sts").assume_role(
    RoleArn=environment["POSTERN_SIGNER_ROLE_ARN"],
    RoleSessionName="serve-link",
    DurationSeconds=int(environment["POSTERN_SIGNER_SESSION_S"]),
)["Credentials"]
s3 = boto3.client(
    "s3",
    aws_access_key_id=session["AccessKeyId"],
    aws_secret_access_key=session["SecretAccessKey"],
    aws_session_token=session["SessionToken"],
    config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
)


def link_id(text):
    """The id of the link, if the token is one of ours."""
    if len(text) != 32:
        return None
    token = base64.urlsafe_b64decode(text)
    tag = hmac.new(key, token[:17], hashlib.sha256).digest()[:7]
    if token[0] & 0x7F != 1 or not hmac.compare_digest(tag, token[17:]):
        return None
    return base64.urlsafe_b64encode(hashlib.sha256(token[1:17]).digest()).rstrip(b"=").decode()


def open_link(event):
    link = link_id(event["pathParameters"]["token"])
    if link is None:
        return {"statusCode": 404, "body": '{"code":"link_unknown"}'}
    item = dynamodb.get_item(
        TableName=environment["POSTERN_TABLE"], Key={"pk": {"S": f"LINK#{link}"}}, ConsistentRead=True
    ).get("Item")
    if item is None:
        return {"statusCode": 404, "body": '{"code":"link_unknown"}'}
    now = datetime.datetime.now(datetime.timezone.utc)
    ended = "expires_at" in item and datetime.datetime.fromisoformat(item["expires_at"]["S"]) <= now
    if ended or "revoked" in item:
        return {"statusCode": 410, "body": '{"code":"link_ended"}'}
    url = s3.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": environment["POSTERN_BUCKET"],
            "Key": f"uploads/{item['upload_id']['S']}",
            "VersionId": item["version_id"]["S"],
            "ResponseContentType": item["sniffed_type"]["S"],
            "ResponseContentDisposition": f'inline; filename="{item["filename"]["S"]}"',
            "ResponseCacheControl": "private, no-store",
        },
        ExpiresIn=int(environment["POSTERN_LINK_URL_TTL_S"]),
    )
    print(json.dumps({"request_id": event["requestContext"]["requestId"], "route": event["routeKey"], "status": 302}))
    headers = {"location": url, "cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}
    return {"statusCode": 302, "headers": headers}


while True:
    headers, body = call("GET", "next")
    answer = open_link(json.loads(body))
    call("POST", f"{headers['lambda-runtime-aws-request-id']}/response", json.dumps(answer))
