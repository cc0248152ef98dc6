# Each validation refuses a wrong value, and the boundaries are where they should be. A run is named
# for what is refused.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  jwt_issuer    = "https://login.example.com/"
  jwt_audiences = ["postern"]

  packages = {
    issue-upload  = "tests/fixtures/package.zip"
    record-upload = "tests/fixtures/package.zip"
    send-webhook  = "tests/fixtures/package.zip"
    serve-link    = "tests/fixtures/package.zip"
  }
}

run "a_name_that_does_not_begin_with_a_letter" {
  command = plan

  variables {
    name = "-postern"
  }

  expect_failures = [var.name]
}

run "a_name_in_capitals" {
  command = plan

  variables {
    name = "Postern"
  }

  expect_failures = [var.name]
}

run "a_name_that_leaves_roles_no_room" {
  command = plan

  variables {
    name = "a-name-that-is-much-too-long-x"
  }

  expect_failures = [var.name]
}

run "a_bucket_name_with_dots" {
  command = plan

  variables {
    bucket_name = "Has.Dots"
  }

  expect_failures = [var.bucket_name]
}

run "a_bucket_name_that_is_too_short" {
  command = plan

  variables {
    bucket_name = "ab"
  }

  expect_failures = [var.bucket_name]
}

run "an_origin_with_a_final_slash" {
  command = plan

  variables {
    origins = ["https://app.example.com/"]
  }

  expect_failures = [var.origins]
}

run "an_origin_over_plain_http" {
  command = plan

  variables {
    origins = ["http://app.example.com"]
  }

  expect_failures = [var.origins]
}

run "any_origin" {
  command = plan

  variables {
    origins = ["*"]
  }

  expect_failures = [var.origins]
}

run "a_domain_with_a_scheme" {
  command = plan

  variables {
    custom_domain = { name = "https://files.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/1" }
  }

  expect_failures = [var.custom_domain]
}

run "a_certificate_that_is_no_arn" {
  command = plan

  variables {
    custom_domain = { name = "files.example.com", certificate_arn = "1" }
  }

  expect_failures = [var.custom_domain]
}

run "links_over_plain_http" {
  command = plan

  variables {
    link_base_url = "http://files.example.com"
  }

  expect_failures = [var.link_base_url]
}

run "links_after_a_final_slash" {
  command = plan

  variables {
    link_base_url = "https://files.example.com/"
  }

  expect_failures = [var.link_base_url]
}

run "links_after_a_query" {
  command = plan

  variables {
    link_base_url = "https://files.example.com?a=b"
  }

  expect_failures = [var.link_base_url]
}

run "an_issuer_over_plain_http" {
  command = plan

  variables {
    jwt_issuer = "http://login.example.com/"
  }

  expect_failures = [var.jwt_issuer]
}

run "an_issuer_without_a_scheme" {
  command = plan

  variables {
    jwt_issuer = "login.example.com"
  }

  expect_failures = [var.jwt_issuer]
}

run "no_audience" {
  command = plan

  variables {
    jwt_audiences = []
  }

  expect_failures = [var.jwt_audiences]
}

run "an_empty_audience" {
  command = plan

  variables {
    jwt_audiences = [" "]
  }

  expect_failures = [var.jwt_audiences]
}

run "no_owner_claim" {
  command = plan

  variables {
    owner_claim = ""
  }

  expect_failures = [var.owner_claim]
}

run "an_owner_claim_with_a_space" {
  command = plan

  variables {
    owner_claim = "a claim"
  }

  expect_failures = [var.owner_claim]
}

run "a_session_shorter_than_sts_gives" {
  command = plan

  variables {
    signer_session_s = 899
  }

  expect_failures = [var.signer_session_s]
}

run "a_session_longer_than_a_chained_role_gets" {
  command = plan

  variables {
    signer_session_s = 3601
  }

  expect_failures = [var.signer_session_s]
}

