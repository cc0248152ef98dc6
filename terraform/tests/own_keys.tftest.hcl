# Keys of the user's own (files_key, operations_key): what is encrypted under them, and what is refused.
# Nothing here asks AWS.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  # The tests destroy what they have made.
  deletion_protection = false

  jwt_issuer    = "https://login.example.com/"
  jwt_audiences = ["postern"]

  packages = {
    issue-upload  = "tests/fixtures/package.zip"
    record-upload = "tests/fixtures/package.zip"
    send-webhook  = "tests/fixtures/package.zip"
    serve-link    = "tests/fixtures/package.zip"
  }
}

run "keys_of_the_module" {
  command = apply
}

run "keys_of_ones_own" {
  command   = apply
  state_key = "keys_of_ones_own"

  variables {
    webhook        = { url = "https://app.example.com/hooks" }
    files_key      = { arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111" }
    operations_key = { arn = "arn:aws:kms:us-east-1:111122223333:key/22222222-2222-4222-8222-222222222222" }
  }

  assert {
    condition     = length(aws_kms_key.files) + length(aws_kms_alias.files) + length(aws_kms_key.operations) + length(aws_kms_alias.operations) == 0 && length(aws_kms_key.links) == 1
    error_message = "The module must make the token keys only."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.files.rule).apply_server_side_encryption_by_default).kms_master_key_id == "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111" && one(aws_lambda_function.main["issue-upload"].environment).variables["POSTERN_FILES_KEY_ARN"] == "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111"
    error_message = "Files must be encrypted under the user's key, by the bucket and by what forms say."
  }

  assert {
    condition     = alltrue([for arn in concat([one(aws_dynamodb_table.main.server_side_encryption).kms_key_arn, aws_secretsmanager_secret.webhook[0].kms_key_id], [for group in aws_cloudwatch_log_group.function : group.kms_key_id], aws_cloudwatch_log_group.api[*].kms_key_id) : arn == "arn:aws:kms:us-east-1:111122223333:key/22222222-2222-4222-8222-222222222222"])
    error_message = "Table, secrets and logs must be encrypted under the user's key."
  }

  assert {
    condition     = output.files_key_arn == "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111" && output.operations_key_arn == "arn:aws:kms:us-east-1:111122223333:key/22222222-2222-4222-8222-222222222222"
    error_message = "The outputs must name the keys that are used."
  }
}

run "a_stack_keeps_its_key" {
  command   = plan
  state_key = "keys_of_ones_own"

  variables {
    webhook        = { url = "https://app.example.com/hooks" }
    files_key      = { arn = "arn:aws:kms:us-east-1:111122223333:key/44444444-4444-4444-8444-444444444444" }
    operations_key = { arn = "arn:aws:kms:us-east-1:111122223333:key/22222222-2222-4222-8222-222222222222" }
  }

  expect_failures = [terraform_data.keys]
}

run "a_stack_with_its_own_key_does_not_go_back_to_the_modules" {
  command   = plan
  state_key = "keys_of_ones_own"

  variables {
    webhook        = { url = "https://app.example.com/hooks" }
    operations_key = { arn = "arn:aws:kms:us-east-1:111122223333:key/22222222-2222-4222-8222-222222222222" }
  }

  expect_failures = [terraform_data.keys]
}

