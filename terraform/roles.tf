# One execution role for each function, and two signer roles. No function's own role reads or writes files for
# clients: the functions sign a client's request with a signer role's credentials, and a signer role has only
# the rights that signed requests need.

# ── Execution roles ──────────────────────────────────────────────────────────────────────────────

resource "aws_iam_role" "function" {
  for_each = local.functions

  name                 = "${local.global_name}-${each.key}"
  description          = "What ${each.key} of ${var.name} may do"
  assume_role_policy   = data.aws_iam_policy_document.lambda_assumes.json
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  # As at the link keys: their policy names these roles, and Terraform orders the two alike only if both have
  # this setting.
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [name, path]
  }
}

data "aws_iam_policy_document" "lambda_assumes" {
  statement {
    sid     = "LambdaAssumesTheRoleForOurAccount"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role_policy" "function_logs" {
  for_each = local.functions

  name   = "logs"
  role   = aws_iam_role.function[each.key].id
  policy = data.aws_iam_policy_document.function_logs[each.key].json
}

data "aws_iam_policy_document" "function_logs" {
  for_each = local.functions

  statement {
    sid       = "WritesItsOwnLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function[each.key].arn}:*"]
  }

  # These two actions of X-Ray take no resource.
  dynamic "statement" {
    for_each = var.tracing ? [1] : []

    content {
      sid       = "SendsItsTraces"
      actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      resources = ["*"]
    }
  }
}

# ── Statements of several roles ──────────────────────────────────────────────────────────────────

# DynamoDB uses the table's key with the rights of its caller.
data "aws_iam_policy_document" "reads_the_table" {
  statement {
    sid       = "ReadsTheTablesEncryption"
    actions   = ["kms:Decrypt"]
    resources = [local.operations_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [local.dynamodb_via_kms]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:dynamodb:tableName"
      values   = [aws_dynamodb_table.main.name]
    }
  }
}

# The counterpart of what the files key's own policy allows these roles.
data "aws_iam_policy_document" "uses_the_files_key" {
  for_each = local.files_key_users

  statement {
    sid       = each.value.sid
    actions   = each.value.actions
    resources = [local.files_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [local.s3_via_kms]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [aws_s3_bucket.files.arn]
    }
  }
}

# ── issue-upload ─────────────────────────────────────────────────────────────────────────────────

resource "aws_iam_role_policy" "issue_upload" {
  name   = "work"
  role   = aws_iam_role.function["issue-upload"].id
  policy = data.aws_iam_policy_document.issue_upload.json
}

data "aws_iam_policy_document" "issue_upload" {
  source_policy_documents = [data.aws_iam_policy_document.reads_the_table.json]

  statement {
    sid       = "KeepsUploadsLinksAndTokens"
    actions   = ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.main.arn]
  }

  statement {
    sid     = "ListsUploadsAndLinks"
    actions = ["dynamodb:Query"]
    # All kinds of items except those that only the recorder writes.
    resources = [
      for index in keys(local.description.table.indexes) : "${aws_dynamodb_table.main.arn}/index/${index}"
      if index != "uploads_unfinished"
    ]
  }

  statement {
    sid       = "MakesLinkTokens"
    actions   = ["kms:GenerateMac"]
    resources = [for key in aws_kms_key.links : key.arn]
  }

  statement {
    sid       = "MakesUploadTokens"
    actions   = ["kms:GenerateMac"]
    resources = [for key in aws_kms_key.upload_tokens : key.arn]
  }

  statement {
    sid       = "SignsAsTheUploadSigner"
    actions   = ["sts:AssumeRole"]
    resources = [aws_iam_role.signer["upload"].arn]
  }
}

# ── record-upload ────────────────────────────────────────────────────────────────────────────────

resource "aws_iam_role_policy" "record_upload" {
  name   = "work"
  role   = aws_iam_role.function["record-upload"].id
  policy = data.aws_iam_policy_document.record_upload.json
}

