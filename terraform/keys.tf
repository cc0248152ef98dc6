# Three kinds of keys: one for the files, one for the table and the logs, and the HMAC keys behind the tokens
# (see link_key_versions). The files have a key of their own because its policy can be bound to S3 and to the
# bucket. A key that also encrypts a table or a log could not be bound so.

locals {
  # The actions that an account needs to administer a key, as a list: "kms:*" would also let every role with a
  # broad policy decrypt.
  key_administration_actions = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:ListRetirableGrants",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
  ]

  # Which role uses the files key, and for what. The key policy below and the roles' own policies in roles.tf
  # are both made from this. A multipart upload needs Decrypt beside GenerateDataKey.
  files_key_users = {
    upload-signer = {
      sid     = "TheUploadSignerEncryptsFiles"
      role    = aws_iam_role.signer["upload"].arn
      actions = ["kms:Decrypt", "kms:GenerateDataKey"]
    }
    download-signer = {
      sid     = "TheDownloadSignerDecryptsFiles"
      role    = aws_iam_role.signer["download"].arn
      actions = ["kms:Decrypt"]
    }
    record-upload = {
      sid     = "TheRecorderDecryptsFiles"
      role    = aws_iam_role.function["record-upload"].arn
      actions = ["kms:Decrypt"]
    }
  }

  account_root_arn = "arn:${local.partition}:iam::${local.account}:root"
  s3_via_kms       = "s3.${local.region}.${local.dns_suffix}"
  dynamodb_via_kms = "dynamodb.${local.region}.${local.dns_suffix}"
  secrets_via_kms  = "secretsmanager.${local.region}.${local.dns_suffix}"
}

# ── Files ────────────────────────────────────────────────────────────────────────────────────────

resource "aws_kms_key" "files" {
  count = var.files_key == null ? 1 : 0

  description             = "Encrypts the files of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = var.key_deletion_window_days
  policy                  = data.aws_iam_policy_document.files_key.json
  tags                    = var.tags
}

resource "aws_kms_alias" "files" {
  count = var.files_key == null ? 1 : 0

  name          = "alias/${var.name}-files"
  target_key_id = aws_kms_key.files[0].key_id
}

data "aws_iam_policy_document" "files_key" {
  # checkov:skip=CKV_AWS_109:In a key's own policy "*" is that key, and the account must be able to administer it or nobody could.
  # checkov:skip=CKV_AWS_111:In a key's own policy "*" is that key.
  # checkov:skip=CKV_AWS_356:In a key's own policy "*" is that key; KMS takes no other resource there.
  statement {
    sid       = "TheAccountAdministersTheKey"
    actions   = local.key_administration_actions
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.account_root_arn]
    }
  }

  dynamic "statement" {
    for_each = local.files_key_users

    content {
      sid       = statement.value.sid
      actions   = statement.value.actions
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = [statement.value.role]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [local.s3_via_kms]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:aws:s3:arn"
        values   = ["arn:${local.partition}:s3:::${local.bucket_name}"]
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.reader_arns) > 0 ? [1] : []

    content {
      sid       = "TheNamedReadersDecryptFiles"
      actions   = ["kms:Decrypt"]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = var.reader_arns
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [local.s3_via_kms]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:aws:s3:arn"
        values   = ["arn:${local.partition}:s3:::${local.bucket_name}"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.has_guardduty ? [1] : []

    content {
      sid       = "GuardDutyDecryptsFilesAndEncryptsItsObject"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = [local.guardduty_role_arn]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [local.s3_via_kms]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:aws:s3:arn"
        values   = ["arn:${local.partition}:s3:::${local.bucket_name}"]
      }
    }
  }

  # CloudFront sends no aws:SourceAccount; the distribution's ARN contains the account.
  dynamic "statement" {
    for_each = local.has_distribution ? [1] : []

    content {
      sid       = "OurDistributionDecryptsFiles"
      actions   = ["kms:Decrypt"]
      resources = ["*"]

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
}

# ── Operations: the table and the logs ───────────────────────────────────────────────────────────

resource "aws_kms_key" "operations" {
  count = var.operations_key == null ? 1 : 0

  description             = "Encrypts the table and the logs of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = var.key_deletion_window_days
  policy                  = data.aws_iam_policy_document.operations_key.json
  tags                    = var.tags
}

resource "aws_kms_alias" "operations" {
  count = var.operations_key == null ? 1 : 0

  name          = "alias/${var.name}-operations"
  target_key_id = aws_kms_key.operations[0].key_id
}

data "aws_iam_policy_document" "operations_key" {
  # checkov:skip=CKV_AWS_109:In a key's own policy "*" is that key, and the account must be able to administer it or nobody could.
  # checkov:skip=CKV_AWS_111:In a key's own policy "*" is that key.
  # checkov:skip=CKV_AWS_356:In a key's own policy "*" is that key; KMS takes no other resource there.
  statement {
    sid       = "TheAccountAdministersTheKey"
    actions   = local.key_administration_actions
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.account_root_arn]
    }
  }

  dynamic "statement" {
    for_each = local.owns_distribution || local.has_webhook ? [1] : []

    content {
      sid       = "RolesOfTheAccountUseTheKeyThroughSecretsManager"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = [local.account_root_arn]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [local.secrets_via_kms]
      }
    }
  }

  # DynamoDB uses the key with the rights of its caller: the functions' roles, and once, for its grant, the
  # principal that creates the table.
  statement {
    sid = "RolesOfTheAccountUseTheKeyThroughDynamoDb"
    actions = [
      "kms:CreateGrant",
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "kms:GenerateDataKeyWithoutPlaintext",
      "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
    ]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.account_root_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [local.dynamodb_via_kms]
    }
  }

  statement {
    sid = "CloudWatchLogsEncryptsOurLogGroups"
    actions = [
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "kms:GenerateDataKeyWithoutPlaintext",
      "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
    ]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.${local.dns_suffix}"]
    }

    condition {
      test     = "ArnEquals"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = [for name in local.log_group_names : "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${name}"]
    }
  }
}

