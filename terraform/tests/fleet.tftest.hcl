mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                            = "shop"
  group_name                      = "shop-fleet"
  aws_region                      = "ap-south-1"
  account_id                      = "123456789012"
  partition                       = "aws"
  vpc_id                          = "vpc-0123456789abcdef0"
  private_subnet_ids              = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  load_balancer_security_group_id = "sg-0fedcba9876543210"
  target_group_arn                = "arn:aws:elasticloadbalancing:ap-south-1:123456789012:targetgroup/shop-tg/73e2d6bc24d8a067"
  application_port                = 8000
  outbound                        = [{ description = "AWS", port = 443, cidrs = ["0.0.0.0/0"] }]
  instance_type                   = "t3.small"
  architecture                    = null
  ami_id                          = null
  root_volume_gb                  = 20
  bounds                          = { min_instances = 2, max_instances = 8, desired_instances = 2 }
  warm_up_seconds                 = 120
  health_grace_seconds            = 180
  launch_timeout_seconds          = 900
  deregistration_delay_seconds    = 60
  max_instance_lifetime_days      = 30
  wait_for_capacity_timeout       = "20m"
  application_repository          = "https://example.com/shop.git"
  application_ref                 = "v1.0.0"
  release_bucket                  = "shop-releases"
  topic_arn                       = "arn:aws:sns:ap-south-1:123456789012:shop-notices"
  topic_key_arn                   = "arn:aws:kms:ap-south-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  release_key_arn                 = "arn:aws:kms:ap-south-1:123456789012:key/11111111-0000-0000-0000-000000000000"
  settings_parameter              = "/shop/settings"
  settings                        = { PORT = "8000", PUBLIC_URL = "http://shop.example.com" }
  secrets                         = { SECRET_KEY = { arn = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:shop/secret-key-AbCdEf" } }
  secret_key_arns                 = ["arn:aws:kms:ap-south-1:123456789012:key/00000000-0000-0000-0000-000000000000"]
  parameter_arns                  = ["arn:aws:ssm:ap-south-1:123456789012:parameter/shop/scaling-policy"]
  record_arn                      = "arn:aws:dynamodb:ap-south-1:123456789012:table/shop-healing"
  record_key_arn                  = "arn:aws:kms:ap-south-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  metrics_namespace               = "CloudScale/Commerce"
  log_group_names                 = { application = "/shop/application", bootstrap = "/shop/bootstrap" }
  log_group_arns                  = ["arn:aws:logs:ap-south-1:123456789012:log-group:/shop/application"]
  tags                            = { Project = "shop" }
}

run "servers_are_closed_and_follow_policy_and_balancer" {
  command = apply

  module {
    source = "./modules/fleet"
  }

  assert {
    condition = (
      aws_launch_template.this.metadata_options[0].http_tokens == "required" &&
      aws_launch_template.this.metadata_options[0].http_put_response_hop_limit == 1
    )
    error_message = "Metadata must be IMDSv2 alone, one hop away."
  }

  assert {
    condition     = aws_launch_template.this.key_name == null
    error_message = "There must be no SSH key."
  }

  assert {
    condition     = aws_launch_template.this.block_device_mappings[0].ebs[0].encrypted == "true" && aws_launch_template.this.block_device_mappings[0].ebs[0].volume_type == "gp3"
    error_message = "The disk must be encrypted gp3."
  }

  assert {
    condition     = aws_launch_template.this.monitoring[0].enabled
    error_message = "CPU must be measured once a minute."
  }

  assert {
    condition     = [for rule in aws_security_group.this.ingress : rule.from_port] == [8000] && one(aws_security_group.this.ingress).security_groups == toset(["sg-0fedcba9876543210"]) && length(coalesce(one(aws_security_group.this.ingress).cidr_blocks, [])) == 0
    error_message = "Only the load balancer may come in, on the application's port; no SSH."
  }

  assert {
    condition     = aws_launch_template.this.image_id == "ami-0123456789abcdef0" && data.aws_ssm_parameter.ami[0].name == "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    error_message = "The image must be the newest Amazon Linux 2023."
  }

  assert {
    condition     = aws_autoscaling_group.this.min_size == 2 && aws_autoscaling_group.this.max_size == 8 && aws_autoscaling_group.this.desired_capacity == 2
    error_message = "The first size and the bounds must be the policy's."
  }

  assert {
    condition     = aws_autoscaling_group.this.health_check_type == "ELB" && aws_autoscaling_group.this.health_check_grace_period == 180 && aws_autoscaling_group.this.default_instance_warmup == 120
    error_message = "Health is the load balancer's, after the policy's grace; warm-up is the policy's."
  }

  assert {
    condition     = aws_autoscaling_group.this.vpc_zone_identifier == toset(var.private_subnet_ids) && aws_autoscaling_group.this.target_group_arns == toset([var.target_group_arn])
    error_message = "It must stand in both zones, behind the load balancer."
  }

  assert {
    condition     = aws_autoscaling_group.this.instance_maintenance_policy[0].min_healthy_percentage == 100 && aws_autoscaling_group.this.instance_maintenance_policy[0].max_healthy_percentage == 150
    error_message = "A new server must serve before the old one goes."
  }

  assert {
    condition     = length(aws_autoscaling_group.this.enabled_metrics) == 8
    error_message = "The group must tell its sizes."
  }

  assert {
    condition     = length(aws_autoscaling_group.this.instance_refresh) == 0
    error_message = "Terraform must begin no refresh: it sets the group to the new version first, and AWS could not go back."
  }

  assert {
    condition     = aws_autoscaling_group.this.launch_template[0].version == tostring(aws_launch_template.this.latest_version)
    error_message = "What is rolled back to must be a known version."
  }

  assert {
    condition     = aws_autoscaling_lifecycle_hook.this["launching"].default_result == "ABANDON" && aws_autoscaling_lifecycle_hook.this["launching"].heartbeat_timeout == 900
    error_message = "A server that does not get ready must be given up."
  }

  assert {
    condition     = aws_autoscaling_lifecycle_hook.this["terminating"].default_result == "CONTINUE" && aws_autoscaling_lifecycle_hook.this["terminating"].heartbeat_timeout > var.deregistration_delay_seconds
    error_message = "A server that leaves must have longer than draining takes."
  }

  assert {
    condition     = length(aws_autoscaling_group.this.initial_lifecycle_hook) == 2
    error_message = "The very first servers need their hooks too."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement :
      contains(["SessionManager", "PublishMetrics", "ReadTheFleet"], statement.Sid) || !contains(statement.Resource, "*")
    ])
    error_message = "What knows an ARN must be limited by it."
  }

  assert {
    condition     = length([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement if anytrue([for action in statement.Action : strcontains(action, "*")])]) == 0
    error_message = "Each action must be named."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Condition.StringEquals["cloudwatch:namespace"] if statement.Sid == "PublishMetrics"
    ]) == "CloudScale/Commerce"
    error_message = "Servers may publish metrics in their own namespace alone."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource[0] if statement.Sid == "OwnLifecycle"
    ]) == "arn:aws:autoscaling:ap-south-1:123456789012:autoScalingGroup:*:autoScalingGroupName/shop-fleet"
    error_message = "Servers may finish launches and terminations of their own group alone."
  }

  assert {
    condition     = startswith(local.user_data, "#cloud-config\n") && length(local.user_data) < 15000
    error_message = "User data must be a cloud-config with room to spare."
  }

  assert {
    condition = (
      toset(split("\n", aws_ssm_parameter.settings.value)) == toset([
        "PORT='8000'", "PUBLIC_URL='http://shop.example.com'", "AUTO_SCALING_GROUP='shop-fleet'",
        "TARGET_GROUP_ARN='${var.target_group_arn}'", "DRAIN_SECONDS='60'",
      ]) && aws_ssm_parameter.settings.name == "/shop/settings" && aws_ssm_parameter.settings.tier == "Standard"
    )
    error_message = "Settings must be in SSM."
  }

  assert {
    condition = (
      strcontains(local.files[0].text, "SETTINGS_PARAMETER='/shop/settings'\n") &&
      strcontains(local.files[0].text, "SETTINGS_SHA256='${sha256("${aws_ssm_parameter.settings.value}\n")}'\n") &&
      !strcontains(local.files[0].text, "PUBLIC_URL")
    )
    error_message = "User data must say which settings a server is made with, and not the settings."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if contains(statement.Action, "ssm:GetParameter")
    ]) == concat([aws_ssm_parameter.settings.arn], var.parameter_arns)
    error_message = "Servers must be able to read their own parameters, and no others."
  }

  assert {
    condition     = local.files[1].text == "SECRET_KEY\tarn:aws:secretsmanager:ap-south-1:123456789012:secret:shop/secret-key-AbCdEf\t{}\n"
    error_message = "Of a secret servers must be told where it is, and no more."
  }

  assert {
    condition = (
      jsondecode(local.files[2].text).metrics.namespace == "CloudScale/Commerce" &&
      jsondecode(local.files[2].text).metrics.append_dimensions == { InstanceId = "$${aws:InstanceId}" } &&
      jsondecode(local.files[2].text).metrics.metrics_collected.mem.measurement == ["mem_used_percent"]
    )
    error_message = "Each server must tell its own memory, where it may tell metrics."
  }

  assert {
    condition     = [for file in local.files : file.path if file.permissions == "0755"] == ["/usr/local/lib/cloudscale/bootstrap.sh", "/usr/local/lib/cloudscale/drain.sh", "/usr/local/lib/cloudscale/machine.sh"] && jsondecode(trimprefix(local.user_data, "#cloud-config\n")).runcmd == [["/usr/local/lib/cloudscale/bootstrap.sh"]]
    error_message = "Of the scripts, bootstrap.sh must be run."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if contains(statement.Action, "s3:GetObject")
    ]) == ["arn:aws:s3:::shop-releases/releases/*"] && strcontains(local.files[0].text, "RELEASE_BUCKET='shop-releases'\n")
    error_message = "Servers must be able to read releases, and nothing else of their bucket."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : "${one(statement.Resource)} ${statement.Condition.StringEquals["kms:ViaService"]}" if statement.Sid == "OpenReleases"
    ]) == "${var.release_key_arn} s3.ap-south-1.amazonaws.com"
    error_message = "Servers must be able to decrypt what they read there."
  }

  assert {
    condition     = toset([for file in local.files : basename(file.path) if startswith(file.path, "/etc/systemd/system/")]) == toset(["cloudscale.service", "cloudscale-drain.service", "cloudscale-secrets.service"])
    error_message = "Systemd must have its units."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement if contains(statement.Action, "sns:Publish")
    ]).Resource == ["arn:aws:sns:ap-south-1:123456789012:shop-notices"] && strcontains(local.files[0].text, "TOPIC_ARN='arn:aws:sns:ap-south-1:123456789012:shop-notices'\n")
    error_message = "Servers must be able to tell people what failed, by the notices' topic alone."
  }
}

