# When somebody should look. People are told by the rules in events.tf; the alarm on what those
# could not tell goes to the topic itself.

locals {
  of_balancer = { LoadBalancer = var.load_balancer_arn_suffix }
  of_targets  = { LoadBalancer = var.load_balancer_arn_suffix, TargetGroup = var.target_group_arn_suffix }
  of_group    = { AutoScalingGroupName = var.group_name }
  of_ours     = { AutoScalingGroupName = var.group_name, Environment = var.application_environment }

  # about, namespace, metric, dimensions, statistic, comparison, threshold, period in s, of N periods
  # M, and what no data is.
  alarms = merge(
    {
      (var.target_failures_alarm) = {
        about     = "The shop answers with errors (5xx)."
        namespace = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", dimensions = local.of_targets, statistic = "Sum"
        over      = true, threshold = 5, period = 60, of = 3, bad = 2, missing = "notBreaching"
      }
      balancer-failures = {
        about     = "The load balancer answers with errors itself (5xx): servers are gone or do not answer."
        namespace = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", dimensions = local.of_balancer, statistic = "Sum"
        over      = true, threshold = 5, period = 60, of = 3, bad = 2, missing = "notBreaching"
      }
      unhealthy-hosts = {
        about     = "A server fails its health checks for minutes."
        namespace = "AWS/ApplicationELB", metric = "UnHealthyHostCount", dimensions = local.of_targets, statistic = "Maximum"
        over      = true, threshold = 1, period = 60, of = 5, bad = 5, missing = "notBreaching"
      }
      no-healthy-host = {
        about     = "No server passes its health checks: the shop is down."
        namespace = "AWS/ApplicationELB", metric = "HealthyHostCount", dimensions = local.of_targets, statistic = "Maximum"
        over      = false, threshold = 1, period = 60, of = 2, bad = 2, missing = "breaching"
      }
      slow = {
        about     = "One answer in twenty takes longer than the objective."
        namespace = "AWS/ApplicationELB", metric = "TargetResponseTime", dimensions = local.of_targets, statistic = "p95"
        over      = true, threshold = var.response_p95_alarm_ms / 1000, period = 60, of = 5, bad = 4, missing = "notBreaching"
      }
      cpu-stays-high = {
        about     = "CPU has been over the scale-out threshold for a quarter of an hour: growing does not help, or cannot."
        namespace = "AWS/EC2", metric = "CPUUtilization", dimensions = local.of_group, statistic = "Average"
        over      = true, threshold = var.thresholds.cpu_scale_out_percent, period = 60, of = 15, bad = 15, missing = "missing"
      }
      memory-high = {
        about     = "Servers run out of memory."
        namespace = var.metrics_namespace, metric = "MemoryUtilization", dimensions = local.of_ours, statistic = "Maximum"
        over      = true, threshold = 90, period = 60, of = 5, bad = 5, missing = "missing"
      }
      leader-silent = {
        about     = "The shop's leader has published nothing for minutes: nothing scales by users."
        namespace = var.metrics_namespace, metric = "ActiveUsers", dimensions = local.of_ours, statistic = "SampleCount"
        over      = false, threshold = 1, period = 60, of = 5, bad = 5, missing = "breaching"
      }
    },
    {
      for most in [var.bounds.max_instances] : "at-maximum" => {
        about     = "The fleet is as large as it may be: more load makes it slow."
        namespace = "AWS/AutoScaling", metric = "GroupInServiceInstances", dimensions = local.of_group, statistic = "Minimum"
        over      = true, threshold = most, period = 60, of = 10, bad = 10, missing = "missing"
      } if var.bounds.min_instances < most
    },
    {
      for zone, gateway in var.nat_gateway_ids : "nat-${zone}-full" => {
        about     = "The NAT gateway of ${zone} has no port left for one more connection."
        namespace = "AWS/NATGateway", metric = "ErrorPortAllocation", dimensions = { NatGatewayId = gateway }, statistic = "Sum"
        over      = true, threshold = 1, period = 60, of = 3, bad = 2, missing = "notBreaching"
      }
    },
    local.database_alarms,
    {
      for number in range(1, var.cache_nodes + 1) : "cache-${number}-cpu" => {
        about     = "The only thread of the cache's node ${number} is busy."
        namespace = "AWS/ElastiCache", metric = "EngineCPUUtilization", dimensions = { CacheClusterId = local.cache_node_ids[number - 1] }, statistic = "Average"
        over      = true, threshold = 80, period = 60, of = 5, bad = 5, missing = "missing"
      }
    },
    {
      for number in range(1, var.cache_nodes + 1) : "cache-${number}-memory" => {
        about     = "The cache's node ${number} is nearly full: pages' state will be thrown out."
        namespace = "AWS/ElastiCache", metric = "DatabaseMemoryUsagePercentage", dimensions = { CacheClusterId = local.cache_node_ids[number - 1] }, statistic = "Maximum"
        over      = true, threshold = 80, period = 60, of = 5, bad = 5, missing = "missing"
      }
    },
  )
  cache_node_ids = [for number in range(1, var.cache_nodes + 1) : format("%s-cache-%03d", var.name, number)]

  # One map for each database there is: none or one.
  database_alarms = merge([
    for database in var.database[*] : {
      database-cpu = {
        about     = "The database's CPU has been high for a quarter of an hour."
        namespace = "AWS/RDS", metric = "CPUUtilization", dimensions = { DBInstanceIdentifier = database.identifier }, statistic = "Average"
        over      = true, threshold = 80, period = 60, of = 15, bad = 15, missing = "missing"
      }
      database-storage = {
        about     = "Less than a fifth of the database's first disk is free."
        namespace = "AWS/RDS", metric = "FreeStorageSpace", dimensions = { DBInstanceIdentifier = database.identifier }, statistic = "Minimum"
        over      = false, threshold = database.allocated_storage_gb * 1024 * 1024 * 1024 / 5, period = 300, of = 3, bad = 3, missing = "missing"
      }
      database-memory = {
        about     = "The database's machine runs out of memory."
        namespace = "AWS/RDS", metric = "FreeableMemory", dimensions = { DBInstanceIdentifier = database.identifier }, statistic = "Minimum"
        over      = false, threshold = 128 * 1024 * 1024, period = 300, of = 3, bad = 3, missing = "missing"
      }
      database-connections = {
        about     = "Servers hold so many connections that the database will soon refuse one."
        namespace = "AWS/RDS", metric = "DatabaseConnections", dimensions = { DBInstanceIdentifier = database.identifier }, statistic = "Maximum"
        over      = true, threshold = database.connections_alarm, period = 60, of = 5, bad = 5, missing = "missing"
      }
    }
  ]...)
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.about
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  comparison_operator = each.value.over ? "GreaterThanOrEqualToThreshold" : "LessThanThreshold"
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.of
  datapoints_to_alarm = each.value.bad
  treat_missing_data  = each.value.missing

  # With few requests one slow answer is more than one in twenty.
  evaluate_low_sample_count_percentiles = startswith(each.value.statistic, "p") ? "ignore" : null
}

resource "aws_cloudwatch_metric_alarm" "untold" {
  alarm_name          = "${var.name}-untold"
  alarm_description   = "EventBridge could not tell the topic something: it waits in the queue ${aws_sqs_queue.untold.name}."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.untold.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
}
