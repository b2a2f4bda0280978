# The whole stack: how its parts meet.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  application_repository = "https://example.com/shop.git"
  healer_package         = "README.md" # any file: nothing is uploaded
  notification_email     = "ops@example.com"
}

run "the_defaults_are_the_mission" {
  command = apply

  assert {
    condition     = output.availability_zones == tolist(["ap-south-1a", "ap-south-1b"])
    error_message = "The fleet must stand in ap-south-1a and b."
  }

  assert {
    condition     = length(output.public_subnet_ids) == 2 && length(output.private_subnet_ids) == 2
    error_message = "Each zone must have a public and a private subnet."
  }

  assert {
    condition = output.scaling_policy.thresholds == {
      cpu_scale_out_percent  = 70
      cpu_scale_in_percent   = 30
      active_users_scale_out = 4
    }
    error_message = "The thresholds must be 70 % CPU out, 30 % in and 4 users."
  }

  assert {
    condition     = jsonencode(output.scaling_policy) == jsonencode(jsondecode(file("policy.json")))
    error_message = "Where nothing is set, policy.json must be in force as it is."
  }

  assert {
    condition     = module.scaling.parameter_value == jsonencode(output.scaling_policy)
    error_message = "The application must read what is in force."
  }

  assert {
    condition     = output.load_balancer_url == "http://${output.load_balancer_dns}"
    error_message = "Without a certificate the shop is served over HTTP."
  }

  assert {
    condition     = output.cloudwatch_dashboard_url == "https://ap-south-1.console.aws.amazon.com/cloudwatch/home?region=ap-south-1#dashboards:name=cloudscale-production"
    error_message = "The dashboard's address must open this stack's."
  }

  assert {
    condition     = output.healer_function_name == "cloudscale-production-healer" && output.healing_table == "cloudscale-production-healing"
    error_message = "There must be a healer, and a record of what it does."
  }

  assert {
    condition     = module.monitoring.alarms[local.target_failures_alarm].name == "cloudscale-production-target-failures"
    error_message = "The alarm that turns a rollout back must be there."
  }

  assert {
    condition     = output.release_bucket == "cloudscale-production-releases-123456789012-ap-south-1" && strcontains(jsonencode(local.desired), "module.release.aws_s3_bucket.this")
    error_message = "Releases must have a bucket, and the healer must keep it."
  }

  assert {
    condition     = length(module.database) == 1 && length(module.cache) == 1
    error_message = "A database and a cache of our own are the default."
  }

  assert {
    condition     = module.fleet.group_name == "cloudscale-production-fleet" && local.settings.TRUSTED_PROXY_HOPS == "1"
    error_message = "The group must have the name that metrics and alarms go by, and servers must believe one proxy."
  }

  # Each name begins with what the rules listen to; both rules write to the topic.
  assert {
    condition = alltrue([
      for name in concat(values(module.scaling.alarm_names), [for alarm in module.monitoring.alarms : alarm.name]) :
      startswith("arn:aws:cloudwatch:ap-south-1:123456789012:alarm:${name}", module.monitoring.rules["alarm-raised"].pattern.resources[0].prefix)
    ])
    error_message = "An alarm has a name that no rule listens to."
  }

  assert {
    condition     = alltrue([for rule in module.monitoring.rules : rule.target == output.sns_topic_arn])
    error_message = "A rule tells somebody else than the topic."
  }

  assert {
    condition     = length(module.scaling.alarm_names) == 3 && length(module.monitoring.alarms) == 19
    error_message = "There must be 3 alarms that scale, and 19 that call somebody."
  }

  assert {
    condition     = toset(keys(module.scaling.policy_arns)) == toset([for rule in local.declared.rules : rule.name])
    error_message = "Each rule of policy.json must be a scaling policy."
  }

  assert {
    condition     = toset(keys(module.scaling.alarms)) == toset([for rule in local.declared.rules : rule.name])
    error_message = "Each rule of policy.json must have an alarm."
  }

  assert {
    condition     = length(setintersection(keys(local.settings), keys(local.secrets))) == 0
    error_message = "A secret setting is written into user data."
  }

  assert {
    condition     = sort(keys(local.secrets)) == tolist(["DATABASE_URL", "METRICS_TOKEN", "REDIS_URL", "SECRET_KEY"])
    error_message = "The secrets must come from Secrets Manager."
  }
}

