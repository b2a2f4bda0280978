output "topic_arn" {
  description = "Who is told."
  value       = aws_sns_topic.this.arn
}

output "dashboard_name" {
  description = "The dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "dashboard_body" {
  description = "What the dashboard draws."
  value       = aws_cloudwatch_dashboard.this.dashboard_body
}

output "log_group_names" {
  description = "Log groups by the file that goes there."
  value       = { for name, group in aws_cloudwatch_log_group.this : name => group.name }
}

output "log_group_arns" {
  description = "Log groups."
  value       = [for group in aws_cloudwatch_log_group.this : group.arn]
}

output "alarms" {
  description = "What each alarm of this module looks at, by its name after the stack's."
  value = {
    for name, alarm in aws_cloudwatch_metric_alarm.this : name => {
      name      = alarm.alarm_name
      metric    = alarm.metric_name
      threshold = alarm.threshold
    }
  }
}

output "rules" {
  description = "What people are told of: the pattern and the target of each rule."
  value = {
    for name, rule in aws_cloudwatch_event_rule.this : name => {
      pattern = jsondecode(rule.event_pattern)
      target  = aws_cloudwatch_event_target.this[name].arn
    }
  }
}
