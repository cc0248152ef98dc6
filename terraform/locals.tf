# The description, and the names of this stack that the description refers to.

locals {
  # The parts that this module and the local stack of the tests both build: the table's keys and indexes, the
  # routes, CORS, the event wiring and the functions' environment. description.json is the only place that
  # lists them.
  description = jsondecode(file("${path.module}/description.json"))

  # send-webhook exists only if webhook is set.
  functions = { for name, function in local.description.functions : name => function if name != "send-webhook" || local.has_webhook }

  link_base_url = coalesce(
    var.link_base_url,
    var.custom_domain == null ? null : "https://${var.custom_domain.name}",
    aws_apigatewayv2_api.main.api_endpoint,
  )

  # The origins under which browsers reach the API. From there the page of an upload token posts files.
  api_origins = concat(
    var.execute_api_endpoint ? [aws_apigatewayv2_api.main.api_endpoint] : [],
    var.custom_domain == null ? [] : ["https://${var.custom_domain.name}"],
    var.link_base_url == null ? [] : regexall("^https?://[^/]+", var.link_base_url),
  )

  # The parts that are set. Terraform writes an attribute that is left out as null.
  brand_parts = { for name, value in var.brand : name => value if value != null }
  brand       = length(local.brand_parts) == 0 ? "none" : jsonencode(local.brand_parts)

  # Key versions in ascending order: "1=<arn>,2=<arn>".
  link_keys = join(",", [
    for version in range(1, 128) : "${version}=${aws_kms_key.links[version].arn}"
    if contains(var.link_key_versions, version)
  ])

  upload_token_keys = join(",", [
    for version in range(1, 128) : "${version}=${aws_kms_key.upload_tokens[version].arn}"
    if contains(var.upload_token_key_versions, version)
  ])

  # The names by which description.json refers to values that only the plan has. A name that is missing here
  # fails the plan.
  coordinates = {
    table_name               = aws_dynamodb_table.main.name
    bucket_name              = aws_s3_bucket.files.bucket
    files_key_arn            = local.files_key_arn
    upload_signer_role_arn   = aws_iam_role.signer["upload"].arn
    download_signer_role_arn = aws_iam_role.signer["download"].arn
    signer_session_s         = tostring(var.signer_session_s)
    form_ttl_s               = tostring(var.form_ttl_s)
    max_size_bytes           = format("%d", var.max_size_bytes)
    allowed_types            = join(",", var.allowed_types)
    max_image_pixels         = format("%d", coalesce(var.max_image_pixels, 0))
    content_scan             = var.content_scan ? "required" : "off"
    link_keys                = local.link_keys
    upload_token_keys        = local.upload_token_keys
    link_base_url            = local.link_base_url
    owner_claim              = var.owner_claim
    owner_pending_uploads    = var.owner_pending_uploads == null ? "none" : format("%d", var.owner_pending_uploads)
    owner_bytes_per_day      = var.owner_bytes_per_day == null ? "none" : format("%d", var.owner_bytes_per_day)
    redirect_origins         = length(var.redirect_origins) == 0 ? "none" : join(",", var.redirect_origins)
    link_url_ttl_s           = tostring(var.link_url_ttl_s)
    link_url_ttl_max_s       = tostring(var.link_url_ttl_max_s)
    link_check_object        = tostring(var.link_check_object)
    link_page                = var.link_page
    brand                    = local.brand
    link_track               = tostring(var.link_track)
    track_network            = var.track_network
    viewer_header            = local.viewer_header
    cloudfront_domain        = local.cloudfront_signing_key == null ? "" : local.cloudfront_domain
    cloudfront_key_pair_id   = local.cloudfront_signing_key == null ? "" : aws_cloudfront_public_key.files[local.cloudfront_signing_key].id
    cloudfront_secret_arn    = local.cloudfront_signing_key == null ? "" : aws_secretsmanager_secret.cloudfront[local.cloudfront_signing_key].arn
    cloudfront_window_s      = tostring(floor(var.link_url_ttl_s / 2))
    webhook_url              = local.has_webhook ? var.webhook.url : ""
    webhook_secret_arn       = local.has_webhook ? aws_secretsmanager_secret.webhook[0].arn : ""
    webhook_queue_url        = local.has_webhook ? aws_sqs_queue.webhook[0].id : ""

    webhook_dead_letter_queue_url = local.has_webhook ? aws_sqs_queue.dead_webhook[0].id : ""
  }
}
