# The topic of the alarms. Each subscriber confirms by a mail that SNS sends.

resource "aws_sns_topic" "alarms" {
  # checkov:skip=CKV_AWS_26:An alarm contains no secret. With a KMS key, the key's policy would have to allow CloudWatch.
  name = "postern-alarms"
}

resource "aws_sns_topic" "security" {
  # checkov:skip=CKV_AWS_26:See above.
  name = "postern-security"
}

resource "aws_sns_topic_subscription" "mail" {
  for_each = { alarms = aws_sns_topic.alarms.arn, security = aws_sns_topic.security.arn }

  topic_arn = each.value
  protocol  = "email"
  endpoint  = var.alarm_mail
}
