# Where the healer reads what is wanted, and writes what it did. Its switches it may only read, and of
# its record it can take nothing away: only the lock is ever changed. It can approve nothing either.

locals {
  kept_in = {
    "s3:GetObject"      = ["${local.prefix}/desired/*"]
    "s3:ListBucket"     = [local.prefix]
    "sns:Publish"       = [var.topic_arn]
    "ssm:GetParameters" = ["arn:${var.partition}:ssm:${local.here}:parameter/${var.name}/healing/*"]
  }
  table_arn = aws_dynamodb_table.record.arn

  # Which rows of the table each may be used on, by their first key: cloudscale/adapters/aws/healing/ledger.py.
  rows = {
    "dynamodb:ConditionCheckItem" = ["lock"]
    "dynamodb:PutItem"            = ["board", "entry#*"]
    "dynamodb:UpdateItem"         = ["lock"]
  }

  recording = concat(
    [
      for action in local.permissions.record : merge(
        { Effect = "Allow", Action = [action], Resource = try(local.kept_in[action], [local.table_arn]) },
        { for keys in try([local.rows[action]], []) : "Condition" => { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = keys } } },
      )
    ],
    [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.this.arn}:log-stream:*"]
      },
      {
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.failed.arn]
      },
      {
        # Through what it is used for, and never by itself: it can read no secret.
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
        Resource = [var.kms_key_arn]
        Condition = {
          StringEquals = {
            "kms:ViaService" = [for service in ["dynamodb", "lambda", "s3", "secretsmanager", "sns"] : "${service}.${var.aws_region}.amazonaws.com"]
          }
        }
      },
    ],
  )
}
