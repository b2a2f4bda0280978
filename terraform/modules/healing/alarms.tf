# Who watches the watcher. These tell the topic by themselves: EventBridge may be what is broken.

locals {
  of_function = { FunctionName = local.function_name }

  alarms = {
    healer-silent = {
      about     = "The healer has not run for 5 minutes: nothing is put back."
      namespace = "AWS/Lambda", metric = "Invocations", dimensions = local.of_function, statistic = "SampleCount"
      over      = false, threshold = 1, of = 5, bad = 5, missing = "breaching"
    }
    healer-failing = {
      about     = "The healer fails: its log says why."
      namespace = "AWS/Lambda", metric = "Errors", dimensions = local.of_function, statistic = "Sum"
      over      = true, threshold = 1, of = 5, bad = 3, missing = "notBreaching"
    }
    healer-unheard = {
      about     = "An event did not reach the healer, or a run failed: it waits in the queue ${local.function_name}-failed."
      namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = aws_sqs_queue.failed.name }, statistic = "Maximum"
      over      = true, threshold = 1, of = 1, bad = 1, missing = "notBreaching"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.about
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.over ? "GreaterThanOrEqualToThreshold" : "LessThanThreshold"
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = each.value.of
  datapoints_to_alarm = each.value.bad
  treat_missing_data  = each.value.missing
  alarm_actions       = [var.topic_arn]
}
