# Who is told. EventBridge tells it what happened, in words; what it could not tell waits in a queue,
# and the alarm on that queue tells the topic by itself.

locals {
  topic_name = "${var.name}-notices"
  topic_arn  = "arn:${var.partition}:sns:${var.aws_region}:${var.account_id}:${local.topic_name}"
}

resource "aws_sns_topic" "this" {
  name              = local.topic_name
  display_name      = "CloudScale"
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sns_topic_subscription" "email" {
  count = var.notification_email == null ? 0 : 1

  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = var.notification_email
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn

  policy = local.topic_policy
}

locals {
  topic_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RulesOfThisStackTell"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = local.topic_arn
        Condition = { ArnEquals = { "aws:SourceArn" = [for rule in aws_cloudwatch_event_rule.this : rule.arn] } }
      },
      {
        Sid       = "AlarmsOfThisStackTell"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = local.topic_arn
        Condition = { ArnLike = { "aws:SourceArn" = "${local.alarm_arn}*" } }
      },
      {
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = local.topic_arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sqs_queue" "untold" {
  name                      = "${var.name}-untold"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600 # 14 days, the most
}

resource "aws_sqs_queue_policy" "untold" {
  queue_url = aws_sqs_queue.untold.id

  policy = local.untold_policy
}

locals {
  untold_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RulesOfThisStackKeep"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.untold.arn
      Condition = { ArnEquals = { "aws:SourceArn" = [for rule in aws_cloudwatch_event_rule.this : rule.arn] } }
    }]
  })
}
