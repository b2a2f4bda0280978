# What the healer is told, what it may do, and when it runs.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  application_repository = "https://example.com/shop.git"
  notification_email     = "ops@example.com"
  healer_package         = "README.md" # any file: nothing is uploaded
}

run "the_document_says_what_there_should_be" {
  command = apply

  assert {
    condition     = jsondecode(module.healing.document).schema == 1 && jsondecode(module.healing.document).change == local.change
    error_message = "The document must say its version, and which inputs it was written for."
  }

  assert {
    condition     = length(distinct([for one in jsondecode(module.healing.document).resources : "${one.kind}/${one.name}"])) == length(jsondecode(module.healing.document).resources)
    error_message = "A resource is named twice."
  }

  assert {
    condition     = length(distinct([for one in jsondecode(module.healing.document).resources : one.address])) == length(jsondecode(module.healing.document).resources)
    error_message = "An address is named twice."
  }

  # Every kind that cloudscale/ops/healing/kinds knows.
  assert {
    condition = sort(distinct([for one in jsondecode(module.healing.document).resources : one.kind])) == tolist([
      "alarm", "auto_scaling_group", "bucket", "database", "event_rule", "instance_profile", "key", "launch_template",
      "lifecycle_hook", "listener", "listener_rule", "load_balancer", "log_group", "parameter", "parameter_group", "queue", "role",
      "scaling_policy", "secret", "security_group", "subscription", "target_group", "topic",
    ])
    error_message = "A kind of resource is not kept."
  }

  assert {
    condition     = jsondecode(module.healing.document).limits.mode == "plan" && jsondecode(module.healing.document).limits.share_percent == 10
    error_message = "The healer must only look until somebody switches it on."
  }

  assert {
    condition     = jsondecode(module.healing.document).stack.group == "cloudscale-production-fleet" && jsondecode(module.healing.document).stack.database == "cloudscale-production-database"
    error_message = "The healer must know the fleet and the database by their names."
  }

  # What a server on loopback forgets, so that no other test sees it.
  assert {
    condition = one([for one in jsondecode(module.healing.document).resources : [one.fields.default_warm_up_seconds, one.fields.max_lifetime_seconds, one.fields.maintenance.max_healthy_percent] if one.kind == "auto_scaling_group"]) == [
      120, 30 * 86400, 150
    ]
    error_message = "The group's pace must be kept."
  }

  assert {
    condition     = one([for one in jsondecode(module.healing.document).resources : one.fields.ingress if one.kind == "security_group" && one.name == "alb"])[0].cidrs == ["0.0.0.0/0"]
    error_message = "Rules must be in the document."
  }

  assert {
    condition     = one([for one in jsondecode(module.healing.document).resources : [one.fields.ingress, one.fields.egress] if one.name == "default-closed"]) == [[], []]
    error_message = "Of the default group no rule is wanted."
  }

  # AWS makes up another ARN for a policy that is put again: alarms go by the name.
  assert {
    condition = toset(flatten([for one in jsondecode(module.healing.document).resources : one.fields.alarm_actions if one.kind == "alarm" && contains(["cpu-out", "users-out", "calm-in"], one.name)])) == toset([
      for one in jsondecode(module.healing.document).resources : "policy:${one.name}" if one.kind == "scaling_policy"
    ])
    error_message = "Each alarm must run a policy that is in the document."
  }

  assert {
    condition     = length(one([for one in jsondecode(module.healing.document).resources : one.fields.queries if one.name == "calm-in"])) == 3
    error_message = "An alarm on several metrics must have all of its queries."
  }

  assert {
    condition     = !strcontains(module.healing.document, "abcdefghijklmnopqrstuvwxyz0123456789")
    error_message = "A secret is in the document."
  }

  assert {
    condition     = local.settings.HEALING_STACK == "cloudscale-production" && local.settings.HEALING_TABLE == output.healing_table
    error_message = "The shop must find the record."
  }
}