run "a_form_that_is_dead_on_arrival" {
  command = plan

  variables {
    form_ttl_s = 59
  }

  expect_failures = [var.form_ttl_s]
}

run "a_form_that_outlives_every_session" {
  command = plan

  variables {
    form_ttl_s = 3601
  }

  expect_failures = [var.form_ttl_s]
}

run "half_a_second_of_form" {
  command = plan

  variables {
    form_ttl_s = 900.5
  }

  expect_failures = [var.form_ttl_s]
}

run "a_url_that_is_dead_on_arrival" {
  command = plan

  variables {
    link_url_ttl_s = 4
  }

  expect_failures = [var.link_url_ttl_s]
}

run "a_shortest_life_above_the_longest" {
  command = plan

  variables {
    link_url_ttl_s     = 61
    link_url_ttl_max_s = 60
  }

  expect_failures = [var.link_url_ttl_s]
}

run "a_longest_life_that_is_no_whole_number" {
  command = plan

  variables {
    link_url_ttl_max_s = 90.5
  }

  expect_failures = [var.link_url_ttl_max_s]
}

run "more_than_an_object_of_s3" {
  command = plan

  variables {
    max_size_bytes = 53687091200001
  }

  expect_failures = [var.max_size_bytes]
}

run "more_pending_uploads_than_are_looked_at" {
  command = plan

  variables {
    owner_pending_uploads = 101
  }

  expect_failures = [var.owner_pending_uploads]
}

run "a_redirect_with_a_path" {
  command = plan

  variables {
    redirect_origins = ["https://app.example.com/done"]
  }

  expect_failures = [var.redirect_origins]
}

run "a_redirect_without_tls" {
  command = plan

  variables {
    redirect_origins = ["http://app.example.com"]
  }

  expect_failures = [var.redirect_origins]
}

run "no_bytes_a_day" {
  command = plan

  variables {
    owner_bytes_per_day = 0
  }

  expect_failures = [var.owner_bytes_per_day]
}

run "files_of_nothing" {
  command = plan

  variables {
    max_size_bytes = 0
  }

  expect_failures = [var.max_size_bytes]
}

run "a_closed_api" {
  command = plan

  variables {
    throttling = { rate = 0 }
  }

  expect_failures = [var.throttling]
}

run "half_a_request" {
  command = plan

  variables {
    throttling = { burst = 0.5 }
  }

  expect_failures = [var.throttling]
}

run "an_unknown_processor" {
  command = plan

  variables {
    architecture = "arm"
  }

  expect_failures = [var.architecture]
}

run "the_package_of_an_unknown_function" {
  command = plan

  variables {
    packages = { issue = "x.zip" }
  }

  expect_failures = [var.packages]
}

run "less_memory_than_lambda_has" {
  command = plan

  variables {
    memory_mb = { serve-link = 64 }
  }

  expect_failures = [var.memory_mb]
}

run "memory_for_an_unknown_function" {
  command = plan

  variables {
    memory_mb = { serve = 256 }
  }

  expect_failures = [var.memory_mb]
}

run "a_function_switched_off_by_reservation" {
  command = plan

  variables {
    reserved_concurrency = { serve-link = 0 }
  }

  expect_failures = [var.reserved_concurrency]
}

run "less_concurrency_than_a_mapping_takes" {
  command = plan

  variables {
    recorder_concurrency = 1
  }

  expect_failures = [var.recorder_concurrency]
}

run "a_retention_that_cloudwatch_does_not_know" {
  command = plan

  variables {
    log_retention_days = 45
  }

  expect_failures = [var.log_retention_days]
}

run "no_link_key" {
  command = plan

  variables {
    link_key_versions = []
  }

  expect_failures = [var.link_key_versions]
}

run "a_link_key_zero" {
  command = plan

  variables {
    link_key_versions = [0]
  }

  expect_failures = [var.link_key_versions]
}

run "a_link_key_beyond_its_byte" {
  command = plan

  variables {
    link_key_versions = [1, 128]
  }

  expect_failures = [var.link_key_versions]
}

