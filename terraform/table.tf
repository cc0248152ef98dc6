# Uploads, links and upload tokens. Keys, indexes, the TTL attribute and the stream come from the description.
#
# DynamoDB refuses a second table with the same name. SQS, EventBridge and, in us-east-1, S3 do not: they
# return the existing queue, rule or bucket. So those resources wait for the table, and a second stack with
# the same name (another state, or this module under another label) stops before it takes them over.

resource "aws_dynamodb_table" "main" {
  name         = var.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = local.description.table.hash_key

  deletion_protection_enabled = var.deletion_protection

  # At most two readers: the recorder, which continues deletions, and the pipe to the app's event bus. With a
  # third, DynamoDB would throttle all three.
  stream_enabled   = true
  stream_view_type = local.description.table.stream_view
  tags             = var.tags

  dynamic "attribute" {
    for_each = local.description.table.attributes

    content {
      name = attribute.key
      type = attribute.value
    }
  }

  dynamic "global_secondary_index" {
    for_each = local.description.table.indexes

    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value.hash_key
      range_key       = global_secondary_index.value.range_key
      projection_type = "ALL"
    }
  }

  ttl {
    attribute_name = local.description.table.ttl_attribute
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = local.operations_key_arn
  }

  # A table's name cannot change, and the other names of the stack are made from it.
  lifecycle {
    ignore_changes = [name]

    postcondition {
      condition     = self.name == var.name
      error_message = "This stack is named ${self.name}, and name is now ${var.name}. A stack cannot be renamed, since its table holds every record: set name to \"${self.name}\", or make a second stack."
    }
  }
}
