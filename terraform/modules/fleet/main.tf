# The fleet: an Auto Scaling group over all zones, and what its machines are.
#
# launch template --> group --launch hook--> bootstrap.sh --healthy--> in service
#                           --termination hook--> drained, stopped --> gone

locals {
  # Graviton's families carry a g after their generation: t4g, m7gd, c6gn; g4dn and g6 do not.
  is_arm       = can(regex("^[a-z]+[0-9]+[a-z]*g[a-z]*\\.", var.instance_type))
  architecture = coalesce(var.architecture, local.is_arm ? "arm64" : "x86_64")
  image_id     = var.ami_id != null ? var.ami_id : data.aws_ssm_parameter.ami[0].insecure_value

  hooks = {
    # A server that does not get ready in time is given up, and another one launched.
    launching = {
      transition = "autoscaling:EC2_INSTANCE_LAUNCHING"
      result     = "ABANDON"
      timeout    = var.launch_timeout_seconds
    }
    # One that does not say that it is done goes all the same: longer than draining takes, which is
    # the delay, and a minute for what is under way then.
    terminating = {
      transition = "autoscaling:EC2_INSTANCE_TERMINATING"
      result     = "CONTINUE"
      timeout    = var.deregistration_delay_seconds + 90
    }
  }
}

# What AWS publishes as the newest Amazon Linux 2023. A newer one is a change of the plan, and
# comes to the servers with the next rollout; var.ami_id pins one.
data "aws_ssm_parameter" "ami" {
  count = var.ami_id == null ? 1 : 0

  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${local.architecture}"
}

resource "aws_launch_template" "this" {
  name                   = "${var.name}-server"
  description            = "One server of the shop"
  update_default_version = true

  image_id      = local.image_id
  instance_type = var.instance_type
  ebs_optimized = true
  user_data     = base64encode(local.user_data)

  vpc_security_group_ids = [aws_security_group.this.id]

  iam_instance_profile {
    arn = aws_iam_instance_profile.this.arn
  }

  # Version 2 alone, and no container or proxy one hop away: what steals a request steals no role.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  # CPU once a minute; without it every five, which is late for a fleet that follows load.
  monitoring {
    enabled = true
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = var.root_volume_gb
      encrypted             = true
      delete_on_termination = true
    }
  }

  dynamic "tag_specifications" {
    for_each = ["instance", "volume", "network-interface"]

    content {
      resource_type = tag_specifications.value
      tags          = merge(var.tags, { Name = "${var.name}-server" })
    }
  }

  lifecycle {
    precondition {
      condition     = length(local.user_data) <= 16384
      error_message = "User data has ${length(local.user_data)} characters, and EC2 takes 16384: shorten what the scripts say."
    }
  }
}

resource "aws_autoscaling_group" "this" {
  name                = var.group_name
  vpc_zone_identifier = var.private_subnet_ids
  target_group_arns   = [var.target_group_arn]

  min_size         = var.bounds.min_instances
  max_size         = var.bounds.max_instances
  desired_capacity = var.bounds.desired_instances # of a new fleet; see lifecycle

  health_check_type         = "ELB"
  health_check_grace_period = var.health_grace_seconds
  default_instance_warmup   = var.warm_up_seconds
  max_instance_lifetime     = var.max_instance_lifetime_days * 86400
  wait_for_capacity_timeout = var.wait_for_capacity_timeout

  metrics_granularity = "1Minute"
  enabled_metrics = [
    "GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity", "GroupInServiceInstances",
    "GroupPendingInstances", "GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances",
  ]

  launch_template {
    id = aws_launch_template.this.id
    # A number and not $Latest: what is rolled back to must be known. It is that of a new fleet; see lifecycle.
    version = aws_launch_template.this.latest_version
  }

  # Whatever replaces a server, the new one serves before the old one goes.
  instance_maintenance_policy {
    min_healthy_percentage = 100
    max_healthy_percentage = 150
  }

  # Those of the very first servers: hooks of their own, below, come after the group.
  dynamic "initial_lifecycle_hook" {
    for_each = local.hooks

    content {
      name                 = "${var.name}-${initial_lifecycle_hook.key}"
      lifecycle_transition = initial_lifecycle_hook.value.transition
      default_result       = initial_lifecycle_hook.value.result
      heartbeat_timeout    = initial_lifecycle_hook.value.timeout
    }
  }

  dynamic "tag" {
    for_each = merge(var.tags, { Name = "${var.name}-server" })

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  lifecycle {
    ignore_changes = [
      # Scaling policies own it from the first minute on: an apply must not throw a busy fleet back.
      desired_capacity,
      # `python -m cloudscale rollout` brings the newest to the servers, and AWS sets it here when all went
      # well. Were it set here first, AWS would have nothing to go back to.
      launch_template[0].version,
    ]
  }

  # Servers need their role and its rights from their first second on.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_autoscaling_lifecycle_hook" "this" {
  for_each = local.hooks

  name                   = "${var.name}-${each.key}"
  autoscaling_group_name = aws_autoscaling_group.this.name
  lifecycle_transition   = each.value.transition
  default_result         = each.value.result
  heartbeat_timeout      = each.value.timeout
}

# Rules are written here and not as resources of their own: so Terraform also takes away what
# somebody added by hand. There is no SSH: operators come through Session Manager.
resource "aws_security_group" "this" {
  name        = "${var.name}-fleet"
  description = "Servers of the shop"
  vpc_id      = var.vpc_id

  ingress {
    description     = "The load balancer"
    from_port       = var.application_port
    to_port         = var.application_port
    protocol        = "tcp"
    security_groups = [var.load_balancer_security_group_id]
  }

  dynamic "egress" {
    for_each = var.outbound

    content {
      description = egress.value.description
      from_port   = egress.value.port
      to_port     = egress.value.port
      protocol    = "tcp"
      cidr_blocks = egress.value.cidrs
    }
  }

  tags = { Name = "${var.name}-fleet" }
}