run "the_healer_may_make_its_own_calls_on_our_own_resources" {
  command = apply

  assert {
    condition = alltrue([
      for part, actions in jsondecode(file("modules/healing/permissions.json")) :
      length(setsubtract(actions, flatten([for statement in module.healing.statements[{ observe = "look", act = "act", record = "record" }[part]] : statement.Action]))) == (
        part == "act" ? 1 : 0 # AttachRolePolicy: nothing is attached in this stack
      )
    ])
    error_message = "The healer lacks a permission that its code needs."
  }

  assert {
    condition     = length([for statement in flatten(values(module.healing.statements)) : statement if anytrue([for action in statement.Action : strcontains(action, "*")])]) == 0
    error_message = "Each action must be named."
  }

  assert {
    condition     = length([for statement in concat(module.healing.statements.act, module.healing.statements.record) : statement if contains(statement.Resource, "*") && !contains(statement.Action, "ec2:RunInstances")]) == 0
    error_message = "What changes something must be limited to our own."
  }

  assert {
    condition = alltrue([
      for statement in module.healing.statements.act : can(statement.Condition) if anytrue([for arn in statement.Resource : endswith(arn, "/*") && strcontains(arn, ":ec2:")]) || contains(statement.Resource, "*")
    ])
    error_message = "Machines must be limited by a tag or by their template."
  }

  assert {
    condition     = length([for statement in module.healing.statements.act : statement if strcontains(jsonencode(statement.Resource), "-*")]) == 0
    error_message = "What begins with the stack's name may be another stack's."
  }

  assert {
    condition     = one([for statement in module.healing.statements.record : statement.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] if contains(statement.Action, "dynamodb:PutItem")]) == ["board", "entry#*"]
    error_message = "The healer must neither approve anything nor break its lock."
  }

  assert {
    condition     = length([for statement in module.healing.statements.act : statement if strcontains(jsonencode(statement.Resource), "/healing/") || strcontains(jsonencode(statement.Resource), "role/cloudscale-production-healer")]) == 0
    error_message = "The healer must neither turn its switches nor grant itself rights."
  }

  assert {
    condition     = length([for statement in flatten(values(module.healing.statements)) : statement if length(setintersection(statement.Action, ["secretsmanager:GetSecretValue", "dynamodb:DeleteItem", "ec2:TerminateInstances", "iam:AttachRolePolicy"])) > 0]) == 0
    error_message = "The healer may do something that it never needs."
  }

  assert {
    condition     = alltrue([for policy in values(module.healing.policies) : length(policy) <= 6144]) && length(jsonencode(module.healing.statements.record)) <= 5000
    error_message = "IAM takes 6,144 characters: ${jsonencode({ for name, policy in module.healing.policies : name => length(policy) })}."
  }

  assert {
    condition     = length(flatten([for policy in values(module.healing.policies) : jsondecode(policy).Statement])) == length(concat(module.healing.statements.look, module.healing.statements.act))
    error_message = "A statement is in no policy."
  }
}

run "without_a_database_there_is_none_to_heal" {
  command = apply

  variables {
    database_url_secret_arn = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:neon-AbCdEf"
    redis_url_secret_arn    = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:redis-AbCdEf"
    ssl_certificate_arn     = "arn:aws:acm:ap-south-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    domain_name             = "shop.example.com"
    interface_endpoints     = ["ssm"]
    healing_mode            = "approve"
    healing_window          = "20:00-22:00"
  }

  assert {
    condition     = length([for one in jsondecode(module.healing.document).resources : one if one.kind == "database"]) == 0 && jsondecode(module.healing.document).stack.database == ""
    error_message = "There is no database of ours."
  }

  assert {
    condition     = length([for statement in concat(module.healing.statements.look, module.healing.statements.act) : statement if length(statement.Resource) == 0 || anytrue([for action in statement.Action : startswith(action, "rds:")])]) == 0
    error_message = "Nothing must be allowed on a database that is not ours."
  }

  assert {
    condition     = { for one in jsondecode(module.healing.document).resources : one.name => one.fields.actions[0].type if one.kind == "listener" } == { http = "redirect", https = "forward" }
    error_message = "With a certificate HTTP is redirected."
  }

  assert {
    condition     = one([for one in jsondecode(module.healing.document).resources : one.fields.ingress[0].from_port if one.name == "endpoints"]) == 443
    error_message = "The endpoints' group must be kept."
  }

  assert {
    condition     = jsondecode(module.healing.document).limits.mode == "approve" && jsondecode(module.healing.document).limits.window == "20:00-22:00"
    error_message = "The limits must be those that were set."
  }
}

