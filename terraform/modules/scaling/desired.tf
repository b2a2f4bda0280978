# What the healer keeps as it is here; modules/healing makes the document of it. A policy's ARN is made
# up by AWS and another one when it is put again, so that alarms name it by its name.

locals {
  policies = merge(
    { for name, policy in aws_autoscaling_policy.step : name => { resource = "step", id = policy.name } },
    { for name, policy in aws_autoscaling_policy.simple : name => { resource = "simple", id = policy.name } },
    { for name, policy in aws_autoscaling_policy.target : name => { resource = "target", id = policy.name } },
  )

  # By kind of policy, since each says something else.
  policy_fields = merge(
    {
      for name, policy in aws_autoscaling_policy.step : name => {
        type            = "StepScaling"
        adjustment_type = policy.adjustment_type
        aggregation     = policy.metric_aggregation_type
        min_adjustment  = local.with_alarm[name].min_adjustment_magnitude
        warm_up_seconds = policy.estimated_instance_warmup
        steps           = local.with_alarm[name].steps
        is_enabled      = true
      }
    },
    {
      for name, policy in aws_autoscaling_policy.simple : name => {
        type             = "SimpleScaling"
        adjustment_type  = policy.adjustment_type
        adjustment       = policy.scaling_adjustment
        cooldown_seconds = policy.cooldown
        is_enabled       = true
      }
    },
    {
      for name, policy in aws_autoscaling_policy.target : name => {
        type            = "TargetTrackingScaling"
        warm_up_seconds = policy.estimated_instance_warmup
        is_enabled      = true
        target = {
          value                = policy.target_tracking_configuration[0].target_value
          metric               = policy.target_tracking_configuration[0].predefined_metric_specification[0].predefined_metric_type
          label                = policy.target_tracking_configuration[0].predefined_metric_specification[0].resource_label
          is_scale_in_disabled = policy.target_tracking_configuration[0].disable_scale_in
        }
      }
    },
  )
}

output "desired" {
  description = "Scaling policies, their alarms and the policy's parameter as they are wanted, for the healer's document."

  value = concat(
    [
      for name, policy in local.policies : {
        kind    = "scaling_policy", name = policy.id, id = policy.id
        address = "aws_autoscaling_policy.${policy.resource}[\"${name}\"]"
        about   = { group = var.group_name }
        fields  = local.policy_fields[name]
      }
    ],
    [
      for name, alarm in aws_cloudwatch_metric_alarm.this : {
        kind    = "alarm", name = name, id = alarm.alarm_name
        address = "aws_cloudwatch_metric_alarm.this[\"${name}\"]"
        of      = alarm
        fields  = { alarm_actions = ["policy:${local.policies[name].id}"] }
      }
    ],
    [
      {
        kind    = "parameter", name = "scaling-policy", id = aws_ssm_parameter.policy.name
        address = "aws_ssm_parameter.policy"
        about   = { description = aws_ssm_parameter.policy.description, tags = aws_ssm_parameter.policy.tags_all }
        fields  = { value = var.document, type = "String" }
      },
    ],
  )
}