run "a_stack_with_the_modules_key_does_not_change_to_another" {
  command = plan

  variables {
    files_key = { arn = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333" }
  }

  expect_failures = [terraform_data.keys]
}

run "a_key_of_another_region" {
  command   = plan
  state_key = "a_key_of_another_region"

  variables {
    operations_key = { arn = "arn:aws:kms:eu-central-1:111122223333:key/33333333-3333-4333-8333-333333333333" }
  }

  expect_failures = [terraform_data.keys]
}

run "a_key_that_aws_manages" {
  command   = plan
  state_key = "a_key_that_aws_manages"

  variables {
    files_key = { arn = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333" }
  }

  override_data {
    target = data.aws_kms_key.own
    values = { key_usage = "ENCRYPT_DECRYPT", key_spec = "SYMMETRIC_DEFAULT", key_manager = "AWS", key_state = "Enabled", enabled = true }
  }

  expect_failures = [data.aws_kms_key.own]
}

run "a_key_whose_policy_lets_the_account_decide" {
  command   = plan
  state_key = "a_key_whose_policy_lets_the_account_decide"

  variables {
    files_key = {
      arn    = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333"
      policy = "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:aws:iam::111122223333:root\"}, \"Action\": \"kms:*\", \"Resource\": \"*\"}}"
    }
  }
}

run "a_key_whose_policy_names_each_role" {
  command   = plan
  state_key = "a_key_whose_policy_names_each_role"

  variables {
    role_path = "/files/"
    files_key = {
      arn    = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333"
      policy = <<-JSON
        {"Statement": [
          {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:role/files/postern-us-east-1-upload-signer", "arn:aws:iam::111122223333:role/files/postern-us-east-1-record-upload"]}, "Action": ["kms:Decrypt"], "Resource": "*"},
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/files/postern-us-east-1-download-signer"}, "Action": "kms:Decrypt", "Resource": "*"},
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/files/postern-us-east-1-upload-signer"}, "Action": "kms:GenerateDataKey*", "Resource": "*"}
        ]}
      JSON
    }
  }
}

run "a_key_whose_policy_forgets_the_download_signer" {
  command   = plan
  state_key = "a_key_whose_policy_forgets_the_download_signer"

  variables {
    files_key = {
      arn    = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333"
      policy = <<-JSON
        {"Statement": [
          {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:role/postern-us-east-1-upload-signer", "arn:aws:iam::111122223333:role/postern-us-east-1-record-upload"]}, "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"},
          {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        ]}
      JSON
    }
  }

  expect_failures = [terraform_data.keys]
}

run "a_key_whose_policy_forgets_the_distribution" {
  command   = plan
  state_key = "a_key_whose_policy_forgets_the_distribution"

  variables {
    cloudfront = { public_keys = { a = "-----BEGIN PUBLIC KEY-----" } }
    files_key = {
      arn    = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333"
      policy = "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:aws:iam::111122223333:root\"}, \"Action\": \"kms:*\", \"Resource\": \"*\"}}"
    }
  }

  expect_failures = [terraform_data.keys]
}

run "a_key_that_is_disabled" {
  command   = plan
  state_key = "a_key_that_is_disabled"

  variables {
    files_key = { arn = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333" }
  }

  override_data {
    target = data.aws_kms_key.own
    values = { key_usage = "ENCRYPT_DECRYPT", key_spec = "SYMMETRIC_DEFAULT", key_manager = "CUSTOMER", key_state = "Disabled", enabled = false }
  }

  expect_failures = [data.aws_kms_key.own]
}

run "a_key_for_macs" {
  command   = plan
  state_key = "a_key_for_macs"

  variables {
    files_key = { arn = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333" }
  }

  override_data {
    target = data.aws_kms_key.own
    values = { key_usage = "GENERATE_VERIFY_MAC", key_spec = "SYMMETRIC_DEFAULT", key_manager = "CUSTOMER", key_state = "Enabled", enabled = true }
  }

  expect_failures = [data.aws_kms_key.own]
}

run "a_key_of_two_halves" {
  command   = plan
  state_key = "a_key_of_two_halves"

  variables {
    files_key = { arn = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333" }
  }

  override_data {
    target = data.aws_kms_key.own
    values = { key_usage = "ENCRYPT_DECRYPT", key_spec = "RSA_2048", key_manager = "CUSTOMER", key_state = "Enabled", enabled = true }
  }

  expect_failures = [data.aws_kms_key.own]
}

run "a_key_whose_policy_lets_the_upload_signer_only_decrypt" {
  command   = plan
  state_key = "a_key_whose_policy_lets_the_upload_signer_only_decrypt"

  variables {
    files_key = {
      arn    = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333"
      policy = <<-JSON
        {"Statement": [
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/postern-us-east-1-upload-signer"}, "Action": "kms:Decrypt", "Resource": "*"},
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/postern-us-east-1-download-signer"}, "Action": "kms:Decrypt", "Resource": "*"},
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/postern-us-east-1-record-upload"}, "Action": "kms:Decrypt", "Resource": "*"}
        ]}
      JSON
    }
  }

  expect_failures = [terraform_data.keys]
}

run "a_key_whose_policy_forgets_the_recorder" {
  command   = plan
  state_key = "a_key_whose_policy_forgets_the_recorder"

  variables {
    files_key = {
      arn    = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333"
      policy = <<-JSON
        {"Statement": [
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/postern-us-east-1-upload-signer"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"},
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/postern-us-east-1-download-signer"}, "Action": "kms:Decrypt", "Resource": "*"}
        ]}
      JSON
    }
  }

  expect_failures = [terraform_data.keys]
}

run "a_key_whose_policy_forgets_a_reader" {
  command   = plan
  state_key = "a_key_whose_policy_forgets_a_reader"

  variables {
    reader_arns = ["arn:aws:iam::111122223333:role/backup"]
    files_key = {
      arn    = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333"
      policy = <<-JSON
        {"Statement": [
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/postern-us-east-1-upload-signer"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"},
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/postern-us-east-1-download-signer"}, "Action": "kms:Decrypt", "Resource": "*"},
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/postern-us-east-1-record-upload"}, "Action": "kms:Decrypt", "Resource": "*"}
        ]}
      JSON
    }
  }

  expect_failures = [terraform_data.keys]
}

run "a_key_whose_policy_forgets_the_users_scanner" {
  command   = plan
  state_key = "a_key_whose_policy_forgets_the_users_scanner"

  variables {
    guardduty_role = { arn = "arn:aws:iam::111122223333:role/scanner" }
    files_key = {
      arn    = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333"
      policy = <<-JSON
        {"Statement": [
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/postern-us-east-1-upload-signer"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"},
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/postern-us-east-1-download-signer"}, "Action": "kms:Decrypt", "Resource": "*"},
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/postern-us-east-1-record-upload"}, "Action": "kms:Decrypt", "Resource": "*"}
        ]}
      JSON
    }
  }

  expect_failures = [terraform_data.keys]
}

run "a_key_whose_policy_forgets_the_modules_scanner" {
  command   = plan
  state_key = "a_key_whose_policy_forgets_the_modules_scanner"

  variables {
    content_scan = true
    files_key = {
      arn    = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333"
      policy = <<-JSON
        {"Statement": [
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/postern-us-east-1-upload-signer"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"},
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/postern-us-east-1-download-signer"}, "Action": "kms:Decrypt", "Resource": "*"},
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/postern-us-east-1-record-upload"}, "Action": "kms:Decrypt", "Resource": "*"}
        ]}
      JSON
    }
  }

  expect_failures = [terraform_data.keys]
}

run "a_stack_keeps_its_operations_key" {
  command   = plan
  state_key = "keys_of_ones_own"

  variables {
    webhook        = { url = "https://app.example.com/hooks" }
    files_key      = { arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111" }
    operations_key = { arn = "arn:aws:kms:us-east-1:111122223333:key/44444444-4444-4444-8444-444444444444" }
  }

  expect_failures = [terraform_data.keys]
}
