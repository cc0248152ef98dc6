"""Who may do what: the table of cases that the rendered policies must decide as expected.

`YES` makes a case that must be allowed, and `NO` one that must be denied. `STILL_NO` must be denied even if a
careless statement in the bucket's policy allows everyone everything. The cases of `EVERYWHERE` hold in every
run. Those of `plain` hold without options, and those of `all_options` with all options.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from iam import Principal
from rendered import ACCOUNT

OTHER_ACCOUNT = "999900009999"
BUCKET = f"arn:aws:s3:::postern-files-{ACCOUNT}-us-east-1"
OTHER_BUCKET = "arn:aws:s3:::another-bucket"
FILE = f"{BUCKET}/uploads/5e9f0a52"
OUTSIDE = f"{BUCKET}/elsewhere/5e9f0a52"
VALIDATION_OBJECT = f"{BUCKET}/malware-protection-resource-validation-object"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/postern"
OTHER_TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/another"
STREAM = f"{TABLE}/stream/2026-01-01T00:00:00.000"
OTHER_STREAM = f"{OTHER_TABLE}/stream/2026-01-01T00:00:00.000"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:postern-uploads"
DEAD_UPLOADS = f"arn:aws:sqs:us-east-1:{ACCOUNT}:postern-uploads-dead"
DEAD_TIDY = f"arn:aws:sqs:us-east-1:{ACCOUNT}:postern-tidy-dead"
DEAD_REMOVALS = f"arn:aws:sqs:us-east-1:{ACCOUNT}:postern-removals-dead"
DEAD_EVENTS = f"arn:aws:sqs:us-east-1:{ACCOUNT}:postern-app-events-dead"
WEBHOOK_QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:postern-webhook"
DEAD_WEBHOOK = f"arn:aws:sqs:us-east-1:{ACCOUNT}:postern-webhook-dead"
OTHER_QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:another-queue"
FILES_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/files"
OPERATIONS_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/operations"
LINK_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/links-1"
SECOND_LINK_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/links-2"
UPLOAD_TOKEN_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/upload-tokens-1"
SECOND_UPLOAD_TOKEN_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/upload-tokens-2"
OTHER_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/another"
"""The key of another stack. Its policy trusts every role of the account, as most key policies do."""
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/postern"
OTHER_BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
SIGNING_SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:postern/cloudfront/a-AbCdEf"
OTHER_SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:other-AbCdEf"
VIA_SECRETS = {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com", "kms:EncryptionContext:SecretARN": SIGNING_SECRET}
WEBHOOK_SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:postern/webhook-a-AbCdEf"
VIA_SECRETS_WEBHOOK = VIA_SECRETS | {"kms:EncryptionContext:SecretARN": WEBHOOK_SECRET}
WEBHOOK_RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/postern/postern-webhook"
DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1OURS"
OTHER_DISTRIBUTION = f"arn:aws:cloudfront::{OTHER_ACCOUNT}:distribution/E2THEIRS"
API = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:api1"
KEY_GROUP = f"arn:aws:cloudfront::{ACCOUNT}:any"
XRAY = f"arn:aws:xray:us-east-1:{ACCOUNT}:any"
PIPE = f"arn:aws:pipes:us-east-1:{ACCOUNT}:pipe/postern-app-events"


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:postern-{name}"


def log_group(name: str) -> str:
    return f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}"


def _role(name: str) -> Principal:
    return Principal(name, arn=role_arn(name))


def _service(name: str) -> Principal:
    return Principal(name, service=name)


ISSUE, RECORD, SERVE = _role("postern-us-east-1-issue-upload"), _role("postern-us-east-1-record-upload"), _role("postern-us-east-1-serve-link")
SENDER = _role("postern-us-east-1-send-webhook")
UPLOADER, DOWNLOADER = _role("postern-us-east-1-upload-signer"), _role("postern-us-east-1-download-signer")
PIPE_ROLE = _role("postern-us-east-1-app-events")
SCHEDULE_ROLE = _role("postern-us-east-1-schedule")
OPERATOR, EMERGENCY = _role("operator"), _role("emergency")
"""Roles of the user with the policies that the module offers as outputs."""
ADMIN = _role("admin")
"""A role of the account whose own policy allows everything."""
GUARDDUTY, BACKUP = _role("guardduty-files"), _role("backup")
AUDITOR = _role("auditor")
"""A role of the account without a policy of its own. A statement of the user in the bucket's policy allows it."""
STRANGER = Principal("a role of another account", arn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/admin")
ANYONE = Principal("an unsigned request")
S3, CLOUDFRONT, LAMBDA = _service("s3.amazonaws.com"), _service("cloudfront.amazonaws.com"), _service("lambda.amazonaws.com")
APIGATEWAY, PIPES, LOGS = _service("apigateway.amazonaws.com"), _service("pipes.amazonaws.com"), _service("logs.us-east-1.amazonaws.com")
SCHEDULER = _service("scheduler.amazonaws.com")
GUARDDUTY_ITSELF, EVENTS = _service("malware-protection-plan.guardduty.amazonaws.com"), _service("events.amazonaws.com")
SCANNER = _role("postern-us-east-1-guardduty")
LOGGING, ATHENA, EC2 = _service("logging.s3.amazonaws.com"), _service("athena.amazonaws.com"), _service("ec2.amazonaws.com")

# The condition keys of the requests.
FORM = {
    "s3:authType": "POST",
    "s3:signatureAge": "899000",
    "s3:x-amz-server-side-encryption": "aws:kms",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": FILES_KEY,
}
PART = {"s3:authType": "REST-QUERY-STRING", "s3:signatureAge": "899000"}
LINK_URL = {"s3:authType": "REST-QUERY-STRING", "s3:signatureAge": "899000"}
BY_HEADER = {"s3:authType": "REST-HEADER", "s3:signatureAge": "250"}
VIA_S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": BUCKET}
VIA_S3_ELSEWHERE = VIA_S3 | {"kms:EncryptionContext:aws:s3:arn": OTHER_BUCKET}
DIRECTLY_IN_CONTEXT = {"kms:EncryptionContext:aws:s3:arn": BUCKET}
VIA_TABLE = {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com", "kms:EncryptionContext:aws:dynamodb:tableName": "postern"}
VIA_OTHER_TABLE = VIA_TABLE | {"kms:EncryptionContext:aws:dynamodb:tableName": "another"}
DIRECTLY_FOR_TABLE = {"kms:EncryptionContext:aws:dynamodb:tableName": "postern"}
SCHEDULE_GROUP = f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule-group/default"
SCHEDULED = {"aws:SourceArn": SCHEDULE_GROUP, "aws:SourceAccount": ACCOUNT}
PLAIN_HTTP = {"aws:SecureTransport": "false"}

SCANS_RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/postern-scans"
SCANNERS_RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3-1"
SCANS = {"aws:SourceArn": SCANS_RULE, "aws:SourceAccount": ACCOUNT}
PLAN = {"aws:SourceArn": f"arn:aws:guardduty:us-east-1:{ACCOUNT}:malware-protection-plan/b4c7", "aws:SourceAccount": ACCOUNT}
MANAGED = {"events:ManagedBy": "malware-protection-plan.guardduty.amazonaws.com"}
UNTAGGING = ("DeleteObjectTagging", "DeleteObjectVersionTagging", "PutObjectTagging", "PutObjectVersionTagging")
TAGGING = ("GetObjectTagging", "GetObjectVersionTagging", "PutObjectTagging", "PutObjectVersionTagging")

ADMINISTRATION = (
    "CancelKeyDeletion CreateAlias DeleteAlias DescribeKey DisableKey EnableKey GetKeyPolicy GetKeyRotationStatus "
    "ListGrants ListKeyPolicies ListResourceTags ListRetirableGrants PutKeyPolicy RevokeGrant ScheduleKeyDeletion "
    "TagResource UntagResource UpdateAlias UpdateKeyDescription"
).split()
ROTATION = "DisableKeyRotation EnableKeyRotation ListKeyRotations RotateKeyOnDemand".split()


@dataclass(frozen=True)
class Case:
    expected: bool
    who: Principal
    action: str
    resource: str
    context: dict = field(default_factory=dict)
    careless: bool = False
    """Whether the bucket's policy also has a statement that allows everyone everything."""

    def __str__(self) -> str:
        verdict = "may" if self.expected else "may not"
        keys = ", ".join(f"{k}={v}" for k, v in self.context.items())
        return f"{self.who.name} {verdict} {self.action} on {self.resource}" + (f" with {keys}" if keys else "")


def YES(who, action, resource, context=None) -> Case:
    return Case(True, who, action, resource, context or {})


def NO(who, action, resource, context=None) -> Case:
    return Case(False, who, action, resource, context or {})


def STILL_NO(who, action, resource, context=None) -> Case:
    return Case(False, who, action, resource, context or {}, careless=True)


def _files() -> list[Case]:
    """Returns the cases of the bucket and of its key."""
    return [
        # Put: only the upload signer may, below uploads/, with our key or the bucket's default.
        YES(UPLOADER, "s3:PutObject", FILE, FORM),
        YES(UPLOADER, "s3:PutObject", FILE, PART),
        YES(UPLOADER, "s3:PutObject", FILE, FORM | {"s3:signatureAge": "900000"}),
        NO(UPLOADER, "s3:PutObject", FILE, FORM | {"s3:signatureAge": "900001"}),
        NO(UPLOADER, "s3:PutObject", FILE, PART | {"s3:signatureAge": "900001"}),
        NO(UPLOADER, "s3:PutObject", FILE, FORM | PLAIN_HTTP),
        NO(UPLOADER, "s3:PutObject", OUTSIDE, FORM),
        NO(UPLOADER, "s3:PutObject", f"{OTHER_BUCKET}/uploads/5e9f0a52", FORM),
        NO(UPLOADER, "s3:PutObject", FILE, FORM | {"s3:x-amz-server-side-encryption-aws-kms-key-id": OTHER_KEY}),
        NO(UPLOADER, "s3:PutObject", FILE, PART | {"s3:x-amz-server-side-encryption-aws-kms-key-id": OTHER_KEY}),
        NO(UPLOADER, "s3:PutObject", FILE, PART | {"s3:x-amz-server-side-encryption-aws-kms-key-id": OPERATIONS_KEY}),
        NO(UPLOADER, "s3:PutObject", FILE, PART | {"s3:x-amz-server-side-encryption": "AES256"}),
        NO(UPLOADER, "s3:PutObject", FILE, PART | {"s3:x-amz-server-side-encryption": "aws:kms:dsse"}),
        NO(UPLOADER, "s3:PutObject", FILE, PART | {"s3:x-amz-server-side-encryption-customer-algorithm": "AES256"}),
        YES(UPLOADER, "s3:ListMultipartUploadParts", FILE),
        YES(UPLOADER, "s3:AbortMultipartUpload", FILE),
        NO(UPLOADER, "s3:AbortMultipartUpload", OUTSIDE),
        NO(UPLOADER, "s3:GetObject", FILE, LINK_URL),
        NO(UPLOADER, "s3:GetObjectVersion", FILE, LINK_URL),
        NO(UPLOADER, "s3:DeleteObjectVersion", FILE),
        NO(UPLOADER, "s3:PutObjectAcl", FILE),
        NO(UPLOADER, "s3:PutObjectTagging", FILE),
        NO(UPLOADER, "s3:ListBucket", BUCKET),
        NO(UPLOADER, "s3:ListBucketMultipartUploads", BUCKET),
        *[NO(who, "s3:PutObject", FILE, FORM) for who in (DOWNLOADER, ISSUE, RECORD, SERVE, ADMIN, BACKUP, S3, LOGGING, ANYONE)],
        NO(ADMIN, "s3:PutObject", FILE),
        NO(ADMIN, "s3:PutObject", OUTSIDE),
        NO(ADMIN, "s3:ReplicateObject", FILE),
        NO(ADMIN, "s3:ReplicateObject", OUTSIDE),
        NO(ADMIN, "s3:ReplicateDelete", FILE),
        NO(ADMIN, "s3:ReplicateDelete", OUTSIDE),
        NO(LOGGING, "s3:PutObject", OUTSIDE),
        # Read: the download signer may read a version whose id it knows, as long as a link's URL is valid.
        YES(DOWNLOADER, "s3:GetObjectVersion", FILE, LINK_URL),
        YES(DOWNLOADER, "s3:GetObjectVersion", FILE, LINK_URL | {"s3:signatureAge": "900000"}),
        NO(DOWNLOADER, "s3:GetObjectVersion", FILE, LINK_URL | {"s3:signatureAge": "900001"}),
        NO(DOWNLOADER, "s3:GetObjectVersion", FILE, LINK_URL | PLAIN_HTTP),
        NO(DOWNLOADER, "s3:GetObjectVersion", OUTSIDE, LINK_URL),
        NO(DOWNLOADER, "s3:GetObjectVersion", f"{OTHER_BUCKET}/uploads/5e9f0a52", LINK_URL),
        NO(DOWNLOADER, "s3:GetObject", FILE, LINK_URL),
        NO(DOWNLOADER, "s3:GetObjectAttributes", FILE, LINK_URL),
        NO(DOWNLOADER, "s3:GetObjectTagging", FILE),
        NO(DOWNLOADER, "s3:ListBucket", BUCKET),
        NO(DOWNLOADER, "s3:ListBucketVersions", BUCKET, {"s3:prefix": "uploads/"}),
        NO(DOWNLOADER, "s3:DeleteObjectVersion", FILE),
        *[NO(who, "s3:GetObjectVersion", FILE, BY_HEADER) for who in (ISSUE, SERVE, ADMIN, S3, LOGGING, ANYONE)],
        NO(ADMIN, "s3:GetObject", FILE, BY_HEADER),
        # Remove: only the recorder may, and only versions.
        YES(RECORD, "s3:DeleteObjectVersion", FILE),
        NO(RECORD, "s3:DeleteObjectVersion", OUTSIDE),
        NO(RECORD, "s3:DeleteObjectVersion", f"{OTHER_BUCKET}/uploads/5e9f0a52"),
        NO(RECORD, "s3:DeleteObject", FILE),
        *[NO(who, "s3:DeleteObjectVersion", FILE) for who in (ADMIN, ISSUE, SERVE, BACKUP, S3, ANYONE)],
        NO(ADMIN, "s3:DeleteObject", FILE),
        NO(ADMIN, "s3:DeleteObject", OUTSIDE),
        # The Deny statements of the bucket's policy hold even if a careless statement allows everything.
        *[STILL_NO(who, "s3:PutObject", FILE, FORM) for who in (S3, LOGGING, ATHENA, ANYONE, STRANGER, DOWNLOADER)],
        *[STILL_NO(who, "s3:PutObject", OUTSIDE, FORM) for who in (UPLOADER, LOGGING, ANYONE)],
        *[STILL_NO(who, "s3:DeleteObjectVersion", FILE) for who in (S3, ATHENA, ANYONE, STRANGER, UPLOADER)],
        *[STILL_NO(who, "s3:DeleteObject", FILE) for who in (S3, ANYONE, STRANGER, RECORD)],
        *[STILL_NO(who, "s3:GetObjectVersion", FILE, BY_HEADER) for who in (S3, LOGGING, ATHENA, ANYONE, STRANGER, UPLOADER)],
        STILL_NO(DOWNLOADER, "s3:GetObject", FILE, LINK_URL | {"s3:signatureAge": "900001"}),
        STILL_NO(CLOUDFRONT, "s3:GetObjectVersion", FILE, {"aws:SourceArn": OTHER_DISTRIBUTION}),
        STILL_NO(CLOUDFRONT, "s3:GetObjectVersion", FILE),
        # The administrator may still manage the bucket.
        YES(ADMIN, "s3:ListBucket", BUCKET),
        YES(ADMIN, "s3:PutBucketPolicy", BUCKET),
        NO(ADMIN, "s3:PutBucketPolicy", BUCKET, PLAIN_HTTP),
        # The files key may be used only through S3 and for our bucket.
        YES(UPLOADER, "kms:GenerateDataKey", FILES_KEY, VIA_S3),
        YES(UPLOADER, "kms:Decrypt", FILES_KEY, VIA_S3),
        YES(DOWNLOADER, "kms:Decrypt", FILES_KEY, VIA_S3),
        YES(RECORD, "kms:Decrypt", FILES_KEY, VIA_S3),
        *[NO(who, "kms:Decrypt", FILES_KEY, VIA_S3_ELSEWHERE) for who in (UPLOADER, DOWNLOADER, RECORD)],
        *[NO(who, "kms:Decrypt", FILES_KEY, DIRECTLY_IN_CONTEXT) for who in (UPLOADER, DOWNLOADER, RECORD)],
        *[NO(who, "kms:Decrypt", FILES_KEY, DIRECTLY_IN_CONTEXT | {"kms:ViaService": VIA_SECRETS["kms:ViaService"]}) for who in (UPLOADER, DOWNLOADER, RECORD)],
        *[NO(who, "kms:GenerateDataKey", FILES_KEY, VIA_S3) for who in (DOWNLOADER, RECORD, ISSUE, SERVE, ADMIN)],
        *[NO(who, "kms:Decrypt", FILES_KEY, VIA_S3) for who in (ISSUE, SERVE, ADMIN, PIPE_ROLE, ANYONE, S3)],
        *[NO(who, "kms:Decrypt", OTHER_KEY, VIA_S3) for who in (UPLOADER, DOWNLOADER, RECORD)],
        *[NO(who, "kms:Encrypt", FILES_KEY, VIA_S3) for who in (UPLOADER, DOWNLOADER, RECORD)],
        *[NO(who, "kms:ScheduleKeyDeletion", FILES_KEY, VIA_S3) for who in (UPLOADER, DOWNLOADER, RECORD)],
        # The other key's policy would allow these, so the role's own policy must not.
        *[NO(who, "kms:Decrypt", OTHER_KEY, VIA_S3_ELSEWHERE) for who in (UPLOADER, DOWNLOADER, RECORD)],
        *[NO(who, "kms:Decrypt", OTHER_KEY, DIRECTLY_IN_CONTEXT) for who in (UPLOADER, DOWNLOADER, RECORD)],
    ]


def _functions() -> list[Case]:
    """Returns the cases of the functions' own roles."""
    links = {"dynamodb:LeadingKeys": ["LINK#4f2a"]}
    return [
        # issue-upload
        *[YES(ISSUE, f"dynamodb:{a}", TABLE) for a in ("BatchGetItem", "GetItem", "PutItem", "UpdateItem", "ConditionCheckItem")],
        *[NO(ISSUE, f"dynamodb:{a}", TABLE) for a in ("DeleteItem", "Scan", "Query", "BatchWriteItem", "DeleteTable", "PartiQLSelect")],
        NO(ISSUE, "dynamodb:GetItem", OTHER_TABLE),
        YES(ISSUE, "dynamodb:Query", f"{TABLE}/index/uploads_by_owner"),
        YES(ISSUE, "dynamodb:Query", f"{TABLE}/index/links_by_upload"),
        YES(ISSUE, "dynamodb:Query", f"{TABLE}/index/links_by_owner"),
        NO(ISSUE, "dynamodb:Query", f"{OTHER_TABLE}/index/uploads_by_owner"),
        NO(ISSUE, "dynamodb:Scan", f"{TABLE}/index/uploads_by_owner"),
        NO(ISSUE, "dynamodb:GetRecords", STREAM),
        YES(ISSUE, "kms:GenerateMac", LINK_KEY),
        YES(ISSUE, "kms:GenerateMac", UPLOAD_TOKEN_KEY),
        NO(ISSUE, "kms:VerifyMac", UPLOAD_TOKEN_KEY),
        NO(ISSUE, "kms:ScheduleKeyDeletion", UPLOAD_TOKEN_KEY),
        NO(ISSUE, "kms:GenerateMac", OTHER_KEY),
        NO(ISSUE, "kms:VerifyMac", LINK_KEY),
        NO(ISSUE, "kms:ScheduleKeyDeletion", LINK_KEY),
        NO(ISSUE, "kms:VerifyMac", OTHER_KEY),
        YES(ISSUE, "sts:AssumeRole", role_arn("postern-us-east-1-upload-signer")),
        NO(ISSUE, "sts:AssumeRole", role_arn("postern-us-east-1-download-signer")),
        NO(ISSUE, "sts:AssumeRole", role_arn("open")),
        NO(ISSUE, "sts:TagSession", role_arn("open-to-tags")),
        NO(ISSUE, "s3:ListBucket", BUCKET),
        NO(ISSUE, "sqs:SendMessage", QUEUE),
        # record-upload
        *[YES(RECORD, f"dynamodb:{a}", TABLE) for a in ("GetItem", "UpdateItem")],
        *[NO(RECORD, f"dynamodb:{a}", TABLE) for a in ("PutItem", "DeleteItem", "Scan", "Query")],
        NO(RECORD, "dynamodb:GetItem", OTHER_TABLE),
        YES(RECORD, "dynamodb:Query", f"{TABLE}/index/links_by_upload"),
        YES(RECORD, "dynamodb:Query", f"{TABLE}/index/uploads_unfinished"),
        NO(RECORD, "dynamodb:Scan", f"{TABLE}/index/uploads_unfinished"),
        NO(RECORD, "dynamodb:PartiQLSelect", f"{TABLE}/index/uploads_unfinished"),
        NO(ISSUE, "dynamodb:Query", f"{TABLE}/index/uploads_unfinished"),
        NO(RECORD, "dynamodb:Query", f"{TABLE}/index/uploads_by_owner"),
        YES(RECORD, "dynamodb:Query", f"{TABLE}/index/links_by_owner"),
        *[NO(RECORD, f"dynamodb:{a}", f"{TABLE}/index/links_by_owner") for a in ("PartiQLSelect", "Scan")],
        NO(RECORD, "dynamodb:Scan", f"{TABLE}/index/links_by_upload"),
        YES(RECORD, "s3:GetObjectVersion", FILE, BY_HEADER),
        YES(RECORD, "s3:GetObjectVersion", FILE, BY_HEADER | {"s3:signatureAge": "3600000"}),
        NO(RECORD, "s3:GetObjectVersion", OUTSIDE, BY_HEADER),
        NO(RECORD, "s3:GetObjectVersion", f"{OTHER_BUCKET}/uploads/5e9f0a52", BY_HEADER),
        NO(RECORD, "s3:GetObject", FILE, BY_HEADER),
        *[YES(RECORD, f"s3:{a}", FILE) for a in ("AbortMultipartUpload", "ListMultipartUploadParts")],
        *[NO(RECORD, f"s3:{a}", OUTSIDE) for a in ("AbortMultipartUpload", "ListMultipartUploadParts")],
        NO(RECORD, "s3:ListBucketMultipartUploads", BUCKET),
        NO(RECORD, "s3:PutObjectTagging", FILE),
        YES(RECORD, "s3:ListBucket", BUCKET),
        NO(RECORD, "s3:ListBucket", OTHER_BUCKET),
        NO(RECORD, "s3:GetBucketPolicy", BUCKET),
        YES(RECORD, "s3:ListBucketVersions", BUCKET, {"s3:prefix": "uploads/5e9f0a52"}),
        YES(RECORD, "s3:ListBucketVersions", BUCKET, {"s3:prefix": "uploads/5e"}),
        NO(RECORD, "s3:ListBucketVersions", BUCKET, {"s3:prefix": "elsewhere/"}),
        NO(RECORD, "s3:ListBucketVersions", BUCKET),
        NO(RECORD, "s3:ListBucketVersions", OTHER_BUCKET, {"s3:prefix": "uploads/"}),
        NO(RECORD, "s3:GetBucketPolicy", BUCKET, {"s3:prefix": "uploads/"}),
        *[YES(RECORD, f"sqs:{a}", QUEUE) for a in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")],
        *[NO(RECORD, f"sqs:{a}", QUEUE) for a in ("SendMessage", "PurgeQueue", "SetQueueAttributes")],
        NO(RECORD, "sqs:ReceiveMessage", OTHER_QUEUE),
        YES(RECORD, "sqs:SendMessage", DEAD_REMOVALS),
        NO(RECORD, "sqs:SendMessage", OTHER_QUEUE),
        NO(RECORD, "sqs:ReceiveMessage", DEAD_REMOVALS),
        YES(RECORD, "sqs:SendMessage", DEAD_TIDY),
        NO(RECORD, "sqs:ReceiveMessage", DEAD_TIDY),
        *[YES(RECORD, f"dynamodb:{a}", STREAM) for a in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")],
        *[NO(RECORD, f"dynamodb:{a}", OTHER_STREAM) for a in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")],
        NO(RECORD, "dynamodb:PutResourcePolicy", STREAM),
        NO(RECORD, "kms:GenerateMac", LINK_KEY),
        NO(RECORD, "kms:GenerateMac", UPLOAD_TOKEN_KEY),
        NO(RECORD, "sts:AssumeRole", role_arn("postern-us-east-1-upload-signer")),
        NO(RECORD, "sts:AssumeRole", role_arn("postern-us-east-1-download-signer")),
        # serve-link, which anyone can call
        YES(SERVE, "dynamodb:GetItem", TABLE, links),
        YES(SERVE, "dynamodb:UpdateItem", TABLE, links),
        YES(SERVE, "dynamodb:UpdateItem", TABLE, links | {"dynamodb:Attributes": ["pk", "opens", "recent_openings", "attempts", "hour_window", "revoked", "expires_at", "terms"]}),
        YES(SERVE, "dynamodb:UpdateItem", TABLE, links | {"dynamodb:Attributes": ["pk", "announces", "first_opened_at", "last_opening", "told_used_up", "told_locked"]}),
        YES(SERVE, "dynamodb:GetItem", TABLE, links | {"dynamodb:Attributes": ["pk", "event"]}),
        # Attributes that are keys of the indexes, and those of which the pipe makes events for the app.
        *[NO(SERVE, "dynamodb:UpdateItem", TABLE, links | {"dynamodb:Attributes": ["pk", a]}) for a in ("event", "unfinished", "unfinished_since", "owner", "uploaded_at", "upload_id", "linked_at")],
        *[NO(SERVE, f"dynamodb:{a}", TABLE, links) for a in ("Query", "Scan", "PutItem", "DeleteItem", "BatchGetItem", "PartiQLSelect")],
        NO(SERVE, "dynamodb:GetItem", TABLE, {"dynamodb:LeadingKeys": ["UPLOAD#5e9f0a52"]}),
        NO(SERVE, "dynamodb:UpdateItem", TABLE, {"dynamodb:LeadingKeys": ["TOKEN#77"]}),
        NO(SERVE, "dynamodb:GetItem", TABLE, {"dynamodb:LeadingKeys": ["LINK#4f2a", "UPLOAD#5e9f0a52"]}),
        NO(SERVE, "dynamodb:GetItem", OTHER_TABLE, links),
        NO(SERVE, "dynamodb:Query", f"{TABLE}/index/links_by_upload"),
        NO(SERVE, "dynamodb:Query", f"{TABLE}/index/links_by_owner"),
        NO(SERVE, "secretsmanager:GetSecretValue", OTHER_SECRET),
        YES(SERVE, "kms:GenerateMac", LINK_KEY),
        # An attacker with serve-link's role can make no upload token, and derive no secret of a request for uploads.
        NO(SERVE, "kms:GenerateMac", UPLOAD_TOKEN_KEY),
        NO(SERVE, "kms:VerifyMac", UPLOAD_TOKEN_KEY),
        NO(SERVE, "kms:GenerateMac", OTHER_KEY),
        NO(SERVE, "kms:VerifyMac", OTHER_KEY),
        NO(SERVE, "kms:ScheduleKeyDeletion", LINK_KEY),
        YES(SERVE, "sts:AssumeRole", role_arn("postern-us-east-1-download-signer")),
        NO(SERVE, "sts:AssumeRole", role_arn("postern-us-east-1-upload-signer")),
        NO(SERVE, "sts:AssumeRole", role_arn("open")),
        NO(SERVE, "sts:TagSession", role_arn("open-to-tags")),
        NO(SERVE, "sqs:ReceiveMessage", QUEUE),
        # Each function may decrypt through DynamoDB, and only for our table.
        *[YES(who, "kms:Decrypt", OPERATIONS_KEY, VIA_TABLE) for who in (ISSUE, RECORD, SERVE)],
        *[NO(who, "kms:Decrypt", OPERATIONS_KEY, VIA_OTHER_TABLE) for who in (ISSUE, RECORD, SERVE)],
        *[NO(who, "kms:Decrypt", OPERATIONS_KEY, DIRECTLY_FOR_TABLE) for who in (ISSUE, RECORD, SERVE)],
        *[NO(who, "kms:Decrypt", OTHER_KEY, VIA_TABLE) for who in (ISSUE, RECORD, SERVE)],
        *[NO(who, "kms:Decrypt", OTHER_KEY, DIRECTLY_FOR_TABLE) for who in (ISSUE, RECORD, SERVE)],
        *[NO(who, "kms:Encrypt", OPERATIONS_KEY, VIA_TABLE) for who in (ISSUE, RECORD, SERVE)],
        *[NO(who, "kms:Decrypt", OPERATIONS_KEY, VIA_TABLE) for who in (UPLOADER, DOWNLOADER)],
        # Each function may write only its own log.
        *[
            case
            for who, name, another in ((ISSUE, "issue-upload", "serve-link"), (RECORD, "record-upload", "issue-upload"), (SERVE, "serve-link", "record-upload"))
            for case in (
                YES(who, "logs:CreateLogStream", f"{log_group(f'/aws/lambda/postern-{name}')}:log-stream:1"),
                YES(who, "logs:PutLogEvents", f"{log_group(f'/aws/lambda/postern-{name}')}:log-stream:1"),
                NO(who, "logs:GetLogEvents", f"{log_group(f'/aws/lambda/postern-{name}')}:log-stream:1"),
                NO(who, "logs:PutLogEvents", f"{log_group(f'/aws/lambda/postern-{another}')}:log-stream:1"),
            )
        ],
    ]


def _people() -> list[Case]:
    """Returns the cases of the policies that the module offers for roles of people."""
    signer, serve, log = role_arn("postern-us-east-1-download-signer"), function_arn("serve-link"), log_group("/aws/lambda/postern-record-upload")
    functions = ("issue-upload", "record-upload", "serve-link", "send-webhook")
    return [
        # An operator reads and writes nothing in the table: changes go through the recorder.
        YES(OPERATOR, "dynamodb:GetItem", TABLE),
        *[NO(OPERATOR, f"dynamodb:{a}", TABLE) for a in ("BatchGetItem", "DeleteItem", "PutItem", "Query", "Scan", "UpdateItem")],
        NO(OPERATOR, "dynamodb:GetItem", OTHER_TABLE),
        *[YES(OPERATOR, "dynamodb:Query", f"{TABLE}/index/{index}") for index in ("links_by_owner", "links_by_upload", "uploads_by_owner")],
        NO(OPERATOR, "dynamodb:Query", f"{TABLE}/index/uploads_unfinished"),
        *[NO(OPERATOR, f"dynamodb:{a}", f"{TABLE}/index/links_by_owner") for a in ("PartiQLSelect", "Scan")],
        YES(OPERATOR, "kms:Decrypt", OPERATIONS_KEY, VIA_TABLE),
        *[NO(OPERATOR, "kms:Decrypt", key, context) for key, context in ((OPERATIONS_KEY, VIA_OTHER_TABLE), (OPERATIONS_KEY, DIRECTLY_FOR_TABLE), (OTHER_KEY, VIA_TABLE), (FILES_KEY, VIA_S3))],
        NO(OPERATOR, "kms:Encrypt", OPERATIONS_KEY, VIA_TABLE),
        # Who may invoke issue-upload acts as any user.
        *[(YES if name == "record-upload" else NO)(OPERATOR, "lambda:InvokeFunction", function_arn(name)) for name in functions],
        *[NO(OPERATOR, f"lambda:{a}", function_arn("record-upload")) for a in ("InvokeAsync", "UpdateFunctionCode", "UpdateFunctionConfiguration")],
        *[YES(OPERATOR, f"sqs:{a}", queue) for queue in (DEAD_REMOVALS, DEAD_TIDY, DEAD_UPLOADS) for a in ("ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage")],
        YES(OPERATOR, "sqs:DeleteMessage", DEAD_UPLOADS),
        *[NO(OPERATOR, f"sqs:{a}", queue) for queue in (DEAD_REMOVALS, DEAD_TIDY, QUEUE) for a in ("DeleteMessage", "PurgeQueue")],
        *[NO(OPERATOR, f"sqs:{a}", DEAD_UPLOADS) for a in ("PurgeQueue", "SetQueueAttributes")],
        *[NO(OPERATOR, f"sqs:{a}", queue) for queue in (QUEUE, OTHER_QUEUE) for a in ("ChangeMessageVisibility", "ReceiveMessage")],
        *[YES(OPERATOR, f"sqs:{a}", QUEUE) for a in ("GetQueueUrl", "SendMessage")],
        *[NO(OPERATOR, f"sqs:{a}", OTHER_QUEUE) for a in ("DeleteMessage", "GetQueueUrl", "SendMessage")],
        NO(OPERATOR, "sqs:SendMessage", DEAD_UPLOADS),
        NO(OPERATOR, "sqs:PurgeQueue", QUEUE),
        *[YES(OPERATOR, "logs:FilterLogEvents", arn) for arn in (log, f"{log}:log-stream:1")],
        *[NO(OPERATOR, f"logs:{a}", f"{log}:log-stream:1") for a in ("DeleteLogStream", "PutLogEvents")],
        NO(OPERATOR, "logs:FilterLogEvents", f"{log_group('/aws/lambda/postern-serve-link')}:log-stream:1"),
        *[NO(OPERATOR, a, FILE) for a in ("s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject")],
        *[NO(OPERATOR, "kms:GenerateMac", key) for key in (LINK_KEY, UPLOAD_TOKEN_KEY)],
        *[NO(who, "sts:AssumeRole", role_arn(f"postern-us-east-1-{name}")) for who in (OPERATOR, EMERGENCY) for name in ("download-signer", "upload-signer", "serve-link")],
        # The emergency changes the download signer and serve-link, and reads no record.
        *[YES(EMERGENCY, f"iam:{a}", signer) for a in ("DeleteRolePolicy", "GetRolePolicy", "PutRolePolicy")],
        *[NO(EMERGENCY, f"iam:{a}", signer) for a in ("AttachRolePolicy", "PassRole", "UpdateAssumeRolePolicy")],
        *[NO(who, "iam:PutRolePolicy", role_arn(f"postern-us-east-1-{name}")) for who in (EMERGENCY, OPERATOR) for name in ("serve-link", "upload-signer")],
        NO(OPERATOR, "iam:PutRolePolicy", signer),
        *[YES(EMERGENCY, f"lambda:{a}", serve) for a in ("GetAlias", "GetFunctionConfiguration", "PublishVersion", "UpdateAlias", "UpdateFunctionConfiguration")],
        *[NO(EMERGENCY, f"lambda:{a}", serve) for a in ("InvokeFunction", "UpdateFunctionCode")],
        *[NO(EMERGENCY, "lambda:UpdateFunctionConfiguration", function_arn(name)) for name in functions if name != "serve-link"],
        YES(EMERGENCY, "cloudfront:ListKeyGroups", KEY_GROUP),
        *[NO(EMERGENCY, f"cloudfront:{a}", KEY_GROUP) for a in ("DeleteKeyGroup", "UpdateDistribution")],
        *[NO(EMERGENCY, f"dynamodb:{a}", TABLE) for a in ("GetItem", "UpdateItem")],
        NO(EMERGENCY, "s3:GetObjectVersion", FILE),
    ]


def _services() -> list[Case]:
    """Returns the cases of AWS's services. They may act for our stack only, not for other resources or accounts."""
    ours, theirs = {"aws:SourceAccount": ACCOUNT}, {"aws:SourceAccount": OTHER_ACCOUNT}
    pipe = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": PIPE}
    log_context = "kms:EncryptionContext:aws:logs:arn"
    return [
        # Trust
        *[YES(LAMBDA, "sts:AssumeRole", role_arn(f"postern-us-east-1-{name}"), ours) for name in ("issue-upload", "record-upload", "serve-link")],
        *[NO(LAMBDA, "sts:AssumeRole", role_arn(f"postern-us-east-1-{name}"), theirs) for name in ("issue-upload", "record-upload", "serve-link")],
        *[NO(ADMIN, "sts:AssumeRole", role_arn(f"postern-us-east-1-{name}")) for name in ("issue-upload", "upload-signer", "download-signer", "app-events")],
        *[NO(EC2, "sts:AssumeRole", role_arn(f"postern-us-east-1-{name}"), ours) for name in ("issue-upload", "record-upload", "serve-link")],
        *[NO(who, "sts:AssumeRole", role_arn(f"postern-us-east-1-{name}"), ours) for who in (LAMBDA, STRANGER) for name in ("upload-signer", "download-signer")],
        NO(EC2, "sts:AssumeRole", role_arn("postern-us-east-1-app-events"), pipe),
        # The schedule may call only the recorder, and only for our account and group.
        YES(SCHEDULER, "sts:AssumeRole", role_arn("postern-us-east-1-schedule"), SCHEDULED),
        NO(SCHEDULER, "sts:AssumeRole", role_arn("postern-us-east-1-schedule"), SCHEDULED | {"aws:SourceArn": SCHEDULE_GROUP + "-2"}),
        NO(SCHEDULER, "sts:AssumeRole", role_arn("postern-us-east-1-schedule"), SCHEDULED | {"aws:SourceAccount": OTHER_ACCOUNT}),
        NO(EC2, "sts:AssumeRole", role_arn("postern-us-east-1-schedule"), SCHEDULED),
        YES(SCHEDULE_ROLE, "lambda:InvokeFunction", function_arn("record-upload")),
        NO(SCHEDULE_ROLE, "lambda:InvokeFunction", function_arn("another")),
        NO(SCHEDULE_ROLE, "lambda:UpdateFunctionCode", function_arn("record-upload")),
        YES(SCHEDULE_ROLE, "sqs:SendMessage", DEAD_TIDY),
        NO(SCHEDULE_ROLE, "sqs:SendMessage", DEAD_REMOVALS),
        NO(SCHEDULE_ROLE, "sqs:ReceiveMessage", DEAD_TIDY),
        YES(PIPES, "sts:AssumeRole", role_arn("postern-us-east-1-app-events"), pipe),
        NO(PIPES, "sts:AssumeRole", role_arn("postern-us-east-1-app-events"), pipe | {"aws:SourceArn": PIPE + "-2"}),
        NO(PIPES, "sts:AssumeRole", role_arn("postern-us-east-1-app-events"), pipe | {"aws:SourceAccount": OTHER_ACCOUNT}),
        # The queue
        YES(S3, "sqs:SendMessage", QUEUE, ours | {"aws:SourceArn": BUCKET}),
        NO(S3, "sqs:SendMessage", QUEUE, ours | {"aws:SourceArn": OTHER_BUCKET}),
        NO(S3, "sqs:SendMessage", QUEUE, theirs | {"aws:SourceArn": BUCKET}),
        NO(S3, "sqs:ReceiveMessage", QUEUE, ours | {"aws:SourceArn": BUCKET}),
        NO(EC2, "sqs:SendMessage", QUEUE, ours | {"aws:SourceArn": BUCKET}),
        NO(ANYONE, "sqs:SendMessage", QUEUE),
        # The functions
        *[YES(APIGATEWAY, "lambda:InvokeFunction", function_arn(name), {"aws:SourceArn": f"{API}/$default/GET/l/x"}) for name in ("issue-upload", "serve-link")],
        *[NO(APIGATEWAY, "lambda:InvokeFunction", function_arn(name), {"aws:SourceArn": f"{API}2/$default/GET/l/x"}) for name in ("issue-upload", "serve-link")],
        NO(APIGATEWAY, "lambda:InvokeFunction", function_arn("record-upload"), {"aws:SourceArn": f"{API}/$default/GET/l/x"}),
        # The pipe
        *[YES(PIPE_ROLE, f"dynamodb:{a}", STREAM) for a in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")],
        *[NO(PIPE_ROLE, f"dynamodb:{a}", OTHER_STREAM) for a in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")],
        NO(PIPE_ROLE, "dynamodb:PutResourcePolicy", STREAM),
        NO(PIPE_ROLE, "dynamodb:GetItem", TABLE),
        YES(PIPE_ROLE, "events:PutEvents", BUS),
        NO(PIPE_ROLE, "events:PutEvents", OTHER_BUS),
        NO(PIPE_ROLE, "events:PutRule", BUS),
        YES(PIPE_ROLE, "sqs:SendMessage", DEAD_EVENTS),
        NO(PIPE_ROLE, "sqs:SendMessage", QUEUE),
        NO(PIPE_ROLE, "sqs:ReceiveMessage", DEAD_EVENTS),
        YES(PIPE_ROLE, "kms:Decrypt", OPERATIONS_KEY, VIA_TABLE),
        NO(PIPE_ROLE, "kms:Decrypt", OPERATIONS_KEY, VIA_OTHER_TABLE),
        NO(PIPE_ROLE, "kms:Decrypt", OTHER_KEY, VIA_TABLE),
        NO(PIPE_ROLE, "kms:Decrypt", OTHER_KEY, DIRECTLY_FOR_TABLE),
        NO(PIPE_ROLE, "kms:Encrypt", OPERATIONS_KEY, VIA_TABLE),
        # The keys
        *[
            YES(LOGS, f"kms:{a}", OPERATIONS_KEY, {log_context: log_group(name)})
            for a in ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo")
            for name in ("/aws/lambda/postern-serve-link", "/aws/vendedlogs/postern/api")
        ],
        NO(LOGS, "kms:Decrypt", OPERATIONS_KEY, {log_context: log_group("/aws/lambda/another")}),
        NO(LOGS, "kms:Decrypt", OPERATIONS_KEY, {log_context: log_group("/another/aws/lambda/postern-serve-link-2")}),
        NO(EC2, "kms:Decrypt", OPERATIONS_KEY, {log_context: log_group("/aws/lambda/postern-serve-link")}),
        NO(LOGS, "kms:CreateGrant", OPERATIONS_KEY, {log_context: log_group("/aws/lambda/postern-serve-link")}),
        NO(LOGS, "kms:Decrypt", FILES_KEY, {log_context: log_group("/aws/lambda/postern-serve-link")}),
        *[
            YES(ADMIN, f"kms:{a}", OPERATIONS_KEY, VIA_TABLE)
            for a in ("CreateGrant", "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo")
        ],
        NO(ADMIN, "kms:Decrypt", OPERATIONS_KEY),
        *[NO(who, "kms:GenerateMac", key) for who in (ADMIN, STRANGER) for key in (LINK_KEY, UPLOAD_TOKEN_KEY)],
        *[NO(STRANGER, "kms:PutKeyPolicy", key) for key in (FILES_KEY, OPERATIONS_KEY, LINK_KEY, UPLOAD_TOKEN_KEY)],
        NO(STRANGER, "kms:Decrypt", OPERATIONS_KEY, VIA_TABLE),
        NO(STRANGER, "kms:Decrypt", FILES_KEY, VIA_S3),
        *[YES(ADMIN, f"kms:{a}", key) for a in ADMINISTRATION for key in (FILES_KEY, OPERATIONS_KEY, LINK_KEY, UPLOAD_TOKEN_KEY)],
        *[YES(ADMIN, f"kms:{a}", key) for a in ROTATION for key in (FILES_KEY, OPERATIONS_KEY)],
    ]


EVERYWHERE = [*_files(), *_functions(), *_people(), *_services()]

CASES = {
    "plain": [
        *EVERYWHERE,
        NO(EMERGENCY, "cloudfront:UpdateKeyGroup", KEY_GROUP),
        *[NO(who, "xray:PutTraceSegments", XRAY) for who in (ISSUE, RECORD, SERVE)],
        NO(AUDITOR, "s3:ListBucketVersions", BUCKET),
        NO(APIGATEWAY, "lambda:InvokeFunction", function_arn("serve-link:live"), {"aws:SourceArn": f"{API}/$default/GET/l/x"}),
        NO(CLOUDFRONT, "s3:GetObjectVersion", FILE, {"aws:SourceArn": DISTRIBUTION}),
        NO(CLOUDFRONT, "kms:Decrypt", FILES_KEY, {"aws:SourceArn": DISTRIBUTION}),
        NO(GUARDDUTY, "s3:GetObjectVersion", FILE, BY_HEADER),
        NO(GUARDDUTY, "s3:PutObject", VALIDATION_OBJECT, BY_HEADER),
        NO(GUARDDUTY, "kms:Decrypt", FILES_KEY, VIA_S3),
        NO(BACKUP, "s3:GetObjectVersion", FILE, BY_HEADER),
        NO(BACKUP, "kms:Decrypt", FILES_KEY, VIA_S3),
        STILL_NO(CLOUDFRONT, "s3:GetObjectVersion", FILE, {"aws:SourceArn": DISTRIBUTION}),
    ],
    "scanned": [
        *EVERYWHERE,
        *[YES(SCANNER, f"s3:{action}", FILE, BY_HEADER) for action in ("GetObject", "GetObjectVersion", *TAGGING)],
        NO(SCANNER, "s3:RestoreObject", FILE, BY_HEADER),
        NO(SCANNER, "s3:GetObjectVersion", f"{OTHER_BUCKET}/uploads/1", BY_HEADER),
        YES(SCANNER, "s3:PutObject", VALIDATION_OBJECT, BY_HEADER),
        NO(SCANNER, "s3:RestoreObject", VALIDATION_OBJECT, BY_HEADER),
        NO(SCANNER, "s3:PutObject", f"{OTHER_BUCKET}/uploads/1", BY_HEADER),
        NO(SCANNER, "s3:PutObject", FILE, BY_HEADER),
        *[YES(SCANNER, f"s3:{action}", BUCKET) for action in ("GetBucketNotification", "ListBucket", "PutBucketNotification")],
        NO(SCANNER, "s3:DeleteBucket", BUCKET),
        NO(SCANNER, "s3:ListBucket", OTHER_BUCKET),
        *[YES(SCANNER, f"events:{action}", SCANNERS_RULE, MANAGED) for action in ("DeleteRule", "PutRule", "PutTargets", "RemoveTargets")],
        *[YES(SCANNER, f"events:{action}", SCANNERS_RULE) for action in ("DescribeRule", "ListTargetsByRule")],
        NO(SCANNER, "events:PutRule", SCANNERS_RULE),
        NO(SCANNER, "events:DisableRule", SCANNERS_RULE, MANAGED),
        NO(SCANNER, "events:PutRule", SCANS_RULE, MANAGED),
        NO(SCANNER, "events:DescribeRule", SCANS_RULE),
        YES(SCANNER, "kms:Decrypt", FILES_KEY, VIA_S3),
        YES(SCANNER, "kms:GenerateDataKey", FILES_KEY, VIA_S3),
        NO(SCANNER, "kms:Decrypt", FILES_KEY, VIA_S3_ELSEWHERE),
        NO(SCANNER, "kms:Decrypt", FILES_KEY, DIRECTLY_IN_CONTEXT),
        NO(SCANNER, "kms:Decrypt", OTHER_KEY, VIA_S3),
        NO(SCANNER, "kms:DescribeKey", FILES_KEY, VIA_S3),
        # Only GuardDuty may assume the scanner's role, and only for a plan of this account.
        YES(GUARDDUTY_ITSELF, "sts:AssumeRole", role_arn("postern-us-east-1-guardduty"), PLAN),
        NO(GUARDDUTY_ITSELF, "sts:AssumeRole", role_arn("postern-us-east-1-guardduty"), PLAN | {"aws:SourceAccount": OTHER_ACCOUNT}),
        NO(GUARDDUTY_ITSELF, "sts:AssumeRole", role_arn("postern-us-east-1-guardduty"), PLAN | {"aws:SourceArn": SCANS_RULE}),
        NO(EC2, "sts:AssumeRole", role_arn("postern-us-east-1-guardduty"), PLAN),
        # Only the scanner may write the tags that the recorder trusts. The recorder may read them.
        *[NO(who, f"s3:{action}", FILE, BY_HEADER) for who in (ADMIN, RECORD, UPLOADER) for action in UNTAGGING],
        *[STILL_NO(who, f"s3:{action}", FILE, BY_HEADER) for who in (ADMIN, ANYONE, LOGGING) for action in UNTAGGING],
        YES(RECORD, "s3:GetObjectVersionTagging", FILE, BY_HEADER),
        NO(RECORD, "s3:GetObjectVersionTagging", f"{OTHER_BUCKET}/uploads/1", BY_HEADER),
        NO(RECORD, "s3:RestoreObject", FILE, BY_HEADER),
        # Only our rule may send the results of scans to the queue.
        YES(EVENTS, "sqs:SendMessage", QUEUE, SCANS),
        NO(EVENTS, "sqs:SendMessage", QUEUE, SCANS | {"aws:SourceArn": SCANNERS_RULE}),
        NO(EVENTS, "sqs:SendMessage", QUEUE, SCANS | {"aws:SourceAccount": OTHER_ACCOUNT}),
        NO(EC2, "sqs:SendMessage", QUEUE, SCANS),
    ],
    "all_options": [
        # The user's own statements in the bucket's policy.
        *[YES(AUDITOR, f"s3:{a}", BUCKET) for a in ("GetBucketVersioning", "ListBucketVersions")],
        *[NO(STRANGER, f"s3:{a}", BUCKET) for a in ("GetBucketVersioning", "ListBucketVersions")],
        NO(AUDITOR, "s3:GetObjectVersion", FILE, BY_HEADER),
        NO(AUDITOR, "s3:ListBucket", BUCKET),
        NO(BACKUP, "s3:ListBucket", BUCKET, {"s3:prefix": "uploads/"}),
        YES(BACKUP, "s3:ListBucket", BUCKET, {"s3:prefix": "elsewhere/"}),
        NO(BACKUP, "s3:GetObjectVersion", f"{BUCKET}/uploads/draft-1", BY_HEADER),
        NO(DOWNLOADER, "s3:GetObjectVersion", f"{BUCKET}/uploads/draft-1", LINK_URL),
        # Only our API may invoke the aliases.
        *[YES(APIGATEWAY, "lambda:InvokeFunction", function_arn(f"{name}:live"), {"aws:SourceArn": f"{API}/$default/GET/l/x"}) for name in ("issue-upload", "serve-link")],
        *[NO(APIGATEWAY, "lambda:InvokeFunction", function_arn(f"{name}:live"), {"aws:SourceArn": f"{API}2/$default/GET/l/x"}) for name in ("issue-upload", "serve-link")],
        # The functions may send traces, but not read them.
        *[YES(who, f"xray:{a}", XRAY) for who in (ISSUE, RECORD, SERVE, SENDER) for a in ("PutTelemetryRecords", "PutTraceSegments")],
        *[NO(who, "xray:BatchGetTraces", XRAY) for who in (ISSUE, RECORD, SERVE, SENDER)],
        # Of the secrets, serve-link may read only the key that signs for the distribution.
        YES(SERVE, "secretsmanager:GetSecretValue", SIGNING_SECRET),
        NO(SERVE, "secretsmanager:PutSecretValue", SIGNING_SECRET),
        NO(ISSUE, "secretsmanager:GetSecretValue", SIGNING_SECRET),
        YES(SERVE, "kms:Decrypt", OPERATIONS_KEY, VIA_SECRETS),
        NO(SERVE, "kms:Decrypt", OPERATIONS_KEY, VIA_SECRETS | {"kms:EncryptionContext:SecretARN": OTHER_SECRET}),
        NO(SERVE, "kms:Decrypt", OPERATIONS_KEY, {"kms:EncryptionContext:SecretARN": SIGNING_SECRET}),
        NO(SERVE, "kms:Encrypt", OPERATIONS_KEY, VIA_SECRETS),
        NO(SERVE, "kms:GenerateDataKey", OPERATIONS_KEY, VIA_SECRETS),
        NO(SERVE, "kms:Decrypt", OPERATIONS_KEY, VIA_TABLE | {"kms:EncryptionContext:SecretARN": SIGNING_SECRET, "kms:EncryptionContext:aws:dynamodb:tableName": "another"}),
        NO(SERVE, "kms:Decrypt", OTHER_KEY, VIA_SECRETS),
        NO(ISSUE, "kms:Decrypt", OPERATIONS_KEY, VIA_SECRETS),
        *[YES(ADMIN, f"kms:{a}", OPERATIONS_KEY, VIA_SECRETS) for a in ("Decrypt", "DescribeKey", "GenerateDataKey")],
        NO(STRANGER, "kms:Decrypt", OPERATIONS_KEY, VIA_SECRETS),
        *EVERYWHERE,
        YES(ISSUE, "kms:GenerateMac", SECOND_LINK_KEY),
        YES(SERVE, "kms:GenerateMac", SECOND_LINK_KEY),
        YES(ISSUE, "kms:GenerateMac", SECOND_UPLOAD_TOKEN_KEY),
        NO(SERVE, "kms:GenerateMac", SECOND_UPLOAD_TOKEN_KEY),
        *[NO(ADMIN, "kms:GenerateMac", key) for key in (SECOND_LINK_KEY, SECOND_UPLOAD_TOKEN_KEY)],
        *[NO(STRANGER, "kms:PutKeyPolicy", key) for key in (SECOND_LINK_KEY, SECOND_UPLOAD_TOKEN_KEY)],
        *[YES(ADMIN, f"kms:{a}", key) for a in ADMINISTRATION for key in (SECOND_LINK_KEY, SECOND_UPLOAD_TOKEN_KEY)],
        # The emergency changes CloudFront's key group. Redriven webhooks go to their queue.
        *[YES(EMERGENCY, f"cloudfront:{a}", KEY_GROUP) for a in ("CreatePublicKey", "DeletePublicKey", "GetKeyGroup", "GetPublicKey", "ListPublicKeys", "UpdateKeyGroup")],
        NO(OPERATOR, "cloudfront:UpdateKeyGroup", KEY_GROUP),
        *[YES(OPERATOR, f"sqs:{a}", DEAD_WEBHOOK) for a in ("ChangeMessageVisibility", "DeleteMessage", "ReceiveMessage")],
        YES(OPERATOR, "sqs:ReceiveMessage", DEAD_EVENTS),
        NO(OPERATOR, "sqs:DeleteMessage", DEAD_EVENTS),
        YES(OPERATOR, "sqs:SendMessage", WEBHOOK_QUEUE),
        *[NO(OPERATOR, f"sqs:{a}", WEBHOOK_QUEUE) for a in ("DeleteMessage", "ReceiveMessage")],
        YES(OPERATOR, "logs:FilterLogEvents", f"{log_group('/aws/lambda/postern-send-webhook')}:log-stream:1"),
        # Of CloudFront, only our distribution may read, and only versions below uploads/.
        YES(CLOUDFRONT, "s3:GetObjectVersion", FILE, {"aws:SourceArn": DISTRIBUTION}),
        NO(CLOUDFRONT, "s3:GetObject", FILE, {"aws:SourceArn": DISTRIBUTION}),
        NO(CLOUDFRONT, "s3:GetObjectVersion", OUTSIDE, {"aws:SourceArn": DISTRIBUTION}),
        NO(CLOUDFRONT, "s3:PutObject", FILE, {"aws:SourceArn": DISTRIBUTION}),
        NO(CLOUDFRONT, "s3:GetObjectVersion", FILE, {"aws:SourceArn": OTHER_DISTRIBUTION}),
        NO(CLOUDFRONT, "s3:GetObjectVersion", FILE),
        YES(CLOUDFRONT, "kms:Decrypt", FILES_KEY, {"aws:SourceArn": DISTRIBUTION}),
        NO(CLOUDFRONT, "kms:Decrypt", FILES_KEY, {"aws:SourceArn": OTHER_DISTRIBUTION}),
        NO(CLOUDFRONT, "kms:Encrypt", FILES_KEY, {"aws:SourceArn": DISTRIBUTION}),
        NO(EC2, "kms:Decrypt", FILES_KEY, {"aws:SourceArn": DISTRIBUTION}),
        NO(EC2, "s3:GetObjectVersion", FILE, {"aws:SourceArn": DISTRIBUTION}),
        # The sender of webhooks may use only its queues and its secret.
        *[YES(SENDER, f"sqs:{a}", WEBHOOK_QUEUE) for a in ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage")],
        *[NO(SENDER, f"sqs:{a}", WEBHOOK_QUEUE) for a in ("SendMessage", "PurgeQueue", "SetQueueAttributes")],
        *[NO(SENDER, f"sqs:{a}", QUEUE) for a in ("ReceiveMessage", "SendMessage", "ChangeMessageVisibility")],
        YES(SENDER, "sqs:SendMessage", DEAD_WEBHOOK),
        NO(SENDER, "sqs:ReceiveMessage", DEAD_WEBHOOK),
        NO(SENDER, "sqs:SendMessage", OTHER_QUEUE),
        YES(SENDER, "secretsmanager:GetSecretValue", WEBHOOK_SECRET),
        NO(SENDER, "secretsmanager:PutSecretValue", WEBHOOK_SECRET),
        NO(SENDER, "secretsmanager:GetSecretValue", SIGNING_SECRET),
        NO(SENDER, "secretsmanager:GetSecretValue", OTHER_SECRET),
        *[NO(who, "secretsmanager:GetSecretValue", WEBHOOK_SECRET) for who in (SERVE, ISSUE, RECORD)],
        YES(SENDER, "kms:Decrypt", OPERATIONS_KEY, VIA_SECRETS_WEBHOOK),
        NO(SENDER, "kms:Decrypt", OPERATIONS_KEY, VIA_SECRETS),
        NO(SENDER, "kms:Decrypt", OPERATIONS_KEY, VIA_TABLE),
        NO(SENDER, "kms:Decrypt", OPERATIONS_KEY, VIA_TABLE | {"kms:EncryptionContext:SecretARN": WEBHOOK_SECRET, "kms:EncryptionContext:aws:dynamodb:tableName": "another"}),
        NO(SENDER, "kms:GenerateDataKey", OPERATIONS_KEY, VIA_SECRETS_WEBHOOK),
        NO(SENDER, "kms:Decrypt", OTHER_KEY, VIA_SECRETS_WEBHOOK),
        NO(SENDER, "kms:Decrypt", FILES_KEY, VIA_S3),
        NO(SENDER, "dynamodb:GetItem", TABLE),
        NO(SENDER, "s3:GetObjectVersion", FILE, BY_HEADER),
        NO(SENDER, "events:PutEvents", BUS),
        *[NO(SENDER, "kms:GenerateMac", key) for key in (LINK_KEY, UPLOAD_TOKEN_KEY)],
        *[NO(SENDER, "sts:AssumeRole", role_arn(f"postern-{name}-signer")) for name in ("upload", "download")],
        YES(SENDER, "logs:CreateLogStream", f"{log_group('/aws/lambda/postern-send-webhook')}:log-stream:1"),
        YES(SENDER, "logs:PutLogEvents", f"{log_group('/aws/lambda/postern-send-webhook')}:log-stream:1"),
        NO(SENDER, "logs:GetLogEvents", f"{log_group('/aws/lambda/postern-send-webhook')}:log-stream:1"),
        NO(SENDER, "logs:PutLogEvents", f"{log_group('/aws/lambda/postern-serve-link')}:log-stream:1"),
        YES(LOGS, "kms:Encrypt", OPERATIONS_KEY, {"kms:EncryptionContext:aws:logs:arn": log_group("/aws/lambda/postern-send-webhook")}),
        YES(LAMBDA, "sts:AssumeRole", role_arn("postern-us-east-1-send-webhook"), {"aws:SourceAccount": ACCOUNT}),
        NO(LAMBDA, "sts:AssumeRole", role_arn("postern-us-east-1-send-webhook"), {"aws:SourceAccount": OTHER_ACCOUNT}),
        NO(EC2, "sts:AssumeRole", role_arn("postern-us-east-1-send-webhook"), {"aws:SourceAccount": ACCOUNT}),
        *[
            case
            for queue in (WEBHOOK_QUEUE, DEAD_WEBHOOK)
            for case in (
                YES(EVENTS, "sqs:SendMessage", queue, {"aws:SourceArn": WEBHOOK_RULE, "aws:SourceAccount": ACCOUNT}),
                NO(EVENTS, "sqs:SendMessage", queue, {"aws:SourceArn": SCANS_RULE, "aws:SourceAccount": ACCOUNT}),
                NO(EVENTS, "sqs:SendMessage", queue, {"aws:SourceArn": WEBHOOK_RULE, "aws:SourceAccount": OTHER_ACCOUNT}),
                NO(EVENTS, "sqs:ReceiveMessage", queue, {"aws:SourceArn": WEBHOOK_RULE, "aws:SourceAccount": ACCOUNT}),
                NO(EC2, "sqs:SendMessage", queue, {"aws:SourceArn": WEBHOOK_RULE, "aws:SourceAccount": ACCOUNT}),
                NO(ANYONE, "sqs:SendMessage", queue),
            )
        ],
        # The user's own role for GuardDuty may read, and put its validation object.
        YES(GUARDDUTY, "s3:GetObject", FILE, BY_HEADER),
        YES(GUARDDUTY, "s3:GetObjectVersion", FILE, BY_HEADER),
        YES(GUARDDUTY, "s3:PutObject", VALIDATION_OBJECT, BY_HEADER),
        NO(GUARDDUTY, "s3:PutObject", FILE, BY_HEADER),
        NO(GUARDDUTY, "s3:PutObject", OUTSIDE, BY_HEADER),
        NO(GUARDDUTY, "s3:DeleteObjectVersion", FILE),
        YES(GUARDDUTY, "kms:Decrypt", FILES_KEY, VIA_S3),
        YES(GUARDDUTY, "kms:GenerateDataKey", FILES_KEY, VIA_S3),
        NO(GUARDDUTY, "kms:Decrypt", FILES_KEY, VIA_S3_ELSEWHERE),
        NO(GUARDDUTY, "kms:Decrypt", FILES_KEY, DIRECTLY_IN_CONTEXT),
        *[NO(who, "s3:PutObject", VALIDATION_OBJECT, BY_HEADER) for who in (ADMIN, UPLOADER, BACKUP, LOGGING)],
        *[STILL_NO(who, "s3:PutObject", VALIDATION_OBJECT, BY_HEADER) for who in (LOGGING, ANYONE)],
        # A role that the user has named as a reader may read, through S3.
        YES(BACKUP, "s3:GetObjectVersion", FILE, BY_HEADER),
        YES(BACKUP, "kms:Decrypt", FILES_KEY, VIA_S3),
        NO(BACKUP, "kms:Decrypt", FILES_KEY, VIA_S3_ELSEWHERE),
        NO(BACKUP, "kms:Decrypt", FILES_KEY, DIRECTLY_IN_CONTEXT),
        NO(BACKUP, "kms:GenerateDataKey", FILES_KEY, VIA_S3),
    ],
}
"""The cases of each run of policies.tftest.hcl."""
