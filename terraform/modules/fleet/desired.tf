# What the healer keeps as it is here; modules/healing makes the document of it.

locals {
  group_fields = {
    min_size                   = var.bounds.min_instances
    max_size                   = var.bounds.max_instances
    desired_capacity           = var.bounds.desired_instances # scaling's: kept within the bounds, no more
    subnets                    = var.private_subnet_ids
    health_check_type          = "ELB"
    health_check_grace_seconds = var.health_grace_seconds
    suspended_processes        = []
    launch_template            = { id = aws_launch_template.this.id, version = tostring(aws_launch_template.this.latest_version) }
    target_groups              = [var.target_group_arn]
    metrics                    = aws_autoscaling_group.this.enabled_metrics
    protects_new_instances     = false
    termination_policies       = ["Default"]
    tags                       = { for tag in aws_autoscaling_group.this.tag : tag.key => tag.value }
  }
  group_pace = {
    default_warm_up_seconds = var.warm_up_seconds
    max_lifetime_seconds    = var.max_instance_lifetime_days * 86400
    maintenance             = { min_healthy_percent = 100, max_healthy_percent = 150 }
  }
}

output "desired" {
  description = "Group, launch template, hooks, role and security group as they are wanted, for the healer's document."

  value = concat(
    [
      {
        kind    = "auto_scaling_group", name = "fleet", id = aws_autoscaling_group.this.name
        address = "aws_autoscaling_group.this"
        fields  = merge(local.group_fields, local.group_pace)
      },
      {
        kind    = "launch_template", name = "server", id = aws_launch_template.this.id
        address = "aws_launch_template.this"
        about   = { version = aws_launch_template.this.latest_version }
        fields = {
          default_version = aws_launch_template.this.latest_version
          content = {
            image_id         = local.image_id
            instance_type    = var.instance_type
            user_data_sha256 = sha256(local.user_data)
            security_groups  = [aws_security_group.this.id]
            instance_profile = aws_iam_instance_profile.this.arn
            metadata = {
              http_endpoint               = "enabled"
              http_tokens                 = "required"
              http_put_response_hop_limit = 1
              instance_metadata_tags      = "disabled"
            }
            monitoring    = true
            ebs_optimized = true
            disks         = [{ device = "/dev/xvda", volume_type = "gp3", volume_size = var.root_volume_gb, encrypted = true, delete_on_termination = true }]
          }
          tags = aws_launch_template.this.tags_all
        }
      },
      {
        kind    = "parameter", name = "settings", id = aws_ssm_parameter.settings.name
        address = "aws_ssm_parameter.settings"
        about   = { description = aws_ssm_parameter.settings.description, tags = aws_ssm_parameter.settings.tags_all }
        fields  = { value = local.settings, type = "String" }
      },
      {
        kind    = "role", name = "server", id = aws_iam_role.this.name
        address = "aws_iam_role.this"
        fields = {
          trust    = local.trust
          inline   = { (aws_iam_role_policy.this.name) = local.rights }
          attached = []
          tags     = aws_iam_role.this.tags_all
        }
      },
      {
        kind    = "instance_profile", name = "server", id = aws_iam_instance_profile.this.name
        address = "aws_iam_instance_profile.this"
        fields  = { role = aws_iam_role.this.name }
      },
      {
        kind    = "security_group", name = "fleet", id = aws_security_group.this.id
        address = "aws_security_group.this"
        of      = aws_security_group.this
        fields  = { tags = aws_security_group.this.tags_all }
      },
    ],
    [
      for name, hook in local.hooks : {
        kind    = "lifecycle_hook", name = name, id = aws_autoscaling_lifecycle_hook.this[name].name
        address = "aws_autoscaling_lifecycle_hook.this[\"${name}\"]"
        about   = { group = aws_autoscaling_group.this.name }
        fields  = { transition = hook.transition, default_result = hook.result, timeout_seconds = hook.timeout }
      }
    ],
  )
}
