# The scaling policy of policy.json, as AWS carries it out: each rule is a policy of the group, and
# an alarm that runs it; one for offered load is two, out and in, by the gap that the leader tells. The document itself is stored where the application reads it, so that its
# charts and AWS never disagree.

locals {
  with_alarm = {
    for rule in concat(var.policy.rules, local.by_load) : rule.name => rule if contains(["step", "simple"], rule.kind)
  }
  targets    = { for rule in var.policy.rules : rule.name => rule if rule.kind == "target" }
  thresholds = { for name, value in var.policy.thresholds : name => tostring(value) }

  # Where each metric of the policy is in CloudWatch. The names of our own are declared in
  # cloudscale/ops/cloud.py, their dimensions in cloudscale/adapters/aws/cloudwatch.py.
  ours = { AutoScalingGroupName = var.group_name, Environment = var.application_environment }
  metrics = {
    cpu_percent         = { namespace = "AWS/EC2", name = "CPUUtilization", dimensions = { AutoScalingGroupName = var.group_name } }
    active_users        = { namespace = var.metrics_namespace, name = "ActiveUsers", dimensions = local.ours }
    users_gap           = { namespace = var.metrics_namespace, name = "UsersGap", dimensions = local.ours }
    requests_per_second = { namespace = var.metrics_namespace, name = "RequestsPerSecond", dimensions = local.ours }
    load_gap            = { namespace = var.metrics_namespace, name = "LoadGap", dimensions = local.ours }
    response_p95_ms     = { namespace = var.metrics_namespace, name = "ResponseTimeP95", dimensions = local.ours }
  }
  operators = {
    ">=" = "GreaterThanOrEqualToThreshold"
    ">"  = "GreaterThanThreshold"
    "<"  = "LessThanThreshold"
    "<=" = "LessThanOrEqualToThreshold"
  }

  # Conditions with their numbers: a threshold is one itself, or the name of one.
  conditions = {
    for name, rule in local.with_alarm : name => [
      for condition in rule.alarm.conditions : merge(condition, {
        number = tonumber(lookup(local.thresholds, condition.threshold, condition.threshold))
      })
    ]
  }

  # Several conditions at once: the first one's metric while all hold, and else a number that is
  # just not in alarm. So the alarm keeps the first one's threshold, from which steps are measured.
  calm = { ">=" = -1, ">" = 0, "<" = 0, "<=" = 1 }
  expressions = {
    for name, conditions in local.conditions : name => format(
      "IF(%s, m1, %g)",
      join(" AND ", [for index, one in conditions : format("m%d %s %g", index + 1, one.comparison, one.number)]),
      conditions[0].number + local.calm[conditions[0].comparison],
    ) if length(conditions) > 1
  }
}

# Offered load: the leader computes the size and tells how many servers the desired capacity lacks,
# or has too many where that is below 0. What is on its way is counted in it, so nothing warms up.
locals {
  furthest = 9 # as far as it goes in one step; whoever needs more gets it in the next

  by_load = flatten([
    for rule in var.policy.rules : [
      for way, comparison in { out = ">=", in = "<=" } : merge(rule, {
        kind            = "step"
        name            = "${rule.name}-${way}"
        warm_up_seconds = 0
        alarm = {
          conditions          = [{ metric = "load_gap", comparison = comparison, threshold = way == "out" ? "1" : "-1", statistic = "Average" }]
          period_seconds      = 10
          evaluation_periods  = 1
          datapoints_to_alarm = 1
          missing_data        = "missing"
        }
        # One more or less at a gap of one, two at two, and so on to the last, which has no end.
        steps = [
          for n in range(local.furthest + 1) : way == "out" ?
          { lower = n, upper = n < local.furthest ? n + 1 : null, adjustment = n + 1 } :
          { lower = n < local.furthest ? -n - 1 : null, upper = -n, adjustment = -n - 1 }
        ]
      })
    ] if rule.kind == "offered-load"
  ])
}

resource "aws_autoscaling_policy" "step" {
  for_each = { for name, rule in local.with_alarm : name => rule if rule.kind == "step" }

  name                      = "${var.name}-${each.key}"
  autoscaling_group_name    = var.group_name
  policy_type               = "StepScaling"
  adjustment_type           = each.value.adjustment_type
  metric_aggregation_type   = each.value.alarm.conditions[0].statistic
  min_adjustment_magnitude  = each.value.min_adjustment_magnitude
  estimated_instance_warmup = coalesce(each.value.warm_up_seconds, var.policy.warm_up_seconds)

  dynamic "step_adjustment" {
    for_each = each.value.steps

    content {
      metric_interval_lower_bound = step_adjustment.value.lower
      metric_interval_upper_bound = step_adjustment.value.upper
      scaling_adjustment          = step_adjustment.value.adjustment
    }
  }
}

