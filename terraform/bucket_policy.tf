# Who may put, read and remove objects, whatever other policies of this or another stack of the account allow.
# Every statement is a Deny, except the one that CloudFront needs.
#
# Two traps shape the statements. A negated operator also matches where its key is absent, and a service
# principal has no aws:PrincipalArn, so "deny unless this role" denies every service. Putting and removing
# rely on this; reading has a statement for services. The other trap: the parts of a multipart upload carry no
# encryption headers, so a statement about a header must apply only where the header is present.
# apply only where the header is present.

locals {
  files_arn   = aws_s3_bucket.files.arn
  uploads_arn = "${aws_s3_bucket.files.arn}/${local.description.object_prefix}*"

  # GuardDuty puts this object to check its access to the bucket.
  guardduty_object_arn = "${aws_s3_bucket.files.arn}/malware-protection-resource-validation-object"

  # A session's aws:PrincipalArn is its role's ARN. The ARN of the session is listed too, because some
  # implementations of the API compare with that one.
  principal_arns = {
    for who, role in {
      upload-signer   = aws_iam_role.signer["upload"]
      download-signer = aws_iam_role.signer["download"]
      record-upload   = aws_iam_role.function["record-upload"]
    } : who => [role.arn, "arn:${local.partition}:sts::${local.account}:assumed-role/${role.name}/*"]
  }

  # The scanner's role: the operator's (guardduty_role), or the one of scanning.tf.
  has_guardduty = var.content_scan || var.guardduty_role != null
  guardduty_principals = var.guardduty_role != null ? [var.guardduty_role.arn] : flatten([
    for role in aws_iam_role.guardduty : [role.arn, "arn:${local.partition}:sts::${local.account}:assumed-role/${role.name}/*"]
  ])
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "NothingTravelsWithoutTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.files_arn, "${local.files_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  statement {
    sid       = "OnlyTheUploadSignerPutsFiles"
    effect    = "Deny"
    actions   = ["s3:PutObject", "s3:ReplicateObject", "s3:ReplicateDelete"]
    resources = [local.uploads_arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringNotLike"
      variable = "aws:PrincipalArn"
      values   = local.principal_arns["upload-signer"]
    }
  }

  statement {
    sid     = "NothingIsPutOutsideUploads"
    effect  = "Deny"
    actions = ["s3:PutObject", "s3:ReplicateObject", "s3:ReplicateDelete"]

    not_resources = concat(
      [local.uploads_arn],
      local.has_guardduty ? [local.guardduty_object_arn] : [],
    )

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }

  dynamic "statement" {
    for_each = local.has_guardduty ? [1] : []

    content {
      sid       = "OnlyGuardDutyPutsItsValidationObject"
      effect    = "Deny"
      actions   = ["s3:PutObject"]
      resources = [local.guardduty_object_arn]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "StringNotLike"
        variable = "aws:PrincipalArn"
        values   = local.guardduty_principals
      }
    }
  }

  # The recorder trusts the scanner's tag, so no other principal may write one.
  dynamic "statement" {
    for_each = var.content_scan ? [1] : []

    content {
      sid    = "OnlyTheScannerTags"
      effect = "Deny"
      actions = [
        "s3:DeleteObjectTagging",
        "s3:DeleteObjectVersionTagging",
        "s3:PutObjectTagging",
        "s3:PutObjectVersionTagging",
      ]
      resources = ["${local.files_arn}/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "StringNotLike"
        variable = "aws:PrincipalArn"
        values   = local.guardduty_principals
      }
    }
  }

  statement {
    sid       = "NoOtherKeyEncryptsWhereOneIsNamed"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.files_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "s3:x-amz-server-side-encryption-aws-kms-key-id"
      values   = ["false"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "s3:x-amz-server-side-encryption-aws-kms-key-id"
      values   = [local.files_key_arn]
    }
  }

  statement {
    sid       = "NoOtherEncryptionWhereOneIsNamed"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.files_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "s3:x-amz-server-side-encryption"
      values   = ["false"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "s3:x-amz-server-side-encryption"
      values   = ["aws:kms"]
    }
  }

  # The functions cannot read or serve a file that is encrypted under a client's own key.
  statement {
    sid       = "NoKeyOfTheClientsEncrypts"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.files_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "s3:x-amz-server-side-encryption-customer-algorithm"
      values   = ["false"]
    }
  }

  # The age of a form's signature, and of the signature of a part's URL, counts from its own signing time.
  statement {
    sid       = "NoFormOutlivesItsLife"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.files_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "NumericGreaterThan"
      variable = "s3:signatureAge"
      values   = [tostring(var.form_ttl_s * 1000)]
    }
  }

  # The limit is the longest life of a link's URL. It applies to presigned URLs only: a request that the
  # recorder signs in a header may wait for its retries.
  statement {
    sid       = "NoLinkUrlOutlivesItsLife"
    effect    = "Deny"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["${local.files_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "s3:authType"
      values   = ["REST-QUERY-STRING"]
    }

    condition {
      test     = "NumericGreaterThan"
      variable = "s3:signatureAge"
      values   = [tostring(var.link_url_ttl_max_s * 1000)]
    }
  }

  statement {
    sid       = "NobodyLaysADeleteMarker"
    effect    = "Deny"
    actions   = ["s3:DeleteObject"]
    resources = ["${local.files_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }

  statement {
    sid       = "OnlyTheRecorderRemovesVersions"
    effect    = "Deny"
    actions   = ["s3:DeleteObjectVersion"]
    resources = ["${local.files_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringNotLike"
      variable = "aws:PrincipalArn"
      values   = local.principal_arns["record-upload"]
    }
  }

  # IfExists, because an unsigned request has no aws:PrincipalIsAWSService and would not match otherwise.
  statement {
    sid       = "OnlyTheNamedRolesRead"
    effect    = "Deny"
    actions   = ["s3:GetObject*"]
    resources = ["${local.files_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringNotLike"
      variable = "aws:PrincipalArn"
      values   = concat(local.principal_arns["download-signer"], local.principal_arns["record-upload"], local.guardduty_principals, var.reader_arns)
    }

    condition {
      test     = "BoolIfExists"
      variable = "aws:PrincipalIsAWSService"
      values   = ["false"]
    }
  }

  # With a distribution: every service except CloudFront. Without one: every service.
  statement {
    sid       = local.has_distribution ? "NoServiceReadsButOurDistribution" : "NoServiceReads"
    effect    = "Deny"
    actions   = ["s3:GetObject*"]
    resources = ["${local.files_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:PrincipalIsAWSService"
      values   = ["true"]
    }

    dynamic "condition" {
      for_each = local.has_distribution ? [1] : []

      content {
        test     = "StringNotEquals"
        variable = "aws:SourceArn"
        values   = [local.distribution_arn]
      }
    }
  }

  # Versions only: without a version id the distribution would serve the newest version, which the recorder
  # may not have accepted. CloudFront sends no aws:SourceAccount; the distribution's ARN contains the account.
  dynamic "statement" {
    for_each = local.has_distribution ? [1] : []

    content {
      sid       = "OurDistributionReadsVersions"
      actions   = ["s3:GetObjectVersion"]
      resources = [local.uploads_arn]

      principals {
        type        = "Service"
        identifiers = ["cloudfront.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceArn"
        values   = [local.distribution_arn]
      }
    }
  }

  # The operator's own statements. The variable's validations allow an Allow for reading only.
  dynamic "statement" {
    for_each = var.bucket_policy_statements

    content {
      sid       = "Extra${statement.value.sid}"
      effect    = statement.value.effect
      actions   = statement.value.actions
      resources = concat([local.files_arn], [for key in statement.value.keys : "${local.files_arn}/${key}"])

      principals {
        type        = contains(statement.value.principals, "*") ? "*" : "AWS"
        identifiers = contains(statement.value.principals, "*") ? ["*"] : statement.value.principals
      }

      dynamic "condition" {
        for_each = statement.value.conditions

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_s3_bucket_policy" "files" {
  bucket = aws_s3_bucket.files.id
  policy = data.aws_iam_policy_document.bucket.json

  lifecycle {
    precondition {
      condition     = alltrue(flatten([for s in var.bucket_policy_statements : [for arn in s.principals : split(":", arn)[4] == local.account] if s.effect == "Allow"]))
      error_message = "Name roles and users of the account ${local.account} in bucket_policy_statements that allow: the files of this stack stay in its account. Another account reads with a role of this one that it may assume."
    }

    precondition {
      condition     = alltrue([for arn in concat(var.guardduty_role[*].arn, var.reader_arns) : split(":", arn)[4] == local.account])
      error_message = "Name roles and users of the account ${local.account} in guardduty_role and reader_arns: the files of this stack stay in its account."
    }
  }

  # S3 refuses two concurrent changes of a bucket's access settings.
  depends_on = [aws_s3_bucket_public_access_block.files]
}