run "an_arm_type_gets_an_arm_image" {
  command = plan

  module {
    source = "./modules/fleet"
  }

  variables {
    instance_type = "m7gd.large"
  }

  assert {
    condition     = endswith(data.aws_ssm_parameter.ami[0].name, "-arm64")
    error_message = "Graviton needs an image for Arm."
  }
}

run "a_type_with_a_graphics_card_is_no_arm" {
  command = plan

  module {
    source = "./modules/fleet"
  }

  variables {
    instance_type = "g4dn.xlarge"
  }

  assert {
    condition     = endswith(data.aws_ssm_parameter.ami[0].name, "-x86_64")
    error_message = "Only Graviton's families carry a g after their generation."
  }
}

run "a_pinned_image_is_taken" {
  command = plan

  module {
    source = "./modules/fleet"
  }

  variables {
    ami_id = "ami-0fedcba9876543210"
  }

  assert {
    condition     = aws_launch_template.this.image_id == "ami-0fedcba9876543210" && length(data.aws_ssm_parameter.ami) == 0
    error_message = "Who pins an image must get it."
  }
}

run "many_settings_are_an_advanced_parameter" {
  command = plan

  module {
    source = "./modules/fleet"
  }

  variables {
    settings = { for n in range(10) : "SETTING_${n}" => join("", [for one in range(500) : "x"]) }
  }

  assert {
    condition     = aws_ssm_parameter.settings.tier == "Advanced"
    error_message = "A standard parameter holds 4 kB."
  }
}

run "refuses_more_settings_than_a_parameter_holds" {
  command = plan

  module {
    source = "./modules/fleet"
  }

  variables {
    settings = { for n in range(20) : "SETTING_${n}" => join("", [for one in range(500) : "x"]) }
  }

  expect_failures = [aws_ssm_parameter.settings]
}

run "refuses_a_setting_that_names_another_parameter" {
  command = plan

  module {
    source = "./modules/fleet"
  }

  variables {
    settings = { MAIL_FROM = "{{another}}" }
  }

  expect_failures = [var.settings]
}

run "refuses_a_setting_that_ends_its_quotes" {
  command = plan

  module {
    source = "./modules/fleet"
  }

  variables {
    settings = { MAIL_FROM = "it's" }
  }

  expect_failures = [var.settings]
}
