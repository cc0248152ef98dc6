# The HTTP API: routes and their authorization come from the description.

resource "aws_apigatewayv2_api" "main" {
  name          = var.name
  description   = "Uploads, links and upload tokens of ${var.name}"
  protocol_type = "HTTP"

  # On beside a custom domain until the operator switches it off: links that were issued under this address
  # are permanent.
  disable_execute_api_endpoint = !var.execute_api_endpoint
  tags                         = var.tags

  dynamic "cors_configuration" {
    for_each = length(var.origins) > 0 ? [local.description.api_cors] : []

    content {
      allow_origins  = var.origins
      allow_methods  = cors_configuration.value.allow_methods
      allow_headers  = cors_configuration.value.allow_headers
      expose_headers = cors_configuration.value.expose_headers
      max_age        = cors_configuration.value.max_age_s
    }
  }
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  api_id           = aws_apigatewayv2_api.main.id
  name             = "jwt"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = var.jwt_issuer
    audience = var.jwt_audiences
  }
}

resource "aws_apigatewayv2_integration" "function" {
  for_each = toset([for route in local.description.routes : route.function])

  api_id                 = aws_apigatewayv2_api.main.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = contains(keys(var.provisioned_concurrency), each.key) ? aws_lambda_alias.live[each.key].invoke_arn : aws_lambda_function.main[each.key].invoke_arn
  payload_format_version = "2.0"

  # API Gateway may call the alias before the integration leads to it.
  depends_on = [aws_lambda_permission.live]
}

# $default receives every request that matches no other route, so that each answer has a code and browsers get
# a page. It leads to serve-link, whose role has the fewest rights: a request to a mistyped address may carry
# a JWT.
resource "aws_apigatewayv2_route" "main" {
  # checkov:skip=CKV_AWS_309:Each route's authorization is in description.json. Those without a JWT carry a capability in their path, and $default answers 404.
  for_each = { for route in local.description.routes : route.key => route }

  api_id             = aws_apigatewayv2_api.main.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.function[each.value.function].id}"
  authorization_type = each.value.authorization
  authorizer_id      = each.value.authorization == "JWT" ? aws_apigatewayv2_authorizer.jwt.id : null

  authorization_scopes = each.value.authorization == "JWT" ? lookup(var.jwt_scopes, each.key, lookup(var.jwt_scopes, "*", null)) : null
}

resource "aws_lambda_permission" "api" {
  for_each = aws_apigatewayv2_integration.function

  statement_id  = "OurApiInvokesTheFunction"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.main[each.key].function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.main.execution_arn}/*/*"
}

# An alias has its own resource policy. The policy of the function stays, so that API Gateway may call it at
# each moment of a change between the two.
resource "aws_lambda_permission" "live" {
  for_each = aws_lambda_alias.live

  statement_id  = "OurApiInvokesTheAlias"
  action        = "lambda:InvokeFunction"
  function_name = each.value.function_name
  qualifier     = each.value.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.main.execution_arn}/*/*"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_apigatewayv2_stage" "default" {
  # checkov:skip=CKV_AWS_76:The access log is the user's choice (api_access_log) and on by default.
  # checkov:skip=CKV2_AWS_51:A client certificate is for a private backend behind the API; ours are functions that only the API invokes.
  api_id      = aws_apigatewayv2_api.main.id
  name        = "$default"
  auto_deploy = true
  tags        = var.tags

  # No metrics for each route: CloudWatch would take six for each of more than forty routes, at 0.30 a month
  # each. The access log has the route of every request.
  default_route_settings {
    throttling_rate_limit  = var.throttling.rate
    throttling_burst_limit = var.throttling.burst
  }

  # A flood of openings must not throttle the app's own routes, nor the reverse.
  dynamic "route_settings" {
    for_each = var.link_throttling == null ? [] : [for route in local.description.routes : route.key if route.function == "serve-link"]

    content {
      route_key              = route_settings.value
      throttling_rate_limit  = var.link_throttling.rate
      throttling_burst_limit = var.link_throttling.burst
    }
  }

  # The stage opens the API, so Terraform makes it last. The API may issue no form before the bucket has
  # versioning, policy and notifications, and before the pipe reads the table's stream, which it does from the
  # moment it was made on (LATEST). For the same reason Terraform destroys the stage first. A route's settings
  # need the route.
  depends_on = [
    aws_apigatewayv2_route.main,
    aws_cloudwatch_event_target.scans,
    aws_cloudwatch_event_target.webhook,
    aws_iam_role_policy.download_signer,
    aws_iam_role_policy.upload_signer,
    aws_lambda_event_source_mapping.removals,
    aws_lambda_event_source_mapping.uploads,
    aws_lambda_permission.api,
    aws_lambda_provisioned_concurrency_config.live,
    aws_pipes_pipe.app,
    aws_s3_bucket_cors_configuration.files,
    aws_s3_bucket_lifecycle_configuration.files,
    aws_s3_bucket_notification.files,
    aws_s3_bucket_ownership_controls.files,
    aws_s3_bucket_policy.files,
    aws_s3_bucket_public_access_block.files,
    aws_s3_bucket_server_side_encryption_configuration.files,
    aws_s3_bucket_versioning.files,
    aws_sqs_queue_redrive_allow_policy.dead_uploads,
  ]

  # Only these fields are logged. The path is a secret under /l/ and /t/, and a query may contain one; the
  # route key shows the pattern instead. The request id is also in the answer and in the function's log.
  dynamic "access_log_settings" {
    for_each = aws_cloudwatch_log_group.api

    content {
      destination_arn = access_log_settings.value.arn
      format = jsonencode({
        requestId          = "$context.requestId"
        requestTimeEpoch   = "$context.requestTimeEpoch"
        routeKey           = "$context.routeKey"
        status             = "$context.status"
        responseLatency    = "$context.responseLatency"
        integrationLatency = "$context.integrationLatency"
        integrationStatus  = "$context.integrationStatus"
      })
    }
  }
}

resource "aws_cloudwatch_log_group" "api" {
  # checkov:skip=CKV_AWS_338:How long logs are kept is the user's choice (log_retention_days).
  count = var.api_access_log ? 1 : 0

  name              = local.api_log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = local.operations_key_arn
  tags              = var.tags
}

# ── The custom domain ────────────────────────────────────────────────────────────────────────────

resource "aws_apigatewayv2_domain_name" "main" {
  count = var.custom_domain == null ? 0 : 1

  domain_name = var.custom_domain.name
  tags        = var.tags

  domain_name_configuration {
    certificate_arn = var.custom_domain.certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }

  lifecycle {
    precondition {
      condition     = split(":", var.custom_domain.certificate_arn)[3] == local.region
      error_message = "API Gateway uses certificates of its own region only: give custom_domain a certificate in ${local.region}. (The one for CloudFront, in us-east-1, belongs in front.certificate_arn.)"
    }
  }
}

resource "aws_apigatewayv2_api_mapping" "main" {
  count = var.custom_domain == null ? 0 : 1

  api_id      = aws_apigatewayv2_api.main.id
  domain_name = aws_apigatewayv2_domain_name.main[0].id
  stage       = aws_apigatewayv2_stage.default.id
}
