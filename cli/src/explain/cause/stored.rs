//! Causes in time, in rights, in the form, and in what is stored.

use super::kind::{Cause, Part, causes};

causes! {
    STORED;
    URL_EXPIRED = "url_expired", Parameter,
        sees: "AccessDenied: Request has expired",
        happened: "The request reached S3 after the URL had expired.",
        change: [
            "Sign a new URL, and use it before it expires.",
            "For longer downloads or late clicks give out a link that signs a fresh URL each time it is opened.",
        ],
        unknown: ["S3 checks the expiry when a request starts. A running download goes on, a resumed one is refused."];
    POLICY_EXPIRED = "policy_expired", Condition,
        sees: "AccessDenied: Invalid according to Policy: Policy expired.",
        happened: "The form was posted after its policy had expired.",
        change: [
            "Ask for a new form, and post it before it expires.",
            "Ask for the form when the user has chosen the file, and not when the page is loaded.",
        ],
        unknown: [];
    SESSION_EXPIRED = "session_expired", Credentials,
        sees: "ExpiredToken: The provided token has expired.",
        happened: "The temporary credentials that signed have expired. A URL or form ends with its credentials, whatever its own expiry says.",
        change: [
            "Sign again with fresh credentials.",
            "Sign with credentials that live longer than the URL, or shorten the URL's expiry to theirs.",
            "Cache credentials for less time than they live: a function must renew its session before it signs.",
        ],
        unknown: ["The token does not show when it expired. CloudTrail has the AssumeRole event of the session, with `expiration`."];
    NOT_YET_VALID = "not_yet_valid", Clock,
        sees: "AccessDenied: Request is not yet valid",
        happened: "The signing time lies in the future of S3's clock.",
        change: ["Set the clock of the machine that signed (NTP). S3 tolerates 15 minutes."],
        unknown: [];
    CLOCK_SKEWED = "clock_skewed", Clock,
        sees: "RequestTimeTooSkewed: The difference between the request time and the current time is too large.",
        happened: "The clock of the machine that sent the request differs from S3's by more than 15 minutes.",
        change: [
            "Set the clock of that machine (NTP, or restart of a virtual machine that slept).",
            "If the clock is right, the request waited before it was sent: sign each try anew.",
        ],
        unknown: [];
    CONDITION_FAILED = "condition_failed", Condition,
        sees: "AccessDenied: Invalid according to Policy: Policy Condition failed: [\"eq\", \"$content-type\", \"image/png\"]",
        happened: "A field of the form has another value than its policy demands, or is missing.",
        change: [
            "Post each field exactly as the form has it, before the file.",
            "If the value must differ, ask for a form with that value or with a `starts-with` condition.",
        ],
        unknown: [];
    EXTRA_FIELD = "extra_field", Field,
        sees: "AccessDenied: Invalid according to Policy: Extra input fields: x-amz-meta-extra",
        happened: "The form has a field for which its policy has no condition.",
        change: [
            "Do not post this field: send the form's own fields and then the file.",
            "A client that adds its own fields (metadata, a CSRF token) must be told to leave them out, or to name them `x-ignore-…`.",
        ],
        unknown: [];
    FILE_TOO_LARGE = "file_too_large", File,
        sees: "EntityTooLarge: Your proposed upload exceeds the maximum allowed size",
        happened: "The file is larger than the upload allows.",
        change: [
            "Send a smaller file, or ask for a form with a larger `content-length-range`.",
            "One POST or PUT takes at most 5 GiB: send larger files in parts.",
        ],
        unknown: [];
    FILE_TOO_SMALL = "file_too_small", File,
        sees: "EntityTooSmall: Your proposed upload is smaller than the minimum allowed size",
        happened: "The file is smaller than the upload allows.",
        change: [
            "Send the whole file: an empty or shorter file is what a client sends when reading it failed.",
            "In a multipart upload every part but the last has at least 5 MiB.",
        ],
        unknown: [];
    POLICY_UNREADABLE = "policy_unreadable", Field,
        sees: "InvalidPolicyDocument: Invalid Policy: Invalid JSON.",
        happened: "S3 cannot read the policy of the form.",
        change: [
            "Build the policy with a library, and encode the JSON once as Base64 without line breaks.",
            "`expiration` and `conditions` are required, in lower case. The expiration ends in `Z`, and each value is a text.",
        ],
        unknown: [];
    MALFORMED_POST = "malformed_post", Request,
        sees: "MalformedPOSTRequest: The body of your POST request is not well-formed multipart/form-data.",
        happened: "The body is not `multipart/form-data` as S3 reads it.",
        change: [
            "Let the HTTP library build the body, and set no `content-type` yourself: the header needs the boundary of the body.",
            "Send a `content-length`: S3 takes no chunked form.",
            "Check for a proxy or a client that cuts a large body.",
        ],
        unknown: ["`curl -v -F key=… -F file=@… URL` shows whether the same fields work from another client."];
    FIELD_MISSING = "field_missing", Field,
        sees: "InvalidArgument: Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
        happened: "A field that S3 needs is missing, or comes after the file.",
        change: ["Post all fields first and the file last: S3 ignores what follows the file."],
        unknown: [];
    FILES_IN_FORM = "files_in_form", Field,
        sees: "InvalidArgument: POST requires exactly one file upload per request.",
        happened: "The form has no file, or more than one.",
        change: ["Post one file, in the field `file`, as the last field."],
        unknown: [];
    FORM_TOO_LONG = "form_too_long", Field,
        sees: "MaxPostPreDataLengthExceeded: Your POST request fields preceding the upload file were too large.",
        happened: "The fields before the file take more than 20 KB.",
        change: ["Shorten the fields. Put the file in the field `file`: under another name S3 counts it as a field."],
        unknown: [];
    METADATA_TOO_LARGE = "metadata_too_large", Field,
        sees: "MetadataTooLarge: Your metadata headers exceed the maximum allowed metadata size.",
        happened: "The names and values of `x-amz-meta-…` take more than 2 KB.",
        change: ["Store less in the metadata, and keep the rest in a database under the object's key."],
        unknown: [];
    NO_RIGHT = "no_right", Role,
        sees: "AccessDenied: User: … is not authorized to perform: s3:GetObject on resource: … because no identity-based policy allows the s3:GetObject action",
        happened: "The role or user that signed has no right to do this. A signature grants only what its signer may do.",
        change: [
            "Allow the action on this object to the signer: `s3:GetObject`, with a `versionId` `s3:GetObjectVersion`, to upload `s3:PutObject`.",
            "Check the resource of the policy: object actions need `arn:aws:s3:::bucket/*`, not the bucket's ARN.",
        ],
        unknown: ["`aws iam simulate-principal-policy --policy-source-arn ROLE --action-names s3:GetObject --resource-arns arn:aws:s3:::BUCKET/KEY` shows the decision."];
    BUCKET_POLICY_DENIES = "bucket_policy_denies", BucketPolicy,
        sees: "AccessDenied: User: … is not authorized to perform: s3:PutObject … with an explicit deny in a resource-based policy",
        happened: "A Deny statement of the bucket's policy matches the request.",
        change: [
            "Send what the policy demands: usually TLS, an encryption header, a KMS key, a network or a VPC endpoint.",
            "If the Deny is too wide, change its conditions.",
        ],
        unknown: ["`aws s3api get-bucket-policy --bucket BUCKET` shows the Deny statements. A missing encryption header, `aws:SecureTransport`, `s3:signatureAge` and `aws:SourceVpce` are the usual ones."];
    OTHER_POLICY_DENIES = "other_policy_denies", Role,
        sees: "AccessDenied: … with an explicit deny in a service control policy (or: VPC endpoint policy, session policy, permissions boundary)",
        happened: "A policy outside of the role and of the bucket does not allow the request.",
        change: ["Change the policy that the message names, or use a role and a network to which it does not apply."],
        unknown: ["Only the owner of that policy (organization, VPC endpoint, the caller of AssumeRole) can show it."];
    PUBLIC_ACCESS_BLOCKED = "public_access_blocked", Header,
        sees: "AccessDenied: … because public access is prevented by the BlockPublicAcls setting in S3 Block Public Access",
        happened: "The request asks for a public ACL, or relies on public access, which the bucket blocks.",
        change: [
            "Leave out the `acl` field or the `x-amz-acl` header.",
            "Give out signed URLs or links in place of public objects.",
        ],
        unknown: [];
    ACL_NOT_SUPPORTED = "acl_not_supported", Header,
        sees: "AccessControlListNotSupported: The bucket does not allow ACLs",
        happened: "The request sets an ACL, and the bucket's ACLs are disabled (bucket owner enforced).",
        change: ["Leave out the `acl` field or the `x-amz-acl` header."],
        unknown: [];
    KMS_DENIED = "kms_denied", KmsKey,
        sees: "AccessDenied: … is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext",
        happened: "The signer may use the object, and may not use the KMS key that encrypts it.",
        change: [
            "Allow the signer `kms:Decrypt` on the key to download, `kms:GenerateDataKey` to upload, and both to upload in parts.",
            "Allow it in the role's policy **and** in the key's policy. A key of another account needs both.",
        ],
        unknown: ["`aws s3api head-object --bucket BUCKET --key KEY` shows the key (`SSEKMSKeyId`), `aws kms get-key-policy` who may use it."];
    KMS_KEY_UNUSABLE = "kms_key_unusable", KmsKey,
        sees: "KMS.DisabledException, KMS.KMSInvalidStateException or KMS.NotFoundException",
        happened: "The KMS key of the object is disabled, will be deleted, or does not exist in this region.",
        change: [
            "Enable the key (`aws kms enable-key`), or cancel its deletion (`aws kms cancel-key-deletion`).",
            "Name the key by its ARN: an alias or an id alone is looked up in the signer's account and the bucket's region.",
        ],
        unknown: ["`aws kms describe-key --key-id KEY` shows its state."];
    TLS_REQUIRED = "tls_required", Host,
        sees: "AccessDenied: Access Denied, for a URL that begins with http://",
        happened: "The request was sent over plain HTTP. The bucket's policy very likely demands TLS (`aws:SecureTransport`).",
        change: ["Use https:// in the URL. The signature does not cover the scheme, so it stays valid."],
        unknown: [];
    SIGNATURE_AGE = "signature_age", BucketPolicy,
        sees: "AccessDenied: Access Denied, for a URL that worked when it was fresh",
        happened: "The bucket's policy may limit the age of signatures (`s3:signatureAge`). Such a URL dies before its own expiry.",
        change: ["Sign a fresh URL. If URLs must live longer, raise the limit in the bucket's policy."],
        unknown: ["`aws s3api get-bucket-policy --bucket BUCKET` shows `s3:signatureAge` (in milliseconds). A URL that is signed now and works proves it."];
    MISSING_OR_HIDDEN = "missing_or_hidden", Object,
        sees: "AccessDenied: Access Denied, for an object that may not exist",
        happened: "S3 answers 403 in place of 404 for an object that does not exist, when the signer has no `s3:ListBucket`.",
        change: [
            "Check the key: letter case, a leading slash, `+` for a space, a key that was decoded twice.",
            "Allow the signer `s3:ListBucket` on the bucket if it shall get 404.",
        ],
        unknown: ["`aws s3api head-object --bucket BUCKET --key KEY` with rights to list answers 404 if the object does not exist."];
    UNSIGNED_REQUEST = "unsigned_request", Parameter,
        sees: "AccessDenied: Access Denied (or: Anonymous access is forbidden), for a URL without a signature",
        happened: "The request had no signature, so S3 took it as anonymous.",
        change: [
            "Use the whole URL, with everything after the `?`.",
            "In a shell put the URL into quotes: an unquoted `&` ends the command.",
        ],
        unknown: [];
    OBJECT_MISSING = "object_missing", Object,
        sees: "NoSuchKey: The specified key does not exist.",
        happened: "The bucket has no object with this key.",
        change: [
            "Compare the key letter by letter. A key has no leading slash.",
            "A key from an S3 event is form-encoded: decode it once (`+` is a space).",
            "An object under a delete marker is also missing: `aws s3api list-object-versions --bucket BUCKET --prefix KEY`.",
        ],
        unknown: [];
    VERSION_MISSING = "version_missing", Object,
        sees: "NoSuchVersion: The specified version does not exist.",
        happened: "The object has no version with this id: it was removed, or the id belongs to another key.",
        change: ["Sign a URL for a version that exists. `aws s3api list-object-versions --bucket BUCKET --prefix KEY` lists them."],
        unknown: ["Who removed it: CloudTrail's data events, or a lifecycle rule for noncurrent versions."];
    DELETE_MARKER = "delete_marker", Object,
        sees: "MethodNotAllowed: The specified method is not allowed against this resource., with x-amz-delete-marker: true",
        happened: "The version is a delete marker. A delete marker has no bytes, so GET and HEAD are refused with 405.",
        change: ["Name the version below the marker, or remove the marker with `aws s3api delete-object --version-id`."],
        unknown: [];
    BUCKET_MISSING = "bucket_missing", Host,
        sees: "NoSuchBucket: The specified bucket does not exist",
        happened: "No bucket has this name.",
        change: ["Check the bucket's name in the URL, and the stage or account that signed."],
        unknown: [];
    UPLOAD_MISSING = "upload_missing", Parameter,
        sees: "NoSuchUpload: The specified multipart upload does not exist.",
        happened: "The multipart upload was completed or aborted, or a lifecycle rule ended it.",
        change: ["Ask whether the object is there: a repeated Complete answers this way after the first one worked.", "Otherwise begin a new upload."],
        unknown: [];
    PART_INVALID = "part_invalid", Parameter,
        sees: "InvalidPart: One or more of the specified parts could not be found.",
        happened: "The list of parts does not match what was uploaded: a number, an `ETag` or the order differs.",
        change: [
            "Send each ETag as the upload of the part answered it, with its quotation marks, in ascending order.",
            "A browser reads the ETag only if the bucket's CORS rules expose it.",
        ],
        unknown: [];
    CHECKSUM_MISMATCH = "checksum_mismatch", File,
        sees: "BadDigest: The Content-MD5 or checksum value that you specified did not match what the server received.",
        happened: "The bytes that arrived differ from the checksum in the request.",
        change: [
            "Compute the checksum of the file that is sent, and write it in Base64 (not in hexadecimal digits).",
            "A file that changed after its checksum was computed needs a new form or URL.",
        ],
        unknown: [];
    ALREADY_EXISTS = "already_exists", Header,
        sees: "PreconditionFailed: At least one of the pre-conditions you specified did not hold, ConditionalRequestConflict",
        happened: "The request demands a state of the object that it does not have: usually `if-none-match: *` and an object that exists.",
        change: ["If your own first try was stored, the upload is complete. Otherwise upload under a new key."],
        unknown: ["`aws s3api head-object` shows when the existing object was stored."];
    LENGTH_REQUIRED = "length_required", Header,
        sees: "MissingContentLength: You must provide the Content-Length HTTP header., or NotImplemented: A header you provided implies functionality that is not implemented (Transfer-Encoding)",
        happened: "The client sent a body of unknown length (chunked). S3 needs the length first.",
        change: ["Send a file or a buffer in place of a stream, or set `content-length`."],
        unknown: [];
    RANGE_INVALID = "range_invalid", Header,
        sees: "InvalidRange: The requested range is not satisfiable",
        happened: "The range begins behind the end of the object.",
        change: ["Ask for the object without `range`, or for a range that begins before its end. A partial file on disk may belong to another version: delete it."],
        unknown: [];
    ARCHIVED = "archived", Object,
        sees: "InvalidObjectState: The operation is not valid for the object's storage class",
        happened: "The object is archived (Glacier) and cannot be read before it is restored.",
        change: ["Restore it with `aws s3api restore-object`, and wait. Take this prefix out of the archiving lifecycle rule."],
        unknown: [];
    ARGUMENT_INVALID = "argument_invalid", Parameter,
        sees: "InvalidArgument, with <ArgumentName>",
        happened: "A parameter, header or field has a value that S3 does not take.",
        change: ["Change the argument that the answer names."],
        unknown: [];
}