run "no_upload_token_key" {
  command = plan

  variables {
    upload_token_key_versions = []
  }

  expect_failures = [var.upload_token_key_versions]
}

run "an_upload_token_key_beyond_its_byte" {
  command = plan

  variables {
    upload_token_key_versions = [1, 128]
  }

  expect_failures = [var.upload_token_key_versions]
}

run "a_hasty_end_of_keys" {
  command = plan

  variables {
    key_deletion_window_days = 6
  }

  expect_failures = [var.key_deletion_window_days]
}

run "multipart_uploads_aborted_at_once" {
  command = plan

  variables {
    abort_multipart_days = 0
  }

  expect_failures = [var.abort_multipart_days]
}

run "a_distribution_that_is_no_arn" {
  command = plan

  variables {
    cloudfront_distribution_arn = "E1OURS"
  }

  expect_failures = [var.cloudfront_distribution_arn]
}

run "a_role_that_is_no_arn" {
  command = plan

  variables {
    guardduty_role = { arn = "guardduty" }
  }

  expect_failures = [var.guardduty_role]
}

run "any_role_as_reader" {
  command = plan

  variables {
    reader_arns = ["arn:aws:iam::111122223333:role/*"]
  }

  expect_failures = [var.reader_arns]
}

run "anybody_as_reader" {
  command = plan

  variables {
    reader_arns = ["*"]
  }

  expect_failures = [var.reader_arns]
}

run "an_arn_as_the_name_of_the_log_bucket" {
  command = plan

  variables {
    access_log_bucket = { name = "arn:aws:s3:::my-logs" }
  }

  expect_failures = [var.access_log_bucket]
}

run "a_topic_that_is_no_arn" {
  command = plan

  variables {
    alarm_topic_arn = "alarms"
  }

  expect_failures = [var.alarm_topic_arn]
}

run "no_allowed_type" {
  command = plan

  variables {
    allowed_types = []
  }

  expect_failures = [var.allowed_types]
}

run "an_allowed_type_with_parameters" {
  command = plan

  variables {
    allowed_types = ["text/plain; charset=utf-8"]
  }

  expect_failures = [var.allowed_types]
}

run "an_allowed_type_with_half_a_star" {
  command = plan

  variables {
    allowed_types = ["image/p*"]
  }

  expect_failures = [var.allowed_types]
}

run "a_ceiling_of_no_pixels" {
  command = plan

  variables {
    max_image_pixels = 0
  }

  expect_failures = [var.max_image_pixels]
}

run "an_alarm_that_always_sounds" {
  command = plan

  variables {
    alarm_thresholds = { forged_tokens = 0 }
  }

  expect_failures = [var.alarm_thresholds]
}

run "a_url_that_outlives_its_session" {
  command = plan

  variables {
    signer_session_s   = 900
    form_ttl_s         = 900
    link_url_ttl_max_s = 901
  }

  expect_failures = [var.link_url_ttl_max_s]
}

run "a_form_that_outlives_its_session" {
  command = plan

  variables {
    signer_session_s = 900
    form_ttl_s       = 901
  }

  expect_failures = [var.form_ttl_s]
}

run "the_least_of_everything_is_accepted" {
  command = plan

  variables {
    name                      = "abc"
    bucket_name               = "abc"
    owner_claim               = "sub"
    signer_session_s          = 900
    form_ttl_s                = 60
    link_url_ttl_s            = 5
    link_url_ttl_max_s        = 5
    max_size_bytes            = 1
    owner_pending_uploads     = 1
    owner_bytes_per_day       = 1
    throttling                = { rate = 1, burst = 1 }
    memory_mb                 = { serve-link = 128 }
    reserved_concurrency      = { serve-link = 1 }
    recorder_concurrency      = 2
    log_retention_days        = 0
    link_key_versions         = [1]
    upload_token_key_versions = [1]
    key_deletion_window_days  = 7
    abort_multipart_days      = 1
    jwt_issuer                = "https://login.example.com"
    origins                   = ["http://127.0.0.1:5173"]
    redirect_origins          = ["http://127.0.0.1:5173", "https://app.example.com"]
  }
}

