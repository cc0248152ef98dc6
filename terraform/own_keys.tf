# The operator's keys in place of the module's (files_key, operations_key). A file, an item or a log can be
# read only with the key that encrypted it, so the choice is made once. The state keeps it, and a different
# choice fails the plan.

locals {
  files_key_arn      = var.files_key == null ? aws_kms_key.files[0].arn : terraform_data.keys.input.files
  operations_key_arn = var.operations_key == null ? aws_kms_key.operations[0].arn : terraform_data.keys.input.operations

  own_keys = { for use, key in { files = var.files_key, operations = var.operations_key } : use => key.arn if key != null }

  # The names of the roles, and so their ARNs, are known before the roles are created.
  files_key_principals = {
    upload-signer   = aws_iam_role.signer["upload"]
    download-signer = aws_iam_role.signer["download"]
    record-upload   = aws_iam_role.function["record-upload"]
  }

  # The actions that the policy of files_key must allow, for each principal. Readers and GuardDuty need the
  # same as the recorder.
  files_key_needs = concat(
    [
      for who, role in local.files_key_principals : {
        who     = "arn:${local.partition}:iam::${local.account}:role${role.path}${role.name}"
        actions = local.files_key_users[who].actions
      }
    ],
    [for arn in var.reader_arns : { who = arn, actions = ["kms:Decrypt"] }],
    [for role in var.guardduty_role[*] : { who = role.arn, actions = ["kms:Decrypt", "kms:GenerateDataKey"] }],
    [
      for role in aws_iam_role.guardduty : {
        who     = "arn:${local.partition}:iam::${local.account}:role${role.path}${role.name}"
        actions = ["kms:Decrypt", "kms:GenerateDataKey"]
      }
    ],
    local.has_distribution ? [{ who = "cloudfront.amazonaws.com", actions = ["kms:Decrypt"] }] : [],
  )

  # What the given policy allows: for each statement, its principals and its actions.
  files_key_allows = [
    for statement in flatten([try(jsondecode(var.files_key.policy).Statement, [])]) : {
      whom    = try(flatten([values(statement.Principal)]), [statement.Principal], [])
      actions = [for action in flatten([try(statement.Action, [])]) : "^${replace(action, "*", ".*")}$"]
    } if statement.Effect == "Allow"
  ]

  files_key_lacks = [
    for need in local.files_key_needs : "${join(" and ", need.actions)} by ${need.who}"
    if !alltrue([
      for action in need.actions : anytrue([
        for allow in local.files_key_allows :
        length(setintersection(flatten(allow.whom), startswith(need.who, "arn:") ? [need.who, local.account_root_arn, local.account, "*"] : [need.who])) > 0 &&
        anytrue([for pattern in allow.actions : can(regex(pattern, action))])
      ])
    ])
  ]
}

resource "terraform_data" "keys" {
  input = {
    are_own    = keys(local.own_keys)
    files      = try(local.own_keys.files, null)
    operations = try(local.own_keys.operations, null)
  }

  lifecycle {
    ignore_changes = [input]

    precondition {
      condition     = alltrue([for arn in values(local.own_keys) : split(":", arn)[3] == local.region])
      error_message = "S3, DynamoDB and CloudWatch Logs use keys of their own region: give files_key and operations_key in ${local.region}."
    }

    precondition {
      condition     = try(var.files_key.policy, null) == null ? true : length(local.files_key_lacks) == 0
      error_message = "The policy of files_key does not allow ${join(", nor ", local.files_key_lacks)}. Take the policy from the output files_key_policy, or add these statements to it: see the README, \"Keys of your own\"."
    }

    postcondition {
      condition     = self.input.are_own == keys(local.own_keys)
      error_message = "The keys of a stack are chosen when it is made: data that the old key encrypted cannot be read with another. Set files_key and operations_key as they were (of this stack, your own: ${join(", ", self.input.are_own)}), or make a second stack and copy the files."
    }

    postcondition {
      condition     = self.input.files == try(local.own_keys.files, null) && self.input.operations == try(local.own_keys.operations, null)
      error_message = "This stack was made with other keys of yours: data that they encrypted cannot be read with another. Set files_key and operations_key as they were, or make a second stack and copy the files."
    }
  }
}

# The applying principal needs kms:DescribeKey.
data "aws_kms_key" "own" {
  for_each = local.own_keys

  key_id = each.value

  lifecycle {
    postcondition {
      condition     = self.key_usage == "ENCRYPT_DECRYPT" && self.key_spec == "SYMMETRIC_DEFAULT" && self.key_manager == "CUSTOMER" && self.enabled
      error_message = "${each.key}_key must be a symmetric key that encrypts and decrypts, is managed by you and is enabled. ${self.arn} is ${self.key_spec}, for ${self.key_usage}, managed by ${self.key_manager}, ${self.key_state}. Keys that AWS manages have a policy that nobody can change."
    }
  }
}

moved {
  from = aws_kms_key.files
  to   = aws_kms_key.files[0]
}

moved {
  from = aws_kms_alias.files
  to   = aws_kms_alias.files[0]
}

moved {
  from = aws_kms_key.operations
  to   = aws_kms_key.operations[0]
}

moved {
  from = aws_kms_alias.operations
  to   = aws_kms_alias.operations[0]
}
