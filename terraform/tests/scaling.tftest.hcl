mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                    = "shop"
  group_name              = "shop-fleet"
  application_environment = "production"
  metrics_namespace       = "CloudScale/Commerce"
  requests_label          = "app/shop-alb/50dc6c495c0c9188/targetgroup/shop-tg/73e2d6bc24d8a067"
  parameter_name          = "/shop/scaling-policy"
  document                = "{}"
}

run "the_declared_rules_become_what_aws_does" {
  command = apply

  module {
    source = "./modules/scaling"
  }

  variables {
    policy = jsondecode(file("policy.json"))
  }

  # Out by CPU.
  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["cpu-out"].namespace == "AWS/EC2" &&
      aws_cloudwatch_metric_alarm.this["cpu-out"].metric_name == "CPUUtilization" &&
      aws_cloudwatch_metric_alarm.this["cpu-out"].dimensions == tomap({ AutoScalingGroupName = "shop-fleet" }) &&
      aws_cloudwatch_metric_alarm.this["cpu-out"].comparison_operator == "GreaterThanOrEqualToThreshold" &&
      aws_cloudwatch_metric_alarm.this["cpu-out"].threshold == 70 &&
      aws_cloudwatch_metric_alarm.this["cpu-out"].period == 60
    )
    error_message = "CPU of the group at 70 % or more, by the minute."
  }

  # Out by users: the gap, every 10 seconds.
  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["users-out"].namespace == "CloudScale/Commerce" &&
      aws_cloudwatch_metric_alarm.this["users-out"].metric_name == "UsersGap" &&
      aws_cloudwatch_metric_alarm.this["users-out"].dimensions == tomap({ AutoScalingGroupName = "shop-fleet", Environment = "production" }) &&
      aws_cloudwatch_metric_alarm.this["users-out"].threshold == 1 &&
      aws_cloudwatch_metric_alarm.this["users-out"].period == 10
    )
    error_message = "The gap that users leave, by ten seconds, under the dimensions that the leader publishes."
  }

  # In: both at once.
  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.this["calm-in"].metric_query : query.expression if query.return_data]) == "IF(m1 < 30 AND m2 < 4, m1, 30)"
    error_message = "CPU below 30 % and users below 4, at once."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["calm-in"].comparison_operator == "LessThanThreshold" &&
      aws_cloudwatch_metric_alarm.this["calm-in"].threshold == 30 &&
      aws_cloudwatch_metric_alarm.this["calm-in"].metric_name == null &&
      aws_cloudwatch_metric_alarm.this["calm-in"].evaluation_periods == 10 &&
      length(aws_cloudwatch_metric_alarm.this["calm-in"].metric_query) == 3
    )
    error_message = "The alarm looks at the expression, and keeps the first condition's threshold."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.treat_missing_data == "missing"])
    error_message = "No data must never mean idle."
  }

  # Each alarm runs the policy of its own rule.
  assert {
    condition     = alltrue([for name, alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([aws_autoscaling_policy.step[name].arn])])
    error_message = "An alarm runs nothing, or something else."
  }

  assert {
    condition     = alltrue([for name, policy in aws_autoscaling_policy.step : policy.autoscaling_group_name == "shop-fleet" && policy.estimated_instance_warmup == (name == "users-out" ? 0 : 120)])
    error_message = "Policies must scale the group, with the policy's warm-up, but where the gap counts what is on its way."
  }

  assert {
    condition     = [for step in aws_autoscaling_policy.step["calm-in"].step_adjustment : step.scaling_adjustment] == [-1]
    error_message = "In by one at a time."
  }

  assert {
    condition     = toset([for step in aws_autoscaling_policy.step["cpu-out"].step_adjustment : "${coalesce(step.metric_interval_lower_bound, "-")} ${try(coalesce(step.metric_interval_upper_bound), "-")} ${step.scaling_adjustment}"]) == toset(["0 15 1", "15 - 2"])
    error_message = "Out by one from 70 % on, by two from 85 % on."
  }
}

