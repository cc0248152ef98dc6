# The scan for malware as a gate (content_scan). GuardDuty Malware Protection for S3 scans each new version,
# writes its result as a tag, and sends an event to the account's default event bus. The rule below sends that
# event to the recorder's queue; the recorder reads the tag.
#
# GuardDuty's plan for the bucket is not part of the module: the plan's resource is newer than the oldest
# provider that this module supports. The README has the few lines.

locals {
  makes_guardduty_role = var.content_scan && var.guardduty_role == null

  guardduty_role_arn = local.makes_guardduty_role ? aws_iam_role.guardduty[0].arn : try(var.guardduty_role.arn, null)

  # GuardDuty creates and manages this rule, which notifies it of new versions.
  guardduty_rule_arn = "arn:${local.partition}:events:${local.region}:${local.account}:rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*"
}

resource "aws_cloudwatch_event_rule" "scans" {
  count = var.content_scan ? 1 : 0

  name        = "${var.name}-scans"
  description = "Brings what a scan has found to the recorder of ${var.name}"

  event_pattern = jsonencode({
    source      = ["aws.guardduty"]
    detail-type = ["GuardDuty Malware Protection Object Scan Result"]
    detail      = { s3ObjectDetails = { bucketName = [local.bucket_name] } }
  })
  tags = var.tags

  depends_on = [aws_dynamodb_table.main]
}

resource "aws_cloudwatch_event_target" "scans" {
  count = var.content_scan ? 1 : 0

  rule = aws_cloudwatch_event_rule.scans[0].name
  arn  = aws_sqs_queue.uploads.arn

  depends_on = [aws_sqs_queue_policy.uploads]
}

resource "aws_iam_role" "guardduty" {
  count = local.makes_guardduty_role ? 1 : 0

  name                 = "${local.global_name}-guardduty"
  description          = "What GuardDuty may do to scan the files of ${var.name}"
  assume_role_policy   = data.aws_iam_policy_document.guardduty_assumes.json
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  lifecycle {
    ignore_changes = [name, path]
  }
}

data "aws_iam_policy_document" "guardduty_assumes" {
  statement {
    sid     = "GuardDutyAssumesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["malware-protection-plan.guardduty.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:guardduty:${local.region}:${local.account}:malware-protection-plan/*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role_policy" "guardduty" {
  count = local.makes_guardduty_role ? 1 : 0

  name   = "work"
  role   = aws_iam_role.guardduty[0].id
  policy = data.aws_iam_policy_document.guardduty[0].json
}

# https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-iam-policy-prerequisite.html
data "aws_iam_policy_document" "guardduty" {
  count = local.makes_guardduty_role ? 1 : 0

  statement {
    sid       = "ManagesItsOwnRule"
    actions   = ["events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets"]
    resources = [local.guardduty_rule_arn]

    condition {
      test     = "StringEquals"
      variable = "events:ManagedBy"
      values   = ["malware-protection-plan.guardduty.amazonaws.com"]
    }
  }

  statement {
    sid       = "LooksAtItsOwnRule"
    actions   = ["events:DescribeRule", "events:ListTargetsByRule"]
    resources = [local.guardduty_rule_arn]
  }

  # It enables the bucket's events to EventBridge, which storage.tf has already done.
  statement {
    sid       = "SeesThatTheBucketTellsOfFiles"
    actions   = ["s3:GetBucketNotification", "s3:ListBucket", "s3:PutBucketNotification"]
    resources = [local.files_arn]
  }

  statement {
    sid       = "PutsItsValidationObject"
    actions   = ["s3:PutObject"]
    resources = [local.guardduty_object_arn]
  }

  statement {
    sid = "ReadsFilesAndTagsThem"
    actions = [
      "s3:GetObject",
      "s3:GetObjectTagging",
      "s3:GetObjectVersion",
      "s3:GetObjectVersionTagging",
      "s3:PutObjectTagging",
      "s3:PutObjectVersionTagging",
    ]
    resources = [local.uploads_arn]
  }

  statement {
    sid       = "GuardDutyDecryptsFilesAndEncryptsItsObject"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
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
