# The dashboard: what the shop's own /ops page shows, where the shop itself is down. The policy's
# thresholds are drawn as lines.

locals {
  ours = ["AutoScalingGroupName", var.group_name, "Environment", var.application_environment]

  charts = concat([
    {
      title   = "Active users"
      metrics = [concat([var.metrics_namespace, "ActiveUsers"], local.ours)]
      stat    = "Average"
      unit    = "users"
      lines   = [{ label = "One more server", value = var.thresholds.active_users_scale_out }]
    },
    {
      title   = "CPU of the fleet"
      metrics = [["AWS/EC2", "CPUUtilization", "AutoScalingGroupName", var.group_name]]
      stat    = "Average"
      unit    = "%"
      lines = [
        { label = "Scale out", value = var.thresholds.cpu_scale_out_percent },
        { label = "Scale in", value = var.thresholds.cpu_scale_in_percent },
      ]
    },
    {
      title = "Servers"
      metrics = [
        for metric in ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances", "GroupTerminatingInstances"] :
        ["AWS/AutoScaling", metric, "AutoScalingGroupName", var.group_name]
      ]
      stat = "Average"
      unit = "servers"
      lines = [
        { label = "Fewest", value = var.bounds.min_instances },
        { label = "Most", value = var.bounds.max_instances },
      ]
    },
    {
      title = "Response time, p50 and p95"
      metrics = [
        for stat in ["p50", "p95"] : [
          "AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", var.load_balancer_arn_suffix,
          "TargetGroup", var.target_group_arn_suffix, { stat = stat, label = stat }
        ]
      ]
      stat  = "p95"
      unit  = "s"
      lines = [{ label = "Objective for p95", value = var.response_p95_alarm_ms / 1000 }]
    },
    {
      title = "Requests and errors"
      metrics = [
        for metric in ["RequestCount", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"] :
        ["AWS/ApplicationELB", metric, "LoadBalancer", var.load_balancer_arn_suffix]
      ]
      stat  = "Sum"
      unit  = "a minute"
      lines = []
    },
    {
      title = "Servers that pass and fail health checks"
      metrics = [
        for metric in ["HealthyHostCount", "UnHealthyHostCount"] :
        ["AWS/ApplicationELB", metric, "LoadBalancer", var.load_balancer_arn_suffix, "TargetGroup", var.target_group_arn_suffix]
      ]
      stat  = "Maximum"
      unit  = "servers"
      lines = []
    },
    ], flatten([for database in var.database[*] : [
      {
        title   = "Database: CPU"
        metrics = [["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", database.identifier]]
        stat    = "Average"
        unit    = "%"
        lines   = [{ label = "Alarm", value = 80 }]
      },
      {
        title   = "Database: connections"
        metrics = [["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", database.identifier]]
        stat    = "Maximum"
        unit    = "connections"
        lines   = [{ label = "Alarm", value = database.connections_alarm }]
      },
    ]]), [
    for nodes in [local.cache_node_ids] : {
      title   = "Cache: memory"
      metrics = [for node in nodes : ["AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "CacheClusterId", node]]
      stat    = "Maximum"
      unit    = "%"
      lines   = [{ label = "Alarm", value = 80 }]
    } if var.cache_nodes > 0
  ])

  # Three charts of eight columns a row, under the alarms.
  widgets = concat([
    {
      type   = "alarm"
      x      = 0
      y      = 0
      width  = 24
      height = 4
      properties = {
        title  = "Alarms"
        alarms = concat(var.scaling_alarm_arns, [for alarm in aws_cloudwatch_metric_alarm.this : alarm.arn], [aws_cloudwatch_metric_alarm.untold.arn])
      }
    }
    ], [
    for index, chart in local.charts : {
      type   = "metric"
      x      = index % 3 * 8
      y      = 4 + floor(index / 3) * 6
      width  = 8
      height = 6
      properties = {
        title       = chart.title
        region      = var.aws_region
        view        = "timeSeries"
        period      = 60
        stat        = chart.stat
        metrics     = chart.metrics
        yAxis       = { left = { min = 0, label = chart.unit, showUnits = false } }
        annotations = { horizontal = chart.lines }
      }
    }
  ])
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({ start = "-PT3H", widgets = local.widgets })
}
