# The AWS stack of the shop: what there is, and how the parts meet. README.md has the picture.

module "hold" {
  source = "./modules/hold"

  name    = local.name
  change  = local.change
  minutes = var.healing_hold_minutes
}

module "network" {
  source = "./modules/network"

  name                 = module.hold.name
  aws_region           = var.aws_region
  account_id           = local.account
  vpc_cidr             = var.vpc_cidr
  availability_zones   = local.availability_zones
  nat_gateway_per_zone = var.nat_gateway_per_zone
  interface_endpoints  = var.interface_endpoints
  log_retention_days   = var.log_retention_days
  kms_key_arn          = aws_kms_key.this.arn
}

module "alb" {
  source = "./modules/alb"

  name                         = module.hold.name
  aws_region                   = var.aws_region
  account_id                   = local.account
  partition                    = local.partition
  vpc_id                       = module.network.vpc_id
  public_subnet_ids            = module.network.public_subnet_ids
  private_subnet_cidrs         = module.network.private_subnet_cidrs
  allowed_cidrs                = var.allowed_cidrs
  application_port             = local.application_port
  ssl_certificate_arn          = var.ssl_certificate_arn
  domain_name                  = var.domain_name
  route53_zone_id              = var.route53_zone_id
  idle_timeout_seconds         = var.idle_timeout_seconds
  deregistration_delay_seconds = var.deregistration_delay_seconds
  deletion_protection          = var.deletion_protection
  log_retention_days           = var.log_retention_days
}

module "secret_key" {
  source = "./modules/secret"

  name                 = "${module.hold.name}/secret-key"
  description          = "Signs session cookies"
  kms_key_arn          = aws_kms_key.this.arn
  secret_version       = var.secret_versions.secret_key
  recovery_window_days = var.secret_recovery_window_days
}

module "metrics_token" {
  source = "./modules/secret"

  name                 = "${module.hold.name}/metrics-token"
  description          = "Lets Prometheus read /metrics"
  kms_key_arn          = aws_kms_key.this.arn
  secret_version       = var.secret_versions.metrics_token
  recovery_window_days = var.secret_recovery_window_days
}

module "database" {
  source = "./modules/database"
  count  = local.has_own_database ? 1 : 0

  name                    = module.hold.name
  aws_region              = var.aws_region
  account_id              = local.account
  partition               = local.partition
  vpc_id                  = module.network.vpc_id
  private_subnet_ids      = module.network.private_subnet_ids
  fleet_security_group_id = module.fleet.security_group_id
  kms_key_arn             = aws_kms_key.this.arn
  engine_version          = var.database_engine_version
  instance_class          = var.database_instance_class
  allocated_storage_gb    = var.database_allocated_storage_gb
  max_storage_gb          = var.database_max_storage_gb
  multi_az                = var.database_multi_az
  backup_retention_days   = var.backup_retention_days
  deletion_protection     = var.deletion_protection
  log_retention_days      = var.log_retention_days
  password_version        = var.secret_versions.database
  recovery_window_days    = var.secret_recovery_window_days
}

module "cache" {
  source = "./modules/cache"
  count  = local.has_own_cache ? 1 : 0

  name                    = module.hold.name
  vpc_id                  = module.network.vpc_id
  private_subnet_ids      = module.network.private_subnet_ids
  fleet_security_group_id = module.fleet.security_group_id
  kms_key_arn             = aws_kms_key.this.arn
  node_type               = var.cache_node_type
  log_retention_days      = var.log_retention_days
  token_version           = var.secret_versions.cache
  recovery_window_days    = var.secret_recovery_window_days
}

module "release" {
  source = "./modules/release"

  name                = module.hold.name
  aws_region          = var.aws_region
  account_id          = local.account
  partition           = local.partition
  kms_key_arn         = aws_kms_key.this.arn
  deletion_protection = var.deletion_protection
}

module "fleet" {
  source = "./modules/fleet"