resource "aws_autoscaling_policy" "simple" {
  for_each = { for name, rule in local.with_alarm : name => rule if rule.kind == "simple" }

  name                   = "${var.name}-${each.key}"
  autoscaling_group_name = var.group_name
  policy_type            = "SimpleScaling"
  adjustment_type        = each.value.adjustment_type
  scaling_adjustment     = each.value.adjustment
  cooldown               = each.value.cooldown_seconds
}

# AWS makes and owns the alarms of these.
resource "aws_autoscaling_policy" "target" {
  for_each = local.targets

  name                      = "${var.name}-${each.key}"
  autoscaling_group_name    = var.group_name
  policy_type               = "TargetTrackingScaling"
  estimated_instance_warmup = coalesce(each.value.warm_up_seconds, var.policy.warm_up_seconds)

  target_tracking_configuration {
    # AWS counts requests of each instance in a minute; the policy says them by the second.
    target_value     = each.value.metric == "cpu_percent" ? each.value.target : each.value.target * 60
    disable_scale_in = each.value.is_scale_in_disabled

    predefined_metric_specification {
      predefined_metric_type = each.value.metric == "cpu_percent" ? "ASGAverageCPUUtilization" : "ALBRequestCountPerTarget"
      resource_label         = each.value.metric == "cpu_percent" ? null : var.requests_label
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.with_alarm

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "Runs the scaling policy ${each.key} of ${var.group_name}."
  comparison_operator = local.operators[local.conditions[each.key][0].comparison]
  threshold           = local.conditions[each.key][0].number
  evaluation_periods  = each.value.alarm.evaluation_periods
  datapoints_to_alarm = each.value.alarm.datapoints_to_alarm
  treat_missing_data  = each.value.alarm.missing_data

  # One condition looks at its metric, several at an expression of theirs.
  namespace   = length(local.conditions[each.key]) > 1 ? null : local.metrics[local.conditions[each.key][0].metric].namespace
  metric_name = length(local.conditions[each.key]) > 1 ? null : local.metrics[local.conditions[each.key][0].metric].name
  dimensions  = length(local.conditions[each.key]) > 1 ? null : local.metrics[local.conditions[each.key][0].metric].dimensions
  statistic   = length(local.conditions[each.key]) > 1 ? null : local.conditions[each.key][0].statistic
  period      = length(local.conditions[each.key]) > 1 ? null : each.value.alarm.period_seconds

  dynamic "metric_query" {
    for_each = contains(keys(local.expressions), each.key) ? [local.expressions[each.key]] : []

    content {
      id          = "all"
      label       = each.key
      expression  = metric_query.value
      return_data = true
    }
  }

  dynamic "metric_query" {
    for_each = length(local.conditions[each.key]) > 1 ? local.conditions[each.key] : []

    content {
      id          = "m${metric_query.key + 1}"
      return_data = false

      metric {
        namespace   = local.metrics[metric_query.value.metric].namespace
        metric_name = local.metrics[metric_query.value.metric].name
        dimensions  = local.metrics[metric_query.value.metric].dimensions
        stat        = metric_query.value.statistic
        period      = each.value.alarm.period_seconds
      }
    }
  }

  # People are told by an EventBridge rule on every alarm whose name begins as this one's does.
  alarm_actions = [
    each.value.kind == "step" ? aws_autoscaling_policy.step[each.key].arn : aws_autoscaling_policy.simple[each.key].arn
  ]
}

resource "aws_ssm_parameter" "policy" {
  name        = var.parameter_name
  description = "The scaling policy in force, as cloudscale/ops/policy reads it. It holds no secret."
  type        = "String"
  value       = var.document
  # A standard one costs nothing and holds 4 kB, an advanced one 8 kB.
  tier = length(var.document) > 4096 ? "Advanced" : "Standard"

  lifecycle {
    precondition {
      condition     = length(var.document) <= 8192
      error_message = "policy.json: ${length(var.document)} characters are more than the 8192 that an SSM parameter holds; take rules or words out."
    }
  }
}
