output "alarm_names" {
  description = "The alarms that run scaling policies, by the rule's name."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.alarm_name }
}

output "alarm_arns" {
  description = "The alarms that run scaling policies, by the rule's name."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.arn }
}

output "alarms" {
  description = "What each alarm that runs a scaling policy looks at and does, by the rule's name."
  value = {
    for name, alarm in aws_cloudwatch_metric_alarm.this : name => {
      comparison_operator = alarm.comparison_operator
      threshold           = alarm.threshold
      period              = local.with_alarm[name].alarm.period_seconds
      evaluation_periods  = alarm.evaluation_periods
      datapoints_to_alarm = alarm.datapoints_to_alarm
      treat_missing_data  = alarm.treat_missing_data
      expression          = try(local.expressions[name], null)
      metrics             = [for one in local.conditions[name] : local.metrics[one.metric]]
      alarm_actions       = alarm.alarm_actions
    }
  }
}

output "policy_arns" {
  description = "The group's scaling policies, by the rule's name."
  value = {
    for name, policy in merge(aws_autoscaling_policy.step, aws_autoscaling_policy.simple, aws_autoscaling_policy.target) : name => policy.arn
  }
}

output "parameter_arn" {
  description = "The SSM parameter that holds the policy in force."
  value       = aws_ssm_parameter.policy.arn
}

output "parameter_value" {
  description = "The policy in force."
  value       = nonsensitive(aws_ssm_parameter.policy.value)
}