run "rules_of_other_kinds_are_carried_out_too" {
  command = apply

  module {
    source = "./modules/scaling"
  }

  variables {
    policy = {
      warm_up_seconds = 90
      thresholds      = { cpu_scale_out_percent = 70 }
      rules = [
        {
          kind             = "simple"
          name             = "slow-out"
          adjustment       = 2
          cooldown_seconds = 120
          alarm = {
            conditions          = [{ metric = "response_p95_ms", comparison = ">", threshold = "250.5" }]
            period_seconds      = 30
            evaluation_periods  = 4
            datapoints_to_alarm = 3
            missing_data        = "notBreaching"
          }
        },
        { kind = "target", name = "cpu", metric = "cpu_percent", target = 55 },
        { kind = "target", name = "requests", metric = "requests_per_second", target = 20, is_scale_in_disabled = true, warm_up_seconds = 30 },
        {
          kind  = "step"
          name  = "busy-out"
          steps = [{ lower = 0, adjustment = 1 }]
          alarm = {
            conditions = [
              { metric = "cpu_percent", comparison = ">=", threshold = "cpu_scale_out_percent" },
              { metric = "requests_per_second", comparison = ">", threshold = "12.5" },
            ]
            period_seconds      = 60
            evaluation_periods  = 1
            datapoints_to_alarm = 1
          }
        },
      ]
    }
  }

  assert {
    condition = (
      aws_autoscaling_policy.simple["slow-out"].scaling_adjustment == 2 &&
      aws_autoscaling_policy.simple["slow-out"].cooldown == 120 &&
      aws_cloudwatch_metric_alarm.this["slow-out"].alarm_actions == toset([aws_autoscaling_policy.simple["slow-out"].arn]) &&
      aws_cloudwatch_metric_alarm.this["slow-out"].threshold == 250.5 &&
      aws_cloudwatch_metric_alarm.this["slow-out"].datapoints_to_alarm == 3 &&
      aws_cloudwatch_metric_alarm.this["slow-out"].treat_missing_data == "notBreaching"
    )
    error_message = "A simple rule is a simple policy and its alarm."
  }

  assert {
    condition     = aws_autoscaling_policy.target["cpu"].target_tracking_configuration[0].target_value == 55 && aws_autoscaling_policy.target["cpu"].estimated_instance_warmup == 90
    error_message = "A target on CPU is tracked."
  }

  assert {
    condition = (
      aws_autoscaling_policy.target["requests"].target_tracking_configuration[0].target_value == 1200 &&
      aws_autoscaling_policy.target["requests"].target_tracking_configuration[0].disable_scale_in &&
      aws_autoscaling_policy.target["requests"].target_tracking_configuration[0].predefined_metric_specification[0].resource_label == var.requests_label &&
      aws_autoscaling_policy.target["requests"].estimated_instance_warmup == 30
    )
    error_message = "A target on requests is one by the minute and instance."
  }

  # 69 is not in alarm at "70 or more".
  assert {
    condition     = output.alarms["busy-out"].expression == "IF(m1 >= 70 AND m2 > 12.5, m1, 69)"
    error_message = "While one condition does not hold the expression must not be in alarm."
  }
}

