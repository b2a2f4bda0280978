data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  name               = "${var.project_name}-${var.environment}"
  group_name         = "${local.name}-fleet"
  availability_zones = coalesce(var.availability_zones, ["${var.aws_region}a", "${var.aws_region}b"])
  tags               = merge({ Project = var.project_name, Environment = var.environment, ManagedBy = "terraform" }, var.common_tags)

  # The application knows two: everything but a demo is the real thing, where nothing is seeded.
  application_environment = var.environment == "demo" ? "demo" : "production"
  application_port        = 8000

  has_own_database = var.database_url_secret_arn == null
  has_own_cache    = var.redis_url_secret_arn == null
}

# The scaling policy in force: what the application declares, and what was set here instead.
locals {
  # A document that is no JSON is refused by its variable's validation; until then the file stands in.
  declared = try(jsondecode(var.scaling_policy), jsondecode(file("${path.module}/policy.json")))

  min_instances = coalesce(var.min_instances, local.declared.bounds.min_instances)
  max_instances = coalesce(var.max_instances, local.declared.bounds.max_instances)
  # Who sets only a bound does not have to set this one too.
  desired_instances = coalesce(
    var.desired_instances,
    min(max(local.declared.bounds.desired_instances, local.min_instances), local.max_instances),
  )

  policy = merge(local.declared, {
    bounds = {
      min_instances     = local.min_instances
      max_instances     = local.max_instances
      desired_instances = local.desired_instances
    }
    thresholds = {
      cpu_scale_out_percent  = coalesce(var.cpu_scale_up_threshold, local.declared.thresholds.cpu_scale_out_percent)
      cpu_scale_in_percent   = coalesce(var.cpu_scale_down_threshold, local.declared.thresholds.cpu_scale_in_percent)
      active_users_scale_out = coalesce(var.active_users_scale_up_threshold, local.declared.thresholds.active_users_scale_out)
    }
    users_per_instance = coalesce(var.users_per_instance, local.declared.users_per_instance)
  })
}
