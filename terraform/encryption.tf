# One key for all that this stack keeps: secrets, database, cache, logs, notices, the healer's record. The key that AWS
# lends for free would not let EventBridge and alarms write to an encrypted topic.

locals {
  logs_arn  = "arn:${local.partition}:logs:${var.aws_region}:${local.account}:log-group"
  topic_arn = "arn:${local.partition}:sns:${var.aws_region}:${local.account}:${local.name}-notices"
}

resource "aws_kms_key" "this" {
  description             = "What ${module.hold.name} keeps"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = local.key_policy
}

locals {
  key_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # AWS's own default, written out: IAM of this account decides who may use the key.
        Sid       = "IamOfThisAccountDecides"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "LogGroupsOfThisStack"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.aws_region}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = [
              "${local.logs_arn}:/${local.name}/*",
              "${local.logs_arn}:/aws/rds/instance/${local.name}-database/*",
            ]
          }
        }
      },
      {
        Sid       = "WhoTellsTheTopicOfThisStack"
        Effect    = "Allow"
        Principal = { Service = ["events.amazonaws.com", "cloudwatch.amazonaws.com"] }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "kms:EncryptionContext:aws:sns:topicArn" = local.topic_arn } }
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${module.hold.name}"
  target_key_id = aws_kms_key.this.key_id
}