run "a_policy_of_targets_is_kept_too" {
  command = apply

  variables {
    scaling_policy = <<-JSON
      {"name": "targets", "description": "", "users_per_instance": 50, "warm_up_seconds": 120, "health_grace_seconds": 180,
       "bounds": {"min_instances": 2, "max_instances": 8, "desired_instances": 2},
       "thresholds": {"cpu_scale_out_percent": 70.0, "cpu_scale_in_percent": 30.0, "active_users_scale_out": 4},
       "rules": [{"kind": "target", "name": "half", "metric": "cpu_percent", "target": 50.0},
                 {"kind": "simple", "name": "one-more", "adjustment": 1, "alarm": {"conditions": [{"metric": "cpu_percent", "comparison": ">=",
                  "threshold": 90}], "period_seconds": 60, "evaluation_periods": 2, "datapoints_to_alarm": 2}}]}
    JSON
  }

  assert {
    condition     = { for one in jsondecode(module.healing.document).resources : one.name => one.fields.type if one.kind == "scaling_policy" } == { cloudscale-production-half = "TargetTrackingScaling", cloudscale-production-one-more = "SimpleScaling" }
    error_message = "Each kind of policy must be kept."
  }

  assert {
    condition     = one([for one in jsondecode(module.healing.document).resources : [one.fields.target.value, one.fields.target.metric] if one.name == "cloudscale-production-half"]) == [50, "ASGAverageCPUUtilization"]
    error_message = "A target's number must be kept."
  }
}

run "another_value_is_another_change" {
  command = plan

  variables {
    response_p95_alarm_ms = 400
  }

  assert {
    condition     = local.change != run.the_document_says_what_there_should_be.healing_change
    error_message = "An apply that changes something must begin a hold."
  }
}

