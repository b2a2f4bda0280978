mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                     = "shop"
  aws_region               = "ap-south-1"
  account_id               = "123456789012"
  partition                = "aws"
  kms_key_arn              = "arn:aws:kms:ap-south-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  notification_email       = "ops@example.com"
  group_name               = "shop-fleet"
  load_balancer_arn_suffix = "app/shop-alb/50dc6c495c0c9188"
  target_group_arn_suffix  = "targetgroup/shop-tg/73e2d6bc24d8a067"
  application_environment  = "production"
  metrics_namespace        = "CloudScale/Commerce"
  thresholds               = { cpu_scale_out_percent = 70, cpu_scale_in_percent = 30, active_users_scale_out = 4 }
  bounds                   = { min_instances = 2, max_instances = 8 }
  scaling_alarm_arns       = ["arn:aws:cloudwatch:ap-south-1:123456789012:alarm:shop-cpu-out"]
  target_failures_alarm    = "target-failures"
  response_p95_alarm_ms    = 300
  nat_gateway_ids          = { ap-south-1a = "nat-0123456789abcdef0" }
  database                 = { identifier = "shop-database", allocated_storage_gb = 20, connections_alarm = 150 }
  cache_nodes              = 2
  log_retention_days       = 30
}

run "people_are_told_and_shown_what_happens" {
  command = apply

  module {
    source = "./modules/monitoring"
  }

  assert {
    condition = (
      length(jsondecode(aws_cloudwatch_event_rule.this["scaling"].event_pattern).detail-type) == 4 &&
      jsondecode(aws_cloudwatch_event_rule.this["scaling"].event_pattern).detail.AutoScalingGroupName == ["shop-fleet"]
    )
    error_message = "Launches and terminations, done and failed, of this fleet."
  }

  assert {
    condition     = alltrue([for target in aws_cloudwatch_event_target.this : target.arn == aws_sns_topic.this.arn && target.dead_letter_config[0].arn == aws_sqs_queue.untold.arn])
    error_message = "Each rule tells the topic, and keeps what it could not tell."
  }

  # Each <name> of a text is one that the rule takes out of the event.
  assert {
    condition = alltrue(flatten([
      for name, target in aws_cloudwatch_event_target.this : [
        for word in regexall("<([a-z]+)>", target.input_transformer[0].input_template) : contains(keys(target.input_transformer[0].input_paths), word[0])
      ]
    ]))
    error_message = "A text names something that the rule does not take out of the event."
  }

  assert {
    condition     = aws_sns_topic_subscription.email[0].endpoint == "ops@example.com" && aws_sns_topic.this.kms_master_key_id == var.kms_key_arn
    error_message = "Somebody must be told, over an encrypted topic."
  }

  assert {
    condition     = [for statement in jsondecode(aws_sns_topic_policy.this.policy).Statement : statement.Effect if statement.Principal == "*"] == ["Deny"]
    error_message = "Nobody but this stack may tell the topic something."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.untold.alarm_actions == toset([aws_sns_topic.this.arn])
    error_message = "The alarm on EventBridge must not need EventBridge."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["slow"].extended_statistic == "p95" && aws_cloudwatch_metric_alarm.this["slow"].threshold == 0.3
    error_message = "p95 over 300 ms."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["no-healthy-host"].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.this["leader-silent"].treat_missing_data == "breaching"
    error_message = "Where silence is the fault, no data must be one."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["database-storage"].threshold == 20 * 1024 * 1024 * 1024 / 5
    error_message = "A fifth of the first disk, in bytes."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["cache-2-memory"].dimensions == tomap({ CacheClusterId = "shop-cache-002" })
    error_message = "Each node of the cache must be watched, by the name that CloudWatch has."
  }

  assert {
    condition = [
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.annotations.horizontal[*].value
      if widget.properties.title == "CPU of the fleet"
    ] == [[70, 30]]
    error_message = "CPU's thresholds must be drawn."
  }

  assert {
    condition = [
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.annotations.horizontal[*].value
      if widget.properties.title == "Active users"
    ] == [[4]]
    error_message = "The users' threshold must be drawn."
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.retention_in_days == 30 && group.kms_key_id == var.kms_key_arn])
    error_message = "Logs must be encrypted, and kept for a time only."
  }
}

run "a_fleet_of_one_size_is_never_too_large" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    bounds             = { min_instances = 2, max_instances = 2 }
    notification_email = null
    database           = null
    cache_nodes        = 0
  }

  assert {
    condition     = !contains(keys(aws_cloudwatch_metric_alarm.this), "at-maximum") && length(aws_sns_topic_subscription.email) == 0
    error_message = "An alarm that can never end helps nobody."
  }
}
