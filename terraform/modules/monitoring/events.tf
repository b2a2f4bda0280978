# What is told: each scaling event, each step of a rolling replacement, each alarm that begins and
# ends. An alarm is one of this stack by its name, which begins with the stack's.
# Source: Amazon EC2 Auto Scaling User Guide, "Amazon EC2 Auto Scaling event reference"; Amazon
# CloudWatch User Guide, "Alarm events and EventBridge".

locals {
  alarm_arn = "arn:${var.partition}:cloudwatch:${var.aws_region}:${var.account_id}:alarm:${var.name}-"

  rules = {
    scaling = {
      description = "A server came or went, or could not"
      pattern = {
        source = ["aws.autoscaling"]
        detail-type = [
          "EC2 Instance Launch Successful",
          "EC2 Instance Launch Unsuccessful",
          "EC2 Instance Terminate Successful",
          "EC2 Instance Terminate Unsuccessful",
        ]
        detail = { AutoScalingGroupName = [var.group_name] }
      }
      paths = {
        what    = "$.detail-type"
        time    = "$.time"
        group   = "$.detail.AutoScalingGroupName"
        server  = "$.detail.EC2InstanceId"
        cause   = "$.detail.Cause"
        message = "$.detail.StatusMessage"
      }
      lines = ["<what>: <server> of <group>, <time>.", "<cause>", "<message>"]
    }
    refresh = {
      description = "Servers are being replaced"
      pattern = {
        source = ["aws.autoscaling"]
        detail-type = [
          "EC2 Auto Scaling Instance Refresh Started",
          "EC2 Auto Scaling Instance Refresh Checkpoint Reached",
          "EC2 Auto Scaling Instance Refresh Succeeded",
          "EC2 Auto Scaling Instance Refresh Failed",
          "EC2 Auto Scaling Instance Refresh Cancelled",
          "EC2 Auto Scaling Instance Refresh Rollback Started",
          "EC2 Auto Scaling Instance Refresh Rollback Succeeded",
          "EC2 Auto Scaling Instance Refresh Rollback Failed",
        ]
        detail = { AutoScalingGroupName = [var.group_name] }
      }
      paths = {
        what  = "$.detail-type"
        time  = "$.time"
        group = "$.detail.AutoScalingGroupName"
        id    = "$.detail.InstanceRefreshId"
      }
      lines = ["<what>: <group>, refresh <id>, <time>."]
    }
    alarm-raised = {
      description = "An alarm of this stack went off"
      pattern     = merge(local.alarm_pattern, { detail = { state = { value = ["ALARM"] } } })
      paths       = local.alarm_paths
      lines       = ["ALARM <alarm>, <time>. <about>", "<reason>"]
    }
    alarm-ended = {
      description = "An alarm of this stack is over"
      pattern     = merge(local.alarm_pattern, { detail = { state = { value = ["OK"] }, previousState = { value = ["ALARM"] } } })
      paths       = local.alarm_paths
      lines       = ["OK again: <alarm>, <time>. <about>", "<reason>"]
    }
  }

  alarm_pattern = {
    source      = ["aws.cloudwatch"]
    detail-type = ["CloudWatch Alarm State Change"]
    resources   = [{ prefix = local.alarm_arn }]
  }
  alarm_paths = {
    alarm  = "$.detail.alarmName"
    time   = "$.time"
    reason = "$.detail.state.reason"
    about  = "$.detail.configuration.description"
  }
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.rules

  name          = "${var.name}-${each.key}"
  description   = each.value.description
  event_pattern = jsonencode(each.value.pattern)
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.rules

  rule      = aws_cloudwatch_event_rule.this[each.key].name
  target_id = "notices"
  arn       = aws_sns_topic.this.arn

  input_transformer {
    input_paths    = each.value.paths
    input_template = join("\n", [for line in each.value.lines : "\"${line}\""])
  }

  dead_letter_config {
    arn = aws_sqs_queue.untold.arn
  }

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 20
  }
}