run "a_variable_overrides_the_file_everywhere" {
  command = apply

  variables {
    min_instances                   = 3
    max_instances                   = 12
    desired_instances               = 4
    cpu_scale_up_threshold          = 60
    cpu_scale_down_threshold        = 20
    active_users_scale_up_threshold = 10
    users_per_instance              = 25
  }

  assert {
    condition     = output.scaling_policy.bounds == { min_instances = 3, max_instances = 12, desired_instances = 4 }
    error_message = "The bounds in force must be those that were set."
  }

  assert {
    condition     = output.scaling_policy.users_per_instance == 25 && output.scaling_policy.thresholds.active_users_scale_out == 10
    error_message = "The users in force must be those that were set."
  }

  assert {
    condition     = module.scaling.alarms["cpu-out"].threshold == 60
    error_message = "The alarm must have the threshold that was set."
  }

  assert {
    condition     = module.scaling.alarms["calm-in"].expression == "IF(m1 < 20 AND m2 < 10, m1, 20)"
    error_message = "The scale-in alarm must have both thresholds that were set."
  }

  assert {
    condition     = jsondecode(module.scaling.parameter_value).thresholds.cpu_scale_out_percent == 60
    error_message = "The application must read the threshold that was set."
  }

  assert {
    condition     = module.monitoring.alarms["cpu-stays-high"].threshold == 60 && module.monitoring.alarms["at-maximum"].threshold == 12
    error_message = "Alarms for people must have the numbers that were set."
  }

  assert {
    condition     = strcontains(module.monitoring.dashboard_body, "\"label\":\"Scale out\",\"value\":60") && strcontains(module.monitoring.dashboard_body, "\"label\":\"Most\",\"value\":12")
    error_message = "The dashboard must draw the numbers that were set."
  }
}

run "a_bound_takes_the_first_servers_along" {
  command = plan

  variables {
    min_instances = 5
  }

  assert {
    condition     = output.scaling_policy.bounds == { min_instances = 5, max_instances = 8, desired_instances = 5 }
    error_message = "A new fleet must start within its bounds."
  }
}

run "a_certificate_brings_https" {
  command = apply

  variables {
    ssl_certificate_arn = "arn:aws:acm:ap-south-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    domain_name         = "shop.example.com"
  }

  assert {
    condition     = output.load_balancer_url == "https://shop.example.com" && local.settings.PUBLIC_URL == "https://shop.example.com"
    error_message = "Browsers and the application must agree on the origin."
  }
}

run "a_database_elsewhere_makes_none_here" {
  command = apply

  variables {
    database_url_secret_arn = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:neon-AbCdEf"
    redis_url_secret_arn    = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:redis-AbCdEf"
    smtp_url_secret_arn     = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:smtp-AbCdEf"
  }

  assert {
    condition     = length(module.database) == 0 && length(module.cache) == 0
    error_message = "Nothing must be made in RDS and ElastiCache."
  }

  assert {
    condition     = local.secrets.DATABASE_URL == { arn = var.database_url_secret_arn, template = "{}" }
    error_message = "Servers must take the secret as the whole DATABASE_URL."
  }

  assert {
    condition     = local.secrets.SMTP_URL.arn == var.smtp_url_secret_arn
    error_message = "Servers must know where SMTP_URL is."
  }

  assert {
    condition     = length([for name, alarm in module.monitoring.alarms : name if startswith(name, "database") || startswith(name, "cache")]) == 0
    error_message = "There is nothing to be alarmed about in RDS and ElastiCache."
  }

  assert {
    condition     = contains(local.outbound[*].port, 5432) && one([for rule in local.outbound : rule.cidrs if rule.port == 5432]) == tolist(["0.0.0.0/0"])
    error_message = "Servers must reach a database anywhere."
  }
}

run "a_demo_is_told_to_be_one" {
  command = apply

  variables {
    environment = "demo"
  }

  assert {
    condition     = local.settings.ENVIRONMENT == "demo" && module.fleet.group_name == "cloudscale-demo-fleet"
    error_message = "A demo stack must run the demo."
  }
}
