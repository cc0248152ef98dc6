# This module and the local stack of the tests read the same description. An entry that one of them overlooked
# would let the two differ, so an entry that this module does not read fails the plan.

locals {
  description_parts = concat(
    [
      {
        where = "the top level"
        found = keys(local.description)
        known = ["api_cors", "bucket_cors", "events", "functions", "media_cors", "object_prefix", "routes", "table"]
      },
      {
        where = "table"
        found = keys(local.description.table)
        known = ["attributes", "hash_key", "indexes", "stream_view", "ttl_attribute"]
      },
      {
        where = "functions"
        found = keys(local.description.functions)
        known = ["issue-upload", "record-upload", "send-webhook", "serve-link"]
      },
      {
        where = "api_cors"
        found = keys(local.description.api_cors)
        known = ["allow_headers", "allow_methods", "expose_headers", "max_age_s"]
      },
      {
        where = "bucket_cors"
        found = keys(local.description.bucket_cors)
        known = ["allow_headers", "allow_methods", "expose_headers", "max_age_s"]
      },
      {
        where = "media_cors"
        found = keys(local.description.media_cors)
        known = ["allow_headers", "allow_methods", "allow_origins", "max_age_s"]
      },
      {
        where = "events"
        found = keys(local.description.events)
        known = ["bucket", "queue", "schedule", "stream", "webhook"]
      },
      {
        where = "events.schedule"
        found = keys(local.description.events.schedule)
        known = ["expression", "input"]
      },
      {
        where = "events.queue"
        found = keys(local.description.events.queue)
        known = ["batch_size", "batch_window_s", "max_receive_count", "retention_s", "visibility_timeout_s"]
      },
      {
        where = "events.stream"
        found = keys(local.description.events.stream)
        known = ["batch_size", "bisect_batch_on_function_error", "filter", "maximum_retry_attempts", "starting_position"]
      },
      {
        where = "events.webhook"
        found = keys(local.description.events.webhook)
        known = ["batch_size", "max_receive_count", "retention_s", "visibility_timeout_s"]
      },
    ],
    [
      for name, index in local.description.table.indexes : {
        where = "table.indexes.${name}"
        found = keys(index)
        known = ["hash_key", "range_key"]
      }
    ],
    [
      for name, function in local.description.functions : {
        where = "functions.${name}"
        found = keys(function)
        known = ["environment", "timeout_s"]
      }
    ],
    [
      for route in local.description.routes : {
        where = "the route ${route.key}"
        found = keys(route)
        known = ["authorization", "function", "key"]
      }
    ],
  )

  unread_entries = flatten([
    for part in local.description_parts : [
      for key in part.found : "${key} in ${part.where}" if !contains(part.known, key)
    ]
  ])

  unknown_coordinates = flatten([
    for name, function in local.description.functions : [
      for variable, coordinate in function.environment : "${coordinate} (for ${variable} of ${name})"
      if !contains(local.coordinate_names, coordinate)
    ]
  ])

  # A literal list, because a condition on the coordinates themselves would be known only in the apply.
  coordinate_names = [
    "allowed_types",
    "brand",
    "bucket_name",
    "cloudfront_domain",
    "cloudfront_key_pair_id",
    "cloudfront_secret_arn",
    "cloudfront_window_s",
    "content_scan",
    "download_signer_role_arn",
    "files_key_arn",
    "form_ttl_s",
    "link_base_url",
    "link_check_object",
    "link_keys",
    "link_page",
    "link_track",
    "link_url_ttl_max_s",
    "link_url_ttl_s",
    "max_image_pixels",
    "max_size_bytes",
    "owner_bytes_per_day",
    "owner_claim",
    "owner_pending_uploads",
    "redirect_origins",
    "signer_session_s",
    "table_name",
    "track_network",
    "upload_signer_role_arn",
    "upload_token_keys",
    "viewer_header",
    "webhook_dead_letter_queue_url",
    "webhook_queue_url",
    "webhook_secret_arn",
    "webhook_url",
  ]

  key_attributes = distinct(concat(
    [local.description.table.hash_key],
    flatten([for index in local.description.table.indexes : [index.hash_key, index.range_key]]),
  ))

  recorder_timeout_s = local.functions["record-upload"].timeout_s
  least_visibility_s = 6 * local.recorder_timeout_s + local.description.events.queue.batch_window_s

  least_webhook_visibility_s = 6 * local.description.functions["send-webhook"].timeout_s
}

resource "terraform_data" "description" {
  input = filesha256("${path.module}/description.json")

  lifecycle {
    precondition {
      condition     = length(local.unread_entries) == 0
      error_message = "description.json has entries that this module does not read: ${join(", ", local.unread_entries)}. Teach the module to build them and add them to description.tf, or take them out."
    }

    precondition {
      condition     = length(local.unknown_coordinates) == 0
      error_message = "description.json asks for coordinates that this module does not have: ${join(", ", local.unknown_coordinates)}. Add them to the coordinates in locals.tf, or correct the name."
    }

    precondition {
      condition     = toset(keys(local.description.table.attributes)) == toset(local.key_attributes)
      error_message = "The attributes of table in description.json must be exactly those that its keys and indexes name: ${join(", ", sort(local.key_attributes))}."
    }

    precondition {
      condition     = alltrue([for route in local.description.routes : contains(keys(local.functions), route.function) && contains(["JWT", "NONE"], route.authorization)])
      error_message = "Each route in description.json must name one of the functions there and the authorization JWT or NONE."
    }

    # While the recorder works on a batch, its messages must stay hidden. With a shorter timeout SQS
    # redelivers them while the first run still works on them.
    precondition {
      condition     = local.description.events.queue.visibility_timeout_s >= local.least_visibility_s
      error_message = "The visibility timeout of events.queue in description.json must be at least six times the recorder's timeout plus the batch window, ${local.least_visibility_s} seconds."
    }

    precondition {
      condition     = local.description.events.webhook.visibility_timeout_s >= local.least_webhook_visibility_s
      error_message = "The visibility timeout of events.webhook in description.json must be at least six times the timeout of send-webhook, ${local.least_webhook_visibility_s} seconds."
    }
  }
}
