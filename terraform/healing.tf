# What the healer is told: what there should be, how far it may go, and which change that is.

locals {
  record_table = "${local.name}-healing"
  record_arn   = "arn:${local.partition}:dynamodb:${var.aws_region}:${local.account}:table/${local.record_table}"

  # From the folder of this file, so that it does not matter where Terraform is started.
  healer_package = startswith(var.healer_package, "/") ? var.healer_package : "${path.module}/${var.healer_package}"

  stack = {
    name         = local.name
    region       = var.aws_region
    account      = local.account
    partition    = local.partition
    group        = local.group_name
    target_group = module.alb.target_group_arn
    database     = local.has_own_database ? "${local.name}-database" : ""
    environment  = local.application_environment
    namespace    = var.metrics_namespace
  }

  limits = {
    mode             = var.healing_mode
    share_percent    = var.healing_share_percent
    per_hour         = var.healing_per_hour
    repairs_per_hour = var.healing_repairs_per_hour
    cooldown_seconds = var.healing_cooldown_seconds
    window           = var.healing_window
  }

  # A change is another value of anything that an apply goes by: variables, code, the newest image and
  # the function. tests/unit/test_terraform_readme.py sees to it that no variable is forgotten.
  change = sha256(jsonencode({
    variables = local.inputs
    image     = module.fleet.image_id
    healer    = try(filesha256(local.healer_package), "")
    code      = { for file in local.code : file => filesha256("${path.module}/${file}") }
  }))

  code = setunion(fileset(path.module, "*.tf"), fileset(path.module, "*.json"), fileset(path.module, "modules/**"))

  inputs = {
    aws_region                      = var.aws_region
    project_name                    = var.project_name
    environment                     = var.environment
    common_tags                     = var.common_tags
    application_repository          = var.application_repository
    application_ref                 = var.application_ref
    application_settings            = var.application_settings
    smtp_url_secret_arn             = var.smtp_url_secret_arn
    instance_type                   = var.instance_type
    architecture                    = var.architecture
    ami_id                          = var.ami_id
    root_volume_gb                  = var.root_volume_gb
    launch_timeout_seconds          = var.launch_timeout_seconds
    max_instance_lifetime_days      = var.max_instance_lifetime_days
    wait_for_capacity_timeout       = var.wait_for_capacity_timeout
    scaling_policy                  = var.scaling_policy
    min_instances                   = var.min_instances
    max_instances                   = var.max_instances
    desired_instances               = var.desired_instances
    cpu_scale_up_threshold          = var.cpu_scale_up_threshold
    cpu_scale_down_threshold        = var.cpu_scale_down_threshold
    active_users_scale_up_threshold = var.active_users_scale_up_threshold
    users_per_instance              = var.users_per_instance
    vpc_cidr                        = var.vpc_cidr
    availability_zones              = var.availability_zones
    nat_gateway_per_zone            = var.nat_gateway_per_zone
    interface_endpoints             = var.interface_endpoints
    allowed_cidrs                   = var.allowed_cidrs
    domain_name                     = var.domain_name
    route53_zone_id                 = var.route53_zone_id
    ssl_certificate_arn             = var.ssl_certificate_arn
    idle_timeout_seconds            = var.idle_timeout_seconds
    deregistration_delay_seconds    = var.deregistration_delay_seconds
    database_url_secret_arn         = var.database_url_secret_arn
    database_engine_version         = var.database_engine_version
    database_instance_class         = var.database_instance_class
    database_allocated_storage_gb   = var.database_allocated_storage_gb
    database_max_storage_gb         = var.database_max_storage_gb
    database_multi_az               = var.database_multi_az
    database_connections_alarm      = var.database_connections_alarm
    backup_retention_days           = var.backup_retention_days
    redis_url_secret_arn            = var.redis_url_secret_arn
    cache_node_type                 = var.cache_node_type
    secret_kms_key_arns             = var.secret_kms_key_arns
    secret_versions                 = var.secret_versions
    secret_recovery_window_days     = var.secret_recovery_window_days
    notification_email              = var.notification_email
    metrics_namespace               = var.metrics_namespace
    response_p95_alarm_ms           = var.response_p95_alarm_ms
    log_retention_days              = var.log_retention_days
    deletion_protection             = var.deletion_protection
    healing_mode                    = var.healing_mode
    healing_share_percent           = var.healing_share_percent
    healing_per_hour                = var.healing_per_hour
    healing_repairs_per_hour        = var.healing_repairs_per_hour
    healing_cooldown_seconds        = var.healing_cooldown_seconds
    healing_window                  = var.healing_window
    healing_hold_minutes            = var.healing_hold_minutes
    healing_reserves_concurrency    = var.healing_reserves_concurrency
  }
}

# Each module says what it wants kept; addresses are whole here, as `terraform apply -target` takes them.
locals {
  desired = concat(
    [for one in module.network.desired : merge(one, { address = "module.network.${one.address}" })],
    [for one in module.alb.desired : merge(one, { address = "module.alb.${one.address}" })],
    [for one in module.release.desired : merge(one, { address = "module.release.${one.address}" })],
    [for one in module.fleet.desired : merge(one, { address = "module.fleet.${one.address}" })],
    [for one in module.scaling.desired : merge(one, { address = "module.scaling.${one.address}" })],
    [for one in module.monitoring.desired : merge(one, { address = "module.monitoring.${one.address}" })],
    [for one in module.secret_key.desired : merge(one, { address = "module.secret_key.${one.address}" })],
    [for one in module.metrics_token.desired : merge(one, { address = "module.metrics_token.${one.address}" })],
    flatten([
      for index, own in module.database : [
        for one in own.desired : merge(one, { address = "module.database[${index}].${one.address}" })
      ]
    ]),
    flatten([
      for index, own in module.cache : [
        for one in own.desired : merge(one, { address = "module.cache[${index}].${one.address}" })
      ]
    ]),
    [
      {
        kind    = "key", name = "stack", id = aws_kms_key.this.key_id
        address = "aws_kms_key.this"
        fields  = { state = "Enabled", is_rotated = true, policy = local.key_policy }
      },
    ],
  )
}
