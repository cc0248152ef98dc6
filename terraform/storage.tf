# The bucket of the files. Every accepted file is one pinned version, so no rule here may remove or move a
# version: see the lifecycle below and bucket_policy.tf.

resource "aws_s3_bucket" "files" {
  # checkov:skip=CKV_AWS_144:A second region doubles the cost of every file, and replication would be a second writer beside the upload signer. To copy files, use a role named in reader_arns.
  bucket        = local.bucket_name
  force_destroy = var.force_destroy
  tags          = var.tags

  # A bucket's name cannot change. Without ignore_changes, another name would make Terraform destroy the
  # bucket, after its policy, versioning and encryption.
  lifecycle {
    ignore_changes = [bucket]

    postcondition {
      condition     = self.bucket == local.bucket_name
      error_message = "The files of this stack lie in the bucket ${self.bucket}, and bucket_name now asks for ${local.bucket_name}. A bucket cannot be renamed: set bucket_name to \"${self.bucket}\", or make a second stack and copy the files."
    }
  }

  # Terraform destroys the bucket before its key. S3 does not delete a bucket that still holds files, so the
  # key stays too. Without the key the files would be unreadable after its deletion window. The bucket waits
  # for the table because a second stack with the same name stops there (see table.tf).
  depends_on = [aws_kms_key.files, aws_dynamodb_table.main]
}

resource "aws_s3_bucket_versioning" "files" {
  bucket = aws_s3_bucket.files.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_ownership_controls" "files" {
  bucket = aws_s3_bucket.files.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "files" {
  bucket = aws_s3_bucket.files.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "files" {
  bucket = aws_s3_bucket.files.id

  rule {
    # With a bucket key the encryption context of every file is the bucket's ARN, which the key policy and the
    # roles' policies demand. Without it each file would cost a request to KMS.
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = local.files_key_arn
    }
  }
}

# Only these two rules. An expiry of noncurrent versions would permanently delete a pinned version once a
# surplus version is newer, and a transition to an archive would make its links fail.
resource "aws_s3_bucket_lifecycle_configuration" "files" {
  bucket = aws_s3_bucket.files.id

  rule {
    id     = "abandoned-multipart-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = var.abort_multipart_days
    }
  }

  rule {
    id     = "delete-markers-without-versions"
    status = "Enabled"

    filter {}

    expiration {
      expired_object_delete_marker = true
    }
  }

  depends_on = [aws_s3_bucket_versioning.files]
}

# S3 answers by the first rule that allows the request's origin, method and headers, and Terraform sends the rules in an
# order of its own. So a read from one of the app's origins gets the answer of either rule: only the rule for uploads
# shows it ETag and Location. Only that rule allows POST and PUT.
resource "aws_s3_bucket_cors_configuration" "files" {
  bucket = aws_s3_bucket.files.id

  cors_rule {
    id              = "uploads"
    allowed_origins = concat(var.origins, local.api_origins)
    allowed_methods = local.description.bucket_cors.allow_methods
    allowed_headers = local.description.bucket_cors.allow_headers
    # A browser client hangs at 100 % if it may not read ETag and Location.
    expose_headers  = local.description.bucket_cors.expose_headers
    max_age_seconds = local.description.bucket_cors.max_age_s
  }

  # A link's page plays video and audio with CORS: without this rule they do not play, and with it they fail at
  # once when their URL has expired. Every origin may read, also "null", which a browser sends after a redirect
  # from another origin than the page's. S3 answers "*", so browsers show scripts only an answer without cookies
  # and login. The signed URL is the capability: whoever has it can read the file without a browser too.
  cors_rule {
    id              = "media"
    allowed_origins = local.description.media_cors.allow_origins
    allowed_methods = local.description.media_cors.allow_methods
    allowed_headers = local.description.media_cors.allow_headers
    max_age_seconds = local.description.media_cors.max_age_s
  }
}

resource "aws_s3_bucket_logging" "files" {
  count = var.access_log_bucket == null ? 0 : 1

  bucket        = aws_s3_bucket.files.id
  target_bucket = var.access_log_bucket.name
  target_prefix = var.access_log_bucket.prefix

  lifecycle {
    precondition {
      condition     = var.access_log_bucket.name != local.bucket_name
      error_message = "Write another bucket in access_log_bucket.name: a bucket that logs into itself logs its own log without end, and only the upload signer may write to this one."
    }
  }
}

resource "aws_s3_bucket_notification" "files" {
  bucket      = aws_s3_bucket.files.id
  eventbridge = local.has_guardduty || var.bucket_eventbridge

  queue {
    id            = "uploads"
    queue_arn     = aws_sqs_queue.uploads.arn
    events        = local.description.events.bucket
    filter_prefix = local.description.object_prefix
  }

  # S3 sends a test message when this is created, so the queue's policy must already allow it.
  depends_on = [aws_sqs_queue_policy.uploads]
}
