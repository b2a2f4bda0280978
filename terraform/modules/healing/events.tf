# What has the healer look: the clock, and whatever may mean that something broke. An event only means
# "look now": what it says is not believed.

locals {
  rule_arn = "arn:${var.partition}:events:${var.aws_region}:${var.account_id}:rule/${local.function_name}-"

  rules = {
    minute = {
      description = "The healer looks each minute"
      schedule    = "rate(1 minute)"
      pattern     = null
    }
    machines = {
      description = "A machine stopped or went: the healer looks"
      schedule    = null
      pattern = {
        source      = ["aws.ec2"]
        detail-type = ["EC2 Instance State-change Notification"]
        detail      = { state = ["stopping", "stopped", "shutting-down", "terminated"] }
      }
    }
    group = {
      description = "A server went, or could not come or go: the healer looks"
      schedule    = null
      pattern = {
        source = ["aws.autoscaling"]
        detail-type = [
          "EC2 Instance Launch Unsuccessful",
          "EC2 Instance Terminate Successful",
          "EC2 Instance Terminate Unsuccessful",
        ]
        detail = { AutoScalingGroupName = [var.stack.group] }
      }
    }
    alarms = {
      description = "An alarm of this stack went off: the healer looks"
      schedule    = null
      pattern = {
        source      = ["aws.cloudwatch"]
        detail-type = ["CloudWatch Alarm State Change"]
        resources   = [{ prefix = "arn:${var.partition}:cloudwatch:${var.aws_region}:${var.account_id}:alarm:${var.name}-" }]
        detail      = { state = { value = ["ALARM"] } }
      }
    }
  }
  patterns = { for name, rule in local.rules : name => rule.pattern == null ? null : jsonencode(rule.pattern) }
  patience = { max_age_seconds = 300, max_attempts = 3 }
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.rules

  name                = "${local.function_name}-${each.key}"
  description         = each.value.description
  schedule_expression = each.value.schedule
  event_pattern       = local.patterns[each.key]
}

resource "aws_lambda_permission" "rule" {
  for_each = aws_cloudwatch_event_rule.this

  statement_id  = "rule-${each.key}"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  principal     = "events.amazonaws.com"
  source_arn    = each.value.arn
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = aws_cloudwatch_event_rule.this

  rule      = each.value.name
  target_id = "healer"
  arn       = aws_lambda_function.this.arn

  dead_letter_config {
    arn = aws_sqs_queue.failed.arn
  }

  retry_policy {
    maximum_event_age_in_seconds = local.patience.max_age_seconds
    maximum_retry_attempts       = local.patience.max_attempts
  }

  # The first run finds a document, and may call.
  depends_on = [aws_lambda_permission.rule, aws_ssm_parameter.desired, aws_ssm_parameter.switch]
}