data "aws_iam_policy_document" "record_upload" {
  source_policy_documents = [data.aws_iam_policy_document.reads_the_table.json, data.aws_iam_policy_document.uses_the_files_key["record-upload"].json]

  statement {
    sid       = "DecidesOnUploads"
    actions   = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.main.arn]
  }

  statement {
    sid       = "FindsTheLinksOfADeletedUpload"
    actions   = ["dynamodb:Query"]
    resources = ["${aws_dynamodb_table.main.arn}/index/links_by_upload"]
  }

  # It shows the recorder nothing new: with the right to list the bucket, it knows every upload.
  statement {
    sid       = "FindsTheLinksThatAnOperatorRevokes"
    actions   = ["dynamodb:Query"]
    resources = ["${aws_dynamodb_table.main.arn}/index/links_by_owner"]
  }

  statement {
    sid       = "FindsWhatIsUnfinished"
    actions   = ["dynamodb:Query"]
    resources = ["${aws_dynamodb_table.main.arn}/index/uploads_unfinished"]
  }

  statement {
    sid       = "LooksAtVersionsAndRemovesThem"
    actions   = ["s3:DeleteObjectVersion", "s3:GetObjectVersion"]
    resources = [local.uploads_arn]
  }

  statement {
    sid       = "DropsTheirUnfinishedParts"
    actions   = ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    resources = [local.uploads_arn]
  }

  dynamic "statement" {
    for_each = var.content_scan ? [1] : []

    content {
      sid       = "ReadsWhatAScanHasFound"
      actions   = ["s3:GetObjectVersionTagging"]
      resources = [local.uploads_arn]
    }
  }

  # Without this permission S3 answers 403 for a version that is gone, which looks like a missing permission.
  # A condition on the prefix would not match these requests, since they have no prefix.
  statement {
    sid       = "TellsMissingFromForbidden"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.files.arn]
  }

  statement {
    sid       = "FindsEveryVersionOfAnUpload"
    actions   = ["s3:ListBucketVersions"]
    resources = [aws_s3_bucket.files.arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${local.description.object_prefix}*"]
    }
  }

  statement {
    sid       = "TakesEventsFromTheQueue"
    actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = [aws_sqs_queue.uploads.arn]
  }

  statement {
    sid       = "FollowsTheTablesStream"
    actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    resources = [aws_dynamodb_table.main.stream_arn]
  }

  # Lambda demands this permission on the table's streams before it creates the mapping.
  statement {
    sid       = "ListsTheTablesStreams"
    actions   = ["dynamodb:ListStreams"]
    resources = ["${aws_dynamodb_table.main.arn}/stream/*"]
  }

  statement {
    sid       = "LeavesFailedRemovalsInTheirDeadLetterQueue"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_removals.arn]
  }

  statement {
    sid       = "LeavesFailedHourlyRunsInTheirDeadLetterQueue"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_tidy.arn]
  }
}

# ── serve-link ───────────────────────────────────────────────────────────────────────────────────

resource "aws_iam_role_policy" "serve_link" {
  name   = "work"
  role   = aws_iam_role.function["serve-link"].id
  policy = data.aws_iam_policy_document.serve_link.json
}

locals {
  index_keys         = flatten([for index in values(local.description.table.indexes) : [index.hash_key, index.range_key]])
  guarded_attributes = sort(distinct(concat(local.index_keys, ["event"])))
}

data "aws_iam_policy_document" "serve_link" {
  source_policy_documents = [data.aws_iam_policy_document.reads_the_table.json]

  # Anyone can call this function. ForAllValues also matches a request that names no item. Both actions always
  # name one, and the actions that need not (Query, Scan) are not listed.
  statement {
    sid       = "OpensLinksAndNothingElseOfTheTable"
    actions   = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.main.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["LINK#*"]
    }
  }

  # serve-link changes only the counters of a link's item and announces openings. Without this condition an
  # attacker who takes the function over could put items into the indexes and announce the end of links: the
  # pipe sends that only if `event` says so too. AWS documents that dynamodb:Attributes has each attribute of
  # an update expression; this was not tried in an AWS account.
  statement {
    sid       = "ChangesNoKeyOfAnIndexAndAnnouncesOnlyOpenings"
    effect    = "Deny"
    actions   = ["dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.main.arn]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "dynamodb:Attributes"
      values   = local.guarded_attributes
    }
  }

  statement {
    sid       = "ChecksLinkTokens"
    actions   = ["kms:GenerateMac"]
    resources = [for key in aws_kms_key.links : key.arn]
  }

  statement {
    sid       = "SignsAsTheDownloadSigner"
    actions   = ["sts:AssumeRole"]
    resources = [aws_iam_role.signer["download"].arn]
  }
}

# ── Signer roles ─────────────────────────────────────────────────────────────────────────────────

locals {
  signers = {
    upload   = "issue-upload"
    download = "serve-link"
  }
}

resource "aws_iam_role" "signer" {
  for_each = local.signers

  name               = "${local.global_name}-${each.key}-signer"
  description        = "What an ${each.key} that ${each.value} of ${var.name} signed may do"
  assume_role_policy = data.aws_iam_policy_document.function_assumes_signer[each.key].json
  # STS limits a session that a role's credentials obtain to one hour; signer_session_s asks for less.
  max_session_duration = 3600
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  lifecycle {
    ignore_changes = [name, path]
  }
}

data "aws_iam_policy_document" "function_assumes_signer" {
  for_each = local.signers

  statement {
    sid     = "OneFunctionAssumesTheSigner"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.function[each.value].arn]
    }
  }
}

resource "aws_iam_role_policy" "upload_signer" {
  name   = "work"
  role   = aws_iam_role.signer["upload"].id
  policy = data.aws_iam_policy_document.upload_signer.json
}

data "aws_iam_policy_document" "upload_signer" {
  source_policy_documents = [data.aws_iam_policy_document.uses_the_files_key["upload-signer"].json]

  statement {
    sid       = "PutsFilesListsTheirPartsAndAborts"
    actions   = ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"]
    resources = [local.uploads_arn]
  }
}

resource "aws_iam_role_policy" "download_signer" {
  name   = "work"
  role   = aws_iam_role.signer["download"].id
  policy = data.aws_iam_policy_document.download_signer.json
}

data "aws_iam_policy_document" "download_signer" {
  source_policy_documents = [data.aws_iam_policy_document.uses_the_files_key["download-signer"].json]

  # No GetObject and no list: an attacker who takes this role over cannot find out which files exist.
  statement {
    sid       = "ReadsVersionsWhoseIdItKnows"
    actions   = ["s3:GetObjectVersion"]
    resources = [local.uploads_arn]
  }
}