# ── Links ────────────────────────────────────────────────────────────────────────────────────────

# KMS does not rotate HMAC keys, so a second key is added beside the first: each token contains its key's
# version.
resource "aws_kms_key" "links" {
  # checkov:skip=CKV_AWS_7:KMS cannot rotate an HMAC key. link_key_versions adds a second one beside it.
  for_each = toset([for version in var.link_key_versions : tostring(version)])

  description              = "Key ${each.key} behind the link tokens of ${var.name}"
  key_usage                = "GENERATE_VERIFY_MAC"
  customer_master_key_spec = "HMAC_256"
  deletion_window_in_days  = var.key_deletion_window_days
  policy                   = data.aws_iam_policy_document.link_key.json
  tags                     = var.tags

  # A removed version is destroyed last, when the functions no longer use it, and not at all if the new
  # version could not be made.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_kms_alias" "links" {
  for_each = aws_kms_key.links

  name          = "alias/${var.name}-links-${each.key}"
  target_key_id = each.value.key_id
}

data "aws_iam_policy_document" "link_key" {
  # checkov:skip=CKV_AWS_109:In a key's own policy "*" is that key, and the account must be able to administer it or nobody could.
  # checkov:skip=CKV_AWS_111:In a key's own policy "*" is that key.
  # checkov:skip=CKV_AWS_356:In a key's own policy "*" is that key; KMS takes no other resource there.
  statement {
    sid       = "TheAccountAdministersTheKey"
    actions   = setsubtract(local.key_administration_actions, ["kms:DisableKeyRotation", "kms:EnableKeyRotation", "kms:ListKeyRotations", "kms:RotateKeyOnDemand"])
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.account_root_arn]
    }
  }

  # A principal that may compute this MAC can make link tokens, so all others are denied it, whatever their
  # own policies allow.
  statement {
    sid       = "TheFunctionsOfLinksComputeMacs"
    actions   = ["kms:GenerateMac"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.function["issue-upload"].arn, aws_iam_role.function["serve-link"].arn]
    }
  }
}

# ── Upload tokens ────────────────────────────────────────────────────────────────────────────────

# serve-link holds the link keys, because it verifies links. Upload tokens, and the secrets with which
# repeated requests get the same answer, have keys of their own, which serve-link may not use.
resource "aws_kms_key" "upload_tokens" {
  # checkov:skip=CKV_AWS_7:KMS cannot rotate an HMAC key. upload_token_key_versions adds a second one beside it.
  for_each = toset([for version in var.upload_token_key_versions : tostring(version)])

  description              = "Key ${each.key} behind the upload tokens of ${var.name}"
  key_usage                = "GENERATE_VERIFY_MAC"
  customer_master_key_spec = "HMAC_256"
  deletion_window_in_days  = var.key_deletion_window_days
  policy                   = data.aws_iam_policy_document.upload_token_key.json
  tags                     = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_kms_alias" "upload_tokens" {
  for_each = aws_kms_key.upload_tokens

  name          = "alias/${var.name}-upload-tokens-${each.key}"
  target_key_id = each.value.key_id
}

data "aws_iam_policy_document" "upload_token_key" {
  # checkov:skip=CKV_AWS_109:In a key's own policy "*" is that key, and the account must be able to administer it or nobody could.
  # checkov:skip=CKV_AWS_111:In a key's own policy "*" is that key.
  # checkov:skip=CKV_AWS_356:In a key's own policy "*" is that key; KMS takes no other resource there.
  statement {
    sid       = "TheAccountAdministersTheKey"
    actions   = setsubtract(local.key_administration_actions, ["kms:DisableKeyRotation", "kms:EnableKeyRotation", "kms:ListKeyRotations", "kms:RotateKeyOnDemand"])
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.account_root_arn]
    }
  }

  statement {
    sid       = "OnlyIssueUploadComputesMacs"
    actions   = ["kms:GenerateMac"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.function["issue-upload"].arn]
    }
  }
}
