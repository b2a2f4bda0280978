# What the healer keeps of its own. Not in the document: its role, since nobody may grant rights to
# himself, and its function, without which nobody would put it back. Alarms tell people of both.

locals {
  module = "module.healing"

  own = concat(
    [
      for name, alarm in aws_cloudwatch_metric_alarm.this : {
        kind    = "alarm", name = name, id = alarm.alarm_name
        address = "${local.module}.aws_cloudwatch_metric_alarm.this[\"${name}\"]"
        of      = alarm
        fields  = { alarm_actions = [var.topic_arn] }
      }
    ],
    [
      for name, rule in aws_cloudwatch_event_rule.this : {
        kind    = "event_rule", name = "healer-${name}", id = rule.name
        address = "${local.module}.aws_cloudwatch_event_rule.this[\"${name}\"]"
        about   = { tags = rule.tags_all }
        fields = {
          pattern     = local.patterns[name]
          schedule    = rule.schedule_expression
          state       = "ENABLED"
          description = rule.description
          targets = [merge(local.patience, {
            id              = "healer"
            arn             = local.function_arn
            dead_letter_arn = aws_sqs_queue.failed.arn
          })]
        }
      }
    ],
    [
      {
        kind    = "queue", name = "healer-failed", id = aws_sqs_queue.failed.id
        address = "${local.module}.aws_sqs_queue.failed"
        about   = { tags = aws_sqs_queue.failed.tags_all }
        fields  = { policy = local.failed_policy, retention_seconds = aws_sqs_queue.failed.message_retention_seconds }
      },
      {
        kind    = "log_group", name = "healer", id = aws_cloudwatch_log_group.this.name
        address = "${local.module}.aws_cloudwatch_log_group.this"
        about   = { tags = aws_cloudwatch_log_group.this.tags_all }
        fields  = { retention_days = var.log_retention_days, key = var.kms_key_arn }
      },
      {
        kind    = "bucket", name = "healing", id = aws_s3_bucket.this.id
        address = "${local.module}.aws_s3_bucket.this"
        fields = {
          policy              = local.bucket_policy
          public_access_block = { block_acls = true, ignore_acls = true, block_policy = true, restrict_buckets = true }
          encryption          = { algorithm = "aws:kms", key = var.kms_key_arn }
          versioning          = "Enabled"
        }
      },
    ],
  )
}
