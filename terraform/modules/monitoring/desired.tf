# What the healer keeps as it is here; modules/healing makes the document of it.

output "desired" {
  description = "Alarms, topic, queue, event rules and log groups as they are wanted, for the healer's document."

  value = concat(
    [
      for name, alarm in aws_cloudwatch_metric_alarm.this : {
        kind    = "alarm", name = name, id = alarm.alarm_name
        address = "aws_cloudwatch_metric_alarm.this[\"${name}\"]"
        of      = alarm
        fields  = { alarm_actions = [] }
      }
    ],
    [
      {
        kind    = "alarm", name = "untold", id = aws_cloudwatch_metric_alarm.untold.alarm_name
        address = "aws_cloudwatch_metric_alarm.untold"
        of      = aws_cloudwatch_metric_alarm.untold
        fields  = { alarm_actions = [aws_sns_topic.this.arn] }
      },
      {
        kind    = "topic", name = "notices", id = aws_sns_topic.this.arn
        address = "aws_sns_topic.this"
        about   = { tags = aws_sns_topic.this.tags_all }
        fields = {
          policy       = local.topic_policy
          key          = var.kms_key_arn
          display_name = aws_sns_topic.this.display_name
        }
      },
      {
        kind    = "queue", name = "untold", id = aws_sqs_queue.untold.id
        address = "aws_sqs_queue.untold"
        about   = { tags = aws_sqs_queue.untold.tags_all }
        fields  = { policy = local.untold_policy, retention_seconds = aws_sqs_queue.untold.message_retention_seconds }
      },
    ],
    [
      for index, subscription in aws_sns_topic_subscription.email : {
        kind    = "subscription", name = "email", id = "${aws_sns_topic.this.arn}|email|${subscription.endpoint}"
        address = "aws_sns_topic_subscription.email[${index}]"
        about   = { topic = aws_sns_topic.this.arn, protocol = "email", endpoint = subscription.endpoint }
        fields  = { is_there = true }
      }
    ],
    [
      for name, rule in aws_cloudwatch_event_rule.this : {
        kind    = "event_rule", name = name, id = rule.name
        address = "aws_cloudwatch_event_rule.this[\"${name}\"]"
        about   = { tags = rule.tags_all }
        fields = {
          pattern     = jsonencode(local.rules[name].pattern)
          state       = "ENABLED"
          description = rule.description
          targets = [{
            id              = aws_cloudwatch_event_target.this[name].target_id
            arn             = aws_sns_topic.this.arn
            input_paths     = local.rules[name].paths
            input_template  = aws_cloudwatch_event_target.this[name].input_transformer[0].input_template
            dead_letter_arn = aws_sqs_queue.untold.arn
            max_age_seconds = aws_cloudwatch_event_target.this[name].retry_policy[0].maximum_event_age_in_seconds
            max_attempts    = aws_cloudwatch_event_target.this[name].retry_policy[0].maximum_retry_attempts
          }]
        }
      }
    ],
    [
      for name, group in aws_cloudwatch_log_group.this : {
        kind    = "log_group", name = name, id = group.name
        address = "aws_cloudwatch_log_group.this[\"${name}\"]"
        about   = { tags = group.tags_all }
        fields  = { retention_days = var.log_retention_days, key = var.kms_key_arn }
      }
    ],
  )
}
