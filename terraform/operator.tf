# Policies for people who run the program `postern` (docs/operating.md). The module makes no role of them: the outputs
# operator_policy and emergency_policy are attached to roles of yours.

locals {
  dead_letter_queue_arns = concat(
    [aws_sqs_queue.dead_uploads.arn, aws_sqs_queue.dead_removals.arn, aws_sqs_queue.dead_tidy.arn],
    aws_sqs_queue.dead_events[*].arn,
    aws_sqs_queue.dead_webhook[*].arn,
  )
}

data "aws_iam_policy_document" "operator" {
  source_policy_documents = [data.aws_iam_policy_document.reads_the_table.json]

  statement {
    sid       = "ReadsUploadsAndLinks"
    actions   = ["dynamodb:GetItem"]
    resources = [aws_dynamodb_table.main.arn]
  }

  statement {
    sid       = "ListsUploadsAndLinksOfAnOwner"
    actions   = ["dynamodb:Query"]
    resources = [for index in ["links_by_owner", "links_by_upload", "uploads_by_owner"] : "${aws_dynamodb_table.main.arn}/index/${index}"]
  }

  # Not issue-upload: who may invoke it can write the event of any user's request.
  statement {
    sid       = "AsksTheRecorderToRevokeAndReconcile"
    actions   = ["lambda:InvokeFunction"]
    resources = [aws_lambda_function.main["record-upload"].arn]
  }

  statement {
    sid       = "LooksIntoTheDeadLetterQueues"
    actions   = ["sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"]
    resources = local.dead_letter_queue_arns
  }

  statement {
    sid       = "TakesMessagesThatAreRedriven"
    actions   = ["sqs:DeleteMessage"]
    resources = concat([aws_sqs_queue.dead_uploads.arn], aws_sqs_queue.dead_webhook[*].arn)
  }

  statement {
    sid       = "SendsRedrivenMessagesToTheirQueue"
    actions   = ["sqs:GetQueueUrl", "sqs:SendMessage"]
    resources = concat([aws_sqs_queue.uploads.arn], aws_sqs_queue.webhook[*].arn)
  }

  # AWS names the log group in both ways.
  statement {
    sid     = "ReadsWhyMessagesFailed"
    actions = ["logs:FilterLogEvents"]
    resources = flatten([
      for name, group in aws_cloudwatch_log_group.function : [group.arn, "${group.arn}:*"] if contains(["record-upload", "send-webhook"], name)
    ])
  }
}

data "aws_iam_policy_document" "emergency" {
  statement {
    sid       = "EndsTheSessionsOfTheDownloadSigner"
    actions   = ["iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy"]
    resources = [aws_iam_role.signer["download"].arn]
  }

  statement {
    sid = "StartsServeLinkAnew"
    actions = [
      "lambda:GetAlias", "lambda:GetFunctionConfiguration", "lambda:PublishVersion", "lambda:UpdateAlias",
      "lambda:UpdateFunctionConfiguration",
    ]
    resources = [aws_lambda_function.main["serve-link"].arn]
  }

  # Without a distribution of the module, the program still looks for a key group.
  statement {
    sid       = "LooksForTheKeyGroup"
    actions   = ["cloudfront:ListKeyGroups"]
    resources = ["*"]
  }

  # IAM knows no resource for key groups and public keys.
  dynamic "statement" {
    for_each = local.owns_distribution ? [1] : []

    content {
      sid = "ReplacesTheKeysOfTheKeyGroup"
      actions = [
        "cloudfront:CreatePublicKey", "cloudfront:DeletePublicKey", "cloudfront:GetKeyGroup", "cloudfront:GetPublicKey",
        "cloudfront:ListPublicKeys", "cloudfront:UpdateKeyGroup",
      ]
      resources = ["*"]
    }
  }
}