run "the_most_of_everything_is_accepted" {
  command = plan

  variables {
    name                      = "a-name-of-twenty-eight-chars"
    signer_session_s          = 3600
    form_ttl_s                = 3600
    link_url_ttl_s            = 3600
    link_url_ttl_max_s        = 3600
    max_size_bytes            = 53687091200000
    owner_pending_uploads     = 100
    memory_mb                 = { serve-link = 10240 }
    recorder_concurrency      = 1000
    log_retention_days        = 3653
    link_key_versions         = [1, 127]
    upload_token_key_versions = [1, 127]
    key_deletion_window_days  = 30
    owner_claim               = "https://example.com/tenant"
    jwt_issuer                = "https://login.example.com/realms/app"
    link_base_url             = "https://files.example.com/d"
  }
}

run "a_distribution_without_a_key" {
  command = plan

  variables {
    cloudfront = { public_keys = {} }
  }

  expect_failures = [var.cloudfront]
}

run "a_private_key_in_place_of_a_public_one" {
  command = plan

  variables {
    cloudfront = { public_keys = { a = "-----BEGIN PRIVATE KEY-----" } }
  }

  expect_failures = [var.cloudfront]
}

run "a_signing_key_that_nothing_verifies" {
  command = plan

  variables {
    cloudfront = { public_keys = { a = "-----BEGIN PUBLIC KEY-----" }, signing_key = "b" }
  }

  expect_failures = [var.cloudfront]
}