run "offered_load_is_followed_by_the_gap_that_the_leader_tells" {
  command = apply

  module {
    source = "./modules/scaling"
  }

  variables {
    policy = {
      warm_up_seconds = 90
      thresholds      = {}
      rules           = [{ kind = "offered-load", name = "ahead" }]
    }
  }

  assert {
    condition = { for name, alarm in output.alarms : name => "${one(alarm.metrics).name} ${alarm.comparison_operator} ${alarm.threshold} ${alarm.period}" } == {
      ahead-in  = "LoadGap LessThanOrEqualToThreshold -1 10"
      ahead-out = "LoadGap GreaterThanOrEqualToThreshold 1 10"
    }
    error_message = "Out at a gap of 1, in at one of -1."
  }

  # A gap of 3 is 2 over the threshold of 1: three more. One of -3 is 2 under that of -1.
  assert {
    condition = one([
      for step in aws_autoscaling_policy.step["ahead-out"].step_adjustment : step.scaling_adjustment
      if tonumber(step.metric_interval_lower_bound) <= 2 && 2 < tonumber(try(coalesce(step.metric_interval_upper_bound), "99"))
    ]) == 3
    error_message = "A gap of 3 must be filled at once."
  }

  assert {
    condition = one([
      for step in aws_autoscaling_policy.step["ahead-in"].step_adjustment : step.scaling_adjustment
      if tonumber(try(coalesce(step.metric_interval_lower_bound), "-99")) < -2 && -2 <= tonumber(step.metric_interval_upper_bound)
    ]) == -3
    error_message = "Three too many must go at once."
  }

  assert {
    condition     = length(aws_autoscaling_policy.step["ahead-out"].step_adjustment) == 10 && alltrue([for policy in aws_autoscaling_policy.step : policy.estimated_instance_warmup == 0])
    error_message = "Ten steps, and no warm-up: the gap counts what is on its way."
  }
}

run "refuses_a_rule_that_aws_does_not_know" {
  command = plan

  module {
    source = "./modules/scaling"
  }

  variables {
    policy = {
      warm_up_seconds = 90
      thresholds      = {}
      rules           = [{ kind = "fuzzy", name = "ahead" }]
    }
  }

  expect_failures = [var.policy]
}

run "refuses_a_period_that_aws_does_not_offer" {
  command = plan

  module {
    source = "./modules/scaling"
  }

  variables {
    policy = {
      warm_up_seconds = 90
      thresholds      = {}
      rules = [{
        kind = "step", name = "out", steps = [{ lower = 0, adjustment = 1 }]
        alarm = {
          conditions     = [{ metric = "active_users", comparison = ">", threshold = "1" }]
          period_seconds = 45, evaluation_periods = 1, datapoints_to_alarm = 1
        }
      }]
    }
  }

  expect_failures = [var.policy]
}

run "refuses_cpu_by_ten_seconds" {
  command = plan

  module {
    source = "./modules/scaling"
  }

  variables {
    policy = {
      warm_up_seconds = 90
      thresholds      = {}
      rules = [{
        kind = "step", name = "out", steps = [{ lower = 0, adjustment = 1 }]
        alarm = {
          conditions     = [{ metric = "cpu_percent", comparison = ">", threshold = "1" }]
          period_seconds = 10, evaluation_periods = 1, datapoints_to_alarm = 1
        }
      }]
    }
  }

  expect_failures = [var.policy]
}

run "refuses_a_threshold_that_nobody_declared" {
  command = plan

  module {
    source = "./modules/scaling"
  }

  variables {
    policy = {
      warm_up_seconds = 90
      thresholds      = { cpu_scale_out_percent = 70 }
      rules = [{
        kind = "step", name = "out", steps = [{ lower = 0, adjustment = 1 }]
        alarm = {
          conditions     = [{ metric = "cpu_percent", comparison = ">", threshold = "cpu_scale_up" }]
          period_seconds = 60, evaluation_periods = 1, datapoints_to_alarm = 1
        }
      }]
    }
  }

  expect_failures = [var.policy]
}

run "a_long_policy_takes_an_advanced_parameter" {
  command = plan

  module {
    source = "./modules/scaling"
  }

  variables {
    policy   = { warm_up_seconds = 90, thresholds = {}, rules = [] }
    document = format("%4097s", "x")
  }

  assert {
    condition     = aws_ssm_parameter.policy.tier == "Advanced"
    error_message = "A standard parameter holds 4 kB."
  }
}

run "refuses_a_policy_that_no_parameter_holds" {
  command = plan

  module {
    source = "./modules/scaling"
  }

  variables {
    policy   = { warm_up_seconds = 90, thresholds = {}, rules = [] }
    document = format("%8193s", "x")
  }

  expect_failures = [aws_ssm_parameter.policy]
}
