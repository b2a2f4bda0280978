# The healer: a function that looks each minute, and whenever something happens, at what there is, and
# puts back what differs from the desired document.
#
# schedule, events --> function --> reads the document, looks, acts --> record, topic
#                          \-> what it could not take in waits in a queue; alarms when it is silent

locals {
  function_name = "${var.name}-healer"
  function_arn  = "arn:${var.partition}:lambda:${var.aws_region}:${var.account_id}:function:${local.function_name}"
}

resource "aws_lambda_function" "this" {
  function_name = local.function_name
  description   = "Puts back what differs from what Terraform wrote that there should be"
  role          = aws_iam_role.this.arn
  handler       = "cloudscale.healer.handler"
  runtime       = "python3.12"
  architectures = ["arm64"]
  timeout       = 120
  memory_size   = 256
  kms_key_arn   = var.kms_key_arn

  filename         = var.package
  source_code_hash = filebase64sha256(var.package)

  # Never two at once, and never so many that the account has none left.
  reserved_concurrent_executions = var.reserves_concurrency ? 1 : -1

  environment {
    variables = {
      HEALING_STACK     = var.name
      HEALING_TABLE     = aws_dynamodb_table.record.name
      HEALING_TOPIC_ARN = var.topic_arn
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  depends_on = [aws_iam_role_policy.record, aws_iam_role_policy_attachment.healing]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/${var.name}/healer"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# A run that failed is not tried again: the next one comes in a minute and sees the same.
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 900 # events come in flocks, and one run at a time takes them

  destination_config {
    on_failure {
      destination = aws_sqs_queue.failed.arn
    }
  }
}

# Events that EventBridge could not hand over, and runs that failed, with their reason.
resource "aws_sqs_queue" "failed" {
  name                      = "${local.function_name}-failed"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600 # 14 days, the most
}

resource "aws_sqs_queue_policy" "failed" {
  queue_url = aws_sqs_queue.failed.id

  policy = local.failed_policy
}

locals {
  failed_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RulesOfTheHealerKeep"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.failed.arn
      Condition = { ArnLike = { "aws:SourceArn" = "${local.rule_arn}*" } }
    }]
  })
}
