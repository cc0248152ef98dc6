"""What serve-link does for a link that is not counted, in Python with boto3: token, cookie, one
consistent read, the link's terms, a presigned URL, a redirect, a line of the log. Connections are kept and the
clients are made once.
Pages are left out, and so is renewing the session: both are off the way measured."""

import base64
import datetime
import hashlib
import hmac
import json
import os
import re
import urllib.parse

import boto3
from botocore.config import Config

import runtime

environment = os.environ
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
session_end = session["Expiration"]
ttl = int(environment["POSTERN_LINK_URL_TTL_S"])

# Software that fetches what somebody has posted: it gets the page with the button.
PREVIEWERS = re.compile(
    "slackbot|slack-imgproxy|whatsapp|telegrambot|discordbot|twitterbot|facebookexternalhit|facebot"
    "|linkedinbot|skypeuripreview|microsoftpreview|bingpreview|viber|signal-|mattermost|rocket\\.chat"
    "|synapse|embedly|iframely|pinterest|redditbot|googlebot|google-pagerenderer|google-safety|bingbot"
    "|applebot|yandexbot|baiduspider|mastodon/|bluesky cardyb|zulipurlpreview|line-poker|barracuda"
    "|proofpoint|mimecast"
)
INERT = {"application/pdf", "text/plain"} | {
    f"image/{kind}"
    for kind in ("apng", "avif", "bmp", "gif", "heic", "heif", "jpeg", "jxl", "png", "tiff", "webp")
}
NOT_ASCII = re.compile(r'[^ -~]|["%]')
COOKIE = "__Secure-postern-opened="
GUARDS = {"referrer-policy": "no-referrer", "x-robots-tag": "noindex"}


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def link_id(text):
    """The id of the link, if the token is one of ours."""
    if len(text) != 32:
        return None
    token = decoded(text)
    tag = hmac.digest(key, token[:17], "sha256")[:7]
    if token[0] & 0x7F != 1 or not hmac.compare_digest(tag, token[17:]):
        return None
    return base64.urlsafe_b64encode(hashlib.sha256(token[1:17]).digest()).rstrip(b"=").decode()


def is_granted(event, link, now):
    """Whether a cookie under our seal says that this link was opened in the last quarter of an hour."""
    cookies = [*event.get("cookies", ()), *event["headers"].get("cookie", "").split(";")]
    for cookie in cookies:
        cookie = cookie.strip()
        if not cookie.startswith(COOKIE):
            continue
        until, stamp, seal = cookie.removeprefix(COOKIE).split(".", 2)
        right = hmac.digest(key, "\n".join(("opened", link, until, stamp)).encode(), "sha256")
        if hmac.compare_digest(decoded(seal), right) and now.timestamp() < int(until):
            return True
    return False


def is_shy(headers):
    names = ("sec-purpose", "purpose", "x-moz", "x-purpose")
    purpose = next((headers[name] for name in names if name in headers), "").lower()
    agent = headers.get("user-agent", "").lower()
    return "prefetch" in purpose or "preview" in purpose or PREVIEWERS.search(agent) is not None


def has(headers, etag):
    """Whether the visitor has that version already."""
    tags = (tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(","))
    return any(tag == "*" or tag.strip('"') == etag for tag in tags)


def disposition(content_type, filename, as_attachment):
    essence = content_type.partition(";")[0].strip().lower()
    shown = not as_attachment and (essence in INERT or essence.startswith(("audio/", "video/")))
    kind = "inline" if shown else "attachment"
    likeness = NOT_ASCII.sub("_", filename)
    if likeness == filename:
        return f'{kind}; filename="{likeness}"'
    exact = urllib.parse.quote(filename, safe="!#$&+-.^_`|~")
    return f"{kind}; filename=\"{likeness}\"; filename*=UTF-8''{exact}"


def problem(status, code):
    headers = {"content-type": "application/problem+json", "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps({"status": status, "code": code})}


def open_link(event):
    now = datetime.datetime.now(datetime.timezone.utc)
    headers = event["headers"]
    link = link_id(event["pathParameters"]["token"])
    if link is None:
        return problem(404, "link_unknown")
    if "authorization" in headers:
        return problem(400, "authorization_unwanted")
    granted = is_granted(event, link, now)
    shy = is_shy(headers)
    item = dynamodb.get_item(
        TableName=environment["POSTERN_TABLE"], Key={"pk": {"S": f"LINK#{link}"}}, ConsistentRead=True
    ).get("Item")
    if item is None:
        return problem(404, "link_unknown")
    terms = item["terms"]["M"]
    counts = "max_opens" in terms or "max_opens_per_hour" in terms
    end = session_end
    if "revoked" in item:
        return problem(410, "link_revoked")
    if "expires_at" in item:
        expires_at = datetime.datetime.fromisoformat(item["expires_at"]["S"])
        if expires_at <= now:
            return problem(410, "link_expired")
        end = min(end, expires_at)
    if not granted:
        if "max_opens" in terms and int(terms["max_opens"]["N"]) <= int(item["opens"]["N"]):
            return problem(410, "link_used_up")
        if "password_hash" in terms:
            return problem(401, "password_required")
        if "confirmed_only" in terms or (counts and shy):
            return problem(403, "confirmation_required")
    if "allowed_network" in terms:
        return problem(403, "network_not_allowed")
    if has(headers, item["etag"]["S"]):
        etag = f'"{item["etag"]["S"]}"'
        return {"statusCode": 304, "headers": {**GUARDS, "etag": etag, "cache-control": "no-store"}}
    left = min(ttl, int((end - now).total_seconds()))
    if left < 1:
        return problem(410, "link_expired")
    content_type = item["sniffed_type"]["S"]
    if content_type == "text/plain":
        content_type = "text/plain; charset=utf-8"
    filename = terms.get("filename", item["filename"])["S"]
    url = s3.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": environment["POSTERN_BUCKET"],
            "Key": f"uploads/{item['upload_id']['S']}",
            "VersionId": item["version_id"]["S"],
            "ResponseContentType": content_type,
            "ResponseContentDisposition": disposition(content_type, filename, "as_attachment" in terms),
            "ResponseCacheControl": "private, no-store",
        },
        ExpiresIn=left,
    )
    age = min(int(terms.get("redirect_max_age_s", {"N": "0"})["N"]), left - 5)
    cache_control = f"private, max-age={age}" if age > 0 and not counts else "no-store"
    return {"statusCode": 302, "headers": {**GUARDS, "cache-control": cache_control, "location": url}}


def handle(event, invocation_id):
    answer = open_link(event)
    runtime.log_request(invocation_id, event, answer)
    return answer


runtime.run(handle)