  name                            = module.hold.name
  group_name                      = local.group_name
  aws_region                      = var.aws_region
  account_id                      = local.account
  partition                       = local.partition
  vpc_id                          = module.network.vpc_id
  private_subnet_ids              = module.network.private_subnet_ids
  load_balancer_security_group_id = module.alb.security_group_id
  target_group_arn                = module.alb.target_group_arn
  application_port                = local.application_port
  outbound                        = local.outbound
  instance_type                   = var.instance_type
  architecture                    = var.architecture
  ami_id                          = var.ami_id
  root_volume_gb                  = var.root_volume_gb
  bounds                          = local.policy.bounds
  warm_up_seconds                 = local.policy.warm_up_seconds
  health_grace_seconds            = local.policy.health_grace_seconds
  launch_timeout_seconds          = var.launch_timeout_seconds
  deregistration_delay_seconds    = var.deregistration_delay_seconds
  max_instance_lifetime_days      = var.max_instance_lifetime_days
  wait_for_capacity_timeout       = var.wait_for_capacity_timeout
  application_repository          = var.application_repository
  application_ref                 = var.application_ref
  topic_arn                       = local.topic_arn
  topic_key_arn                   = aws_kms_key.this.arn
  release_bucket                  = module.release.bucket
  release_key_arn                 = aws_kms_key.this.arn
  settings                        = local.settings
  settings_parameter              = local.settings_parameter
  secrets                         = local.secrets
  secret_key_arns                 = concat([aws_kms_key.this.arn], var.secret_kms_key_arns)
  parameter_arns                  = [module.scaling.parameter_arn]
  metrics_namespace               = var.metrics_namespace
  log_group_names                 = module.monitoring.log_group_names
  log_group_arns                  = module.monitoring.log_group_arns
  record_arn                      = local.record_arn
  record_key_arn                  = aws_kms_key.this.arn
  tags                            = local.tags
}

module "scaling" {
  source = "./modules/scaling"

  name                    = module.hold.name
  group_name              = module.fleet.group_name # a policy can only be put on a group that is there
  application_environment = local.application_environment
  metrics_namespace       = var.metrics_namespace
  requests_label          = "${module.alb.arn_suffix}/${module.alb.target_group_arn_suffix}"
  parameter_name          = local.policy_parameter
  document                = jsonencode(local.policy)
  policy                  = local.policy
}

module "monitoring" {
  source = "./modules/monitoring"

  name                     = module.hold.name
  aws_region               = var.aws_region
  account_id               = local.account
  partition                = local.partition
  kms_key_arn              = aws_kms_key.this.arn
  notification_email       = var.notification_email
  group_name               = local.group_name
  load_balancer_arn_suffix = module.alb.arn_suffix
  target_group_arn_suffix  = module.alb.target_group_arn_suffix
  application_environment  = local.application_environment
  metrics_namespace        = var.metrics_namespace
  thresholds               = local.policy.thresholds
  bounds                   = local.policy.bounds
  scaling_alarm_arns       = values(module.scaling.alarm_arns)
  target_failures_alarm    = local.target_failures_alarm
  response_p95_alarm_ms    = var.response_p95_alarm_ms
  nat_gateway_ids          = module.network.nat_gateway_ids
  cache_nodes              = local.has_own_cache ? 2 : 0
  log_retention_days       = var.log_retention_days

  database = local.has_own_database ? {
    identifier           = "${local.name}-database"
    allocated_storage_gb = var.database_allocated_storage_gb
    connections_alarm    = var.database_connections_alarm
  } : null
}

module "healing" {
  source = "./modules/healing"

  name                 = module.hold.name
  aws_region           = var.aws_region
  account_id           = local.account
  partition            = local.partition
  kms_key_arn          = aws_kms_key.this.arn
  topic_arn            = module.monitoring.topic_arn
  table_name           = local.record_table
  server_role_arn      = module.fleet.role_arn
  package              = local.healer_package
  change               = local.change
  stack                = local.stack
  limits               = local.limits
  resources            = local.desired
  reserves_concurrency = var.healing_reserves_concurrency
  log_retention_days   = var.log_retention_days
  deletion_protection  = var.deletion_protection
}