run "a_distribution_with_a_certificate_of_another_region" {
  command = plan

  variables {
    cloudfront = { public_keys = { a = "-----BEGIN PUBLIC KEY-----" }, domain = { name = "files.example.com", certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/here" } }
  }

  expect_failures = [var.cloudfront]
}

run "a_distribution_with_a_regional_web_acl" {
  command = plan

  variables {
    cloudfront = { public_keys = { a = "-----BEGIN PUBLIC KEY-----" }, web_acl_arn = "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/links/1" }
  }

  expect_failures = [var.cloudfront]
}

run "a_distribution_with_no_price_class" {
  command = plan

  variables {
    cloudfront = { public_keys = { a = "-----BEGIN PUBLIC KEY-----" }, price_class = "cheap" }
  }

  expect_failures = [var.cloudfront]
}

run "two_distributions" {
  command = plan

  variables {
    cloudfront                  = { public_keys = { a = "-----BEGIN PUBLIC KEY-----" } }
    cloudfront_distribution_arn = "arn:aws:cloudfront::111122223333:distribution/E1OURS"
  }

  expect_failures = [var.cloudfront]
}

run "links_that_are_closed_by_throttling" {
  command = plan

  variables {
    link_throttling = { rate = 0, burst = 1 }
  }

  expect_failures = [var.link_throttling]
}

run "a_front_without_a_custom_domain" {
  command = plan

  variables {
    front = { certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/edge" }
  }

  expect_failures = [var.front]
}

run "a_front_with_a_certificate_elsewhere" {
  command = plan

  variables {
    execute_api_endpoint = false
    custom_domain        = { name = "files.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/here" }
    front                = { certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/edge" }
  }

  expect_failures = [var.front]
}

run "a_front_with_a_regional_web_acl" {
  command = plan

  variables {
    execute_api_endpoint = false
    custom_domain        = { name = "files.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/here" }
    front                = { certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/edge", web_acl_arn = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/links/0" }
  }

  expect_failures = [var.front]
}

run "a_front_with_no_price_class" {
  command = plan

  variables {
    execute_api_endpoint = false
    custom_domain        = { name = "files.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/here" }
    front                = { certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/edge", price_class = "cheap" }
  }

  expect_failures = [var.front]
}

run "a_webhook_in_the_clear" {
  command = plan

  variables {
    webhook = { url = "http://app.example.com/hooks" }
  }

  expect_failures = [var.webhook]
}

run "a_webhook_with_a_password_in_its_address" {
  command = plan

  variables {
    webhook = { url = "https://user:password@app.example.com/hooks" }
  }

  expect_failures = [var.webhook]
}

run "a_webhook_for_an_event_that_there_is_not" {
  command = plan

  variables {
    webhook = { url = "https://app.example.com/hooks", events = ["Upload Available", "upload.deleted"] }
  }

  expect_failures = [var.webhook]
}

run "a_webhook_for_no_event_at_all" {
  command = plan

  variables {
    webhook = { url = "https://app.example.com/hooks", events = [] }
  }

  expect_failures = [var.webhook]
}

run "a_webhook_in_one_batch_at_a_time" {
  command = plan

  variables {
    webhook = { url = "https://app.example.com/hooks", max_concurrency = 1 }
  }

  expect_failures = [var.webhook]
}

run "a_webhook_without_the_bus" {
  command = plan

  variables {
    webhook    = { url = "https://app.example.com/hooks" }
    app_events = false
  }

  expect_failures = [var.webhook]
}

run "a_tag_that_is_aws_own" {
  command = plan

  variables {
    tags = { "aws:team" = "files" }
  }

  expect_failures = [var.tags]
}

run "a_role_path_without_its_slash" {
  command = plan

  variables {
    role_path = "/apps"
  }

  expect_failures = [var.role_path]
}

run "a_boundary_that_is_a_role" {
  command = plan

  variables {
    permissions_boundary_arn = "arn:aws:iam::111122223333:role/boundary"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "packages_in_the_arn_of_a_bucket" {
  command = plan

  variables {
    packages_s3 = { bucket = "arn:aws:s3:::my-packages", objects = { serve-link = { key = "a.zip" } } }
    packages    = {}
  }

  expect_failures = [var.packages_s3]
}

run "packages_of_a_function_that_there_is_not" {
  command = plan

  variables {
    packages_s3 = { bucket = "my-packages", objects = { serve-links = { key = "a.zip" } } }
  }

  expect_failures = [var.packages_s3]
}

run "a_hash_in_hex" {
  command = plan

  variables {
    packages_s3 = { bucket = "my-packages", objects = { serve-link = { key = "a.zip", sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" } } }
    packages    = {}
  }

  expect_failures = [var.packages_s3]
}

run "a_function_in_both_packages" {
  command = plan

  variables {
    packages_s3 = { bucket = "my-packages", objects = { serve-link = { key = "a.zip" } } }
  }

  expect_failures = [var.packages_s3]
}

run "a_recorder_that_is_kept_warm" {
  command = plan

  variables {
    provisioned_concurrency = { record-upload = 1 }
  }

  expect_failures = [var.provisioned_concurrency]
}

run "more_warm_than_reserved" {
  command = plan

  variables {
    provisioned_concurrency = { serve-link = 5 }
    reserved_concurrency    = { serve-link = 4 }
  }

  expect_failures = [var.provisioned_concurrency]
}

run "scopes_of_a_route_without_a_jwt" {
  command = plan

  variables {
    jwt_scopes = { "GET /l/{token}" = ["files/read"] }
  }

  expect_failures = [var.jwt_scopes]
}

run "a_scope_with_a_space" {
  command = plan

  variables {
    jwt_scopes = { "*" = ["files/read files/write"] }
  }

  expect_failures = [var.jwt_scopes]
}

run "settings_of_an_alarm_that_there_is_not" {
  command = plan

  variables {
    alarm_settings = { forged-token = { threshold = 1 } }
  }

  expect_failures = [var.alarm_settings]
}

run "an_alarms_threshold_of_zero" {
  command = plan

  variables {
    alarm_settings = { forged-tokens = { threshold = 0 } }
  }

  expect_failures = [var.alarm_settings]
}

run "an_alarm_that_tells_an_address" {
  command = plan

  variables {
    alarm_settings = { forged-tokens = { actions = ["ops@example.com"] } }
  }

  expect_failures = [var.alarm_settings]
}

run "a_statement_whose_sid_has_spaces" {
  command = plan

  variables {
    bucket_policy_statements = [{ sid = "is listed", effect = "Deny", actions = ["s3:ListBucket"], principals = ["*"] }]
  }

  expect_failures = [var.bucket_policy_statements]
}

run "a_statement_that_does_neither" {
  command = plan

  variables {
    bucket_policy_statements = [{ sid = "Listed", effect = "Audit", actions = ["s3:ListBucket"], principals = ["*"] }]
  }

  expect_failures = [var.bucket_policy_statements]
}

run "a_statement_that_lets_somebody_put" {
  command = plan

  variables {
    bucket_policy_statements = [{ sid = "Listed", effect = "Allow", actions = ["s3:PutObject"], principals = ["arn:aws:iam::111122223333:role/a"] }]
  }

  expect_failures = [var.bucket_policy_statements]
}

run "a_statement_that_lets_all_reading_in" {
  command = plan

  variables {
    bucket_policy_statements = [{ sid = "Listed", effect = "Allow", actions = ["s3:Get*"], principals = ["arn:aws:iam::111122223333:role/a"] }]
  }

  expect_failures = [var.bucket_policy_statements]
}

run "a_statement_that_lets_everybody_in" {
  command = plan

  variables {
    bucket_policy_statements = [{ sid = "Listed", effect = "Allow", actions = ["s3:ListBucket"], principals = ["*"] }]
  }

  expect_failures = [var.bucket_policy_statements]
}

run "a_statement_that_lets_an_account_in" {
  command = plan

  variables {
    bucket_policy_statements = [{ sid = "Listed", effect = "Allow", actions = ["s3:ListBucket"], principals = ["arn:aws:iam::111122223333:root"] }]
  }

  expect_failures = [var.bucket_policy_statements]
}

run "a_zone_by_its_name" {
  command = plan

  variables {
    custom_domain = { name = "files.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/a", route53_zone = { id = "example.com" } }
  }

  expect_failures = [var.custom_domain]
}

run "a_zone_of_the_distribution_by_its_name" {
  command = plan

  variables {
    cloudfront = { public_keys = { a = "-----BEGIN PUBLIC KEY-----" }, domain = { name = "cdn.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/a", route53_zone = { id = "example.com" } } }
  }

  expect_failures = [var.cloudfront]
}

run "a_files_key_by_its_alias" {
  command = plan

  variables {
    files_key = { arn = "arn:aws:kms:us-east-1:111122223333:alias/mine" }
  }

  expect_failures = [var.files_key]
}

run "a_files_key_whose_policy_is_no_policy" {
  command = plan

  variables {
    files_key = { arn = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-4333-8333-333333333333", policy = "{}" }
  }

  expect_failures = [var.files_key]
}

run "an_operations_key_by_its_alias" {
  command = plan

  variables {
    operations_key = { arn = "arn:aws:kms:us-east-1:111122223333:alias/mine" }
  }

  expect_failures = [var.operations_key]
}

run "an_api_without_any_address" {
  command = plan

  variables {
    execute_api_endpoint = false
  }

  expect_failures = [var.execute_api_endpoint]
}

run "a_front_that_can_be_walked_around" {
  command = plan

  variables {
    custom_domain = { name = "files.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/here" }
    front         = { certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/edge" }
  }

  expect_failures = [var.front]
}

run "a_domain_with_a_certificate_elsewhere" {
  command = plan

  variables {
    custom_domain = { name = "files.example.com", certificate_arn = "arn:aws:acm:eu-west-1:111122223333:certificate/here" }
  }

  expect_failures = [aws_apigatewayv2_domain_name.main]
}

run "an_alarm_topic_elsewhere" {
  command = plan

  variables {
    alarm_topic_arn = "arn:aws:sns:eu-west-1:111122223333:alarms"
  }

  expect_failures = [aws_cloudwatch_metric_alarm.main]
}

run "an_alarms_own_topic_elsewhere" {
  command = plan

  variables {
    alarm_settings = { forged-tokens = { ok_actions = ["arn:aws:sns:eu-west-1:111122223333:alarms"] } }
  }

  expect_failures = [aws_cloudwatch_metric_alarm.main["forged-tokens"]]
}

run "a_domain_of_files_with_a_scheme" {
  command = plan

  variables {
    cloudfront = { public_keys = { a = "-----BEGIN PUBLIC KEY-----" }, domain = { name = "https://cdn.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/cdn" } }
  }

  expect_failures = [var.cloudfront]
}

run "a_link_address_with_a_user" {
  command = plan

  variables {
    link_base_url = "https://user@files.example.com"
  }

  expect_failures = [var.link_base_url]
}

run "a_guardduty_role_with_a_wildcard" {
  command = plan

  variables {
    guardduty_role = { arn = "arn:aws:iam::111122223333:role/*" }
  }

  expect_failures = [var.guardduty_role]
}

run "a_guardduty_role_of_another_account" {
  command = plan

  variables {
    guardduty_role = { arn = "arn:aws:iam::444455556666:role/guardduty" }
  }

  expect_failures = [aws_s3_bucket_policy.files]
}

run "a_reader_of_another_account" {
  command = plan

  variables {
    reader_arns = ["arn:aws:iam::444455556666:role/backup"]
  }

  expect_failures = [aws_s3_bucket_policy.files]
}

run "a_deny_of_everything_for_everybody" {
  command = plan

  variables {
    bucket_policy_statements = [{ sid = "Nobody", effect = "Deny", actions = ["s3:*"], principals = ["*"] }]
  }

  expect_failures = [var.bucket_policy_statements]
}

run "a_deny_of_the_policys_change_for_everybody" {
  command = plan

  variables {
    bucket_policy_statements = [{ sid = "Nobody", effect = "Deny", actions = ["s3:Put*"], principals = ["*"] }]
  }

  expect_failures = [var.bucket_policy_statements]
}

run "a_deny_of_the_policys_removal_for_everybody" {
  command = plan

  variables {
    bucket_policy_statements = [{ sid = "Nobody", effect = "Deny", actions = ["s3:DeleteBucketPolicy"], principals = ["*"] }]
  }

  expect_failures = [var.bucket_policy_statements]
}

run "a_deny_of_the_policys_reading_for_everybody" {
  command = plan

  variables {
    bucket_policy_statements = [{ sid = "Nobody", effect = "Deny", actions = ["s3:GetBucket*"], principals = ["*"] }]
  }

  expect_failures = [var.bucket_policy_statements]
}

run "a_page_by_another_word" {
  command = plan

  variables {
    link_page = "yes"
  }

  expect_failures = [var.link_page]
}

run "a_tracked_network_that_is_no_word" {
  command = plan

  variables {
    track_network = "country"
  }

  expect_failures = [var.track_network]
}

run "a_brand_with_a_name_of_two_lines" {
  command = plan

  variables {
    brand = { name = "a\nb" }
  }

  expect_failures = [var.brand]
}

run "a_brand_with_two_logos" {
  command = plan

  variables {
    brand = { logo_svg = "<svg></svg>", logo_url = "https://cdn.example.com/logo.png" }
  }

  expect_failures = [var.brand]
}

run "a_brand_with_a_script" {
  command = plan

  variables {
    brand = { logo_svg = "<svg onload='x'></svg>" }
  }

  expect_failures = [var.brand]
}

run "a_brand_with_a_logo_that_writes_the_policy" {
  command = plan

  variables {
    brand = { logo_url = "https://cdn.example.com/x; script-src *" }
  }

  expect_failures = [var.brand]
}

run "a_brand_with_a_color_by_name" {
  command = plan

  variables {
    brand = { color = "red" }
  }

  expect_failures = [var.brand]
}