run "the_function_is_called_once_a_minute_and_watched" {
  command = apply

  module {
    source = "./modules/healing"
  }

  variables {
    name                 = "shop"
    aws_region           = "ap-south-1"
    account_id           = "123456789012"
    partition            = "aws"
    kms_key_arn          = "arn:aws:kms:ap-south-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    topic_arn            = "arn:aws:sns:ap-south-1:123456789012:shop-notices"
    table_name           = "shop-healing"
    server_role_arn      = "arn:aws:iam::123456789012:role/shop-server"
    package              = "README.md"
    change               = "abc"
    limits               = { mode = "apply" }
    reserves_concurrency = true
    log_retention_days   = 30
    deletion_protection  = true
    stack                = { name = "shop", region = "ap-south-1", group = "shop-fleet" }
    resources = [
      { kind = "role", name = "server", id = "shop-server", address = "r", fields = { attached = ["arn:aws:iam::aws:policy/ReadOnlyAccess"] } },
      { kind = "instance_profile", name = "server", id = "shop-server", address = "i", fields = {} },
      { kind = "security_group", name = "fleet", id = "sg-1", address = "s", fields = {}, of = { ingress = [], egress = [] } },
      { kind = "launch_template", name = "server", id = "lt-1", address = "l", fields = {} },
      { kind = "load_balancer", name = "alb", id = "arn:aws:elasticloadbalancing:ap-south-1:123456789012:loadbalancer/app/shop/1", address = "b", fields = {} },
      { kind = "target_group", name = "fleet", id = "arn:aws:elasticloadbalancing:ap-south-1:123456789012:targetgroup/shop/1", address = "t", fields = {} },
      { kind = "listener", name = "http", id = "arn:aws:elasticloadbalancing:ap-south-1:123456789012:listener/app/shop/1/1", address = "n", fields = {} },
      { kind = "listener_rule", name = "metrics", id = "arn:aws:elasticloadbalancing:ap-south-1:123456789012:listener-rule/app/shop/1/1/1", address = "m", fields = {} },
      { kind = "secret", name = "key", id = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:shop/key-AbCdEf", address = "k", fields = {} },
      { kind = "parameter", name = "policy", id = "/shop/scaling-policy", address = "p", fields = {} },
    ]
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 1 && aws_lambda_function.this.timeout == 120 && aws_lambda_function.this.handler == "cloudscale.healer.handler"
    error_message = "One run at a time, and no longer than the lock lasts."
  }

  assert {
    condition     = aws_lambda_function.this.logging_config[0].log_group == "/shop/healer" && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "The log must be where the stack's logs are, and be kept for a time only."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("README.md") && aws_lambda_function.this.environment[0].variables == tomap({ HEALING_STACK = "shop", HEALING_TABLE = "shop-healing", HEALING_TOPIC_ARN = "arn:aws:sns:ap-south-1:123456789012:shop-notices" })
    error_message = "The function must be the zip, and know where it is."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this["minute"].schedule_expression == "rate(1 minute)" && sort(keys(aws_cloudwatch_event_rule.this)) == tolist(["alarms", "group", "machines", "minute"])
    error_message = "The healer must look each minute, and when something happens."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.this["group"].event_pattern).detail.AutoScalingGroupName == ["shop-fleet"] && jsondecode(aws_cloudwatch_event_rule.this["alarms"].event_pattern).resources[0].prefix == "arn:aws:cloudwatch:ap-south-1:123456789012:alarm:shop-"
    error_message = "Only events of this stack have the healer look."
  }

  assert {
    condition = alltrue([
      for name, target in aws_cloudwatch_event_target.this :
      target.dead_letter_config[0].arn == aws_sqs_queue.failed.arn && aws_lambda_permission.rule[name].source_arn == aws_cloudwatch_event_rule.this[name].arn
    ])
    error_message = "Each rule may call the function, and keeps what it could not tell."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this.destination_config[0].on_failure[0].destination == aws_sqs_queue.failed.arn && aws_lambda_function_event_invoke_config.this.maximum_retry_attempts == 0
    error_message = "A run that failed must be kept with its reason, and not be tried again."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["healer-silent"].statistic == "SampleCount" &&
      aws_cloudwatch_metric_alarm.this["healer-silent"].evaluation_periods == 5 &&
      aws_cloudwatch_metric_alarm.this["healer-silent"].treat_missing_data == "breaching"
    )
    error_message = "Five minutes of silence must call somebody."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([var.topic_arn])])
    error_message = "The healer's alarms must not need EventBridge."
  }

  assert {
    condition     = aws_dynamodb_table.record.point_in_time_recovery[0].enabled && aws_dynamodb_table.record.ttl[0].attribute_name == "expires" && aws_dynamodb_table.record.deletion_protection_enabled
    error_message = "The record must last."
  }

  # On loopback it denies nothing; see tests/terraform/local_aws.tf.
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Effect == "Deny" && jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Resource == ["arn:aws:s3:::shop-healing-123456789012-ap-south-1", "arn:aws:s3:::shop-healing-123456789012-ap-south-1/*"]
    error_message = "The document must be read over TLS alone."
  }

  assert {
    condition     = aws_s3_object.document.key == "desired/abc.json" && jsondecode(aws_ssm_parameter.desired.insecure_value).sha256 == sha256(aws_s3_object.document.content) && jsondecode(aws_ssm_parameter.desired.insecure_value).change == "abc"
    error_message = "The pointer must name the document, its hash and its change."
  }

  assert {
    condition     = aws_ssm_parameter.switch.insecure_value == "on" && aws_ssm_parameter.switch.name == "/shop/healing/switch"
    error_message = "The kill switch must be there, and on."
  }

  assert {
    condition     = one([for statement in local.statements.act : statement.Condition.ArnEquals["iam:PolicyARN"][0] if contains(statement.Action, "iam:AttachRolePolicy")]) == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    error_message = "Only policies that are wanted may be attached."
  }
}

run "a_hold_begins" {
  command = apply

  module {
    source = "./modules/hold"
  }

  variables {
    name    = "shop"
    change  = "first"
    minutes = 30
  }

  assert {
    condition     = jsondecode(aws_ssm_parameter.applying.insecure_value).change == "first" && timecmp(jsondecode(aws_ssm_parameter.applying.insecure_value).hold_until, timeadd(plantimestamp(), "29m")) > 0
    error_message = "An apply must hold the healer for half an hour."
  }
}

run "an_apply_without_a_change_leaves_it" {
  command = apply

  module {
    source = "./modules/hold"
  }

  variables {
    name    = "shop"
    change  = "first"
    minutes = 60
  }

  assert {
    condition     = terraform_data.hold.output == run.a_hold_begins.hold
    error_message = "Only a change may begin a hold."
  }
}

run "another_change_holds_anew" {
  command = apply

  module {
    source = "./modules/hold"
  }

  variables {
    name    = "shop"
    change  = "second"
    minutes = 60
  }

  assert {
    condition     = jsondecode(aws_ssm_parameter.applying.insecure_value).change == "second" && timecmp(jsondecode(aws_ssm_parameter.applying.insecure_value).hold_until, timeadd(plantimestamp(), "59m")) > 0
    error_message = "Another change must begin a hold of its own."
  }
}
