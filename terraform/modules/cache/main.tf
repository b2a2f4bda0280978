# Valkey, which speaks Redis: pages' live state for all servers. In two zones, over TLS, with a token.

locals {
  port  = 6379
  nodes = 2 # one a zone: the second takes over
  major = "8"

  # ElastiCache lets no client set these, and tells nothing of keys unless it is asked to.
  # https://repost.aws/knowledge-center/elasticache-redis-keyspace-notifications
  parameters = {
    # By these, servers hear that a page's lock is free (cloudscale/sharing/watch.py).
    notify-keyspace-events = "K$sgxe"
    # Full, it forgets the pages that were left alone longest. Taking nothing more would end every page.
    maxmemory-policy = "volatile-lru"
  }
}

module "token" {
  source = "../secret"

  name                 = "${var.name}/cache-token"
  description          = "Token that servers show to the cache"
  kms_key_arn          = var.kms_key_arn
  secret_version       = var.token_version
  recovery_window_days = var.recovery_window_days
}

# Exactly the version that was written: a new one reaches the cache in the same apply.
data "aws_secretsmanager_secret_version" "token" {
  secret_id  = module.token.arn
  version_id = module.token.version_id
}

resource "aws_elasticache_subnet_group" "this" {
  name        = "${var.name}-cache"
  description = "Private subnets of all zones"
  subnet_ids  = var.private_subnet_ids
}

resource "aws_elasticache_parameter_group" "this" {
  name        = "${var.name}-valkey${local.major}"
  family      = "valkey${local.major}"
  description = "Keys are told of, and old pages make room"

  dynamic "parameter" {
    for_each = local.parameters

    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_elasticache_replication_group" "this" {
  replication_group_id = "${var.name}-cache"
  description          = "Pages' live state of ${var.name}"

  engine                     = "valkey"
  engine_version             = "${local.major}.0"
  parameter_group_name       = aws_elasticache_parameter_group.this.name
  auto_minor_version_upgrade = true
  node_type                  = var.node_type
  num_cache_clusters         = local.nodes
  automatic_failover_enabled = true
  multi_az_enabled           = true

  port               = local.port
  subnet_group_name  = aws_elasticache_subnet_group.this.name
  security_group_ids = [aws_security_group.this.id]

  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_arn
  auth_token                 = data.aws_secretsmanager_secret_version.token.secret_string
  auth_token_update_strategy = "ROTATE" # both tokens are good until the next change

  # What is in it lasts minutes; carts and sessions are in the database. So a day's copy is enough.
  snapshot_retention_limit = 1
  snapshot_window          = "20:00-21:00"
  maintenance_window       = "sun:21:30-sun:22:30"
  apply_immediately        = true

  log_delivery_configuration {
    destination_type = "cloudwatch-logs"
    destination      = aws_cloudwatch_log_group.slow.name
    log_type         = "slow-log"
    log_format       = "json"
  }

  tags = { Name = "${var.name}-cache" }
}

resource "aws_cloudwatch_log_group" "slow" {
  name              = "/${var.name}/cache-slow"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_security_group" "this" {
  name        = "${var.name}-cache"
  description = "Valkey for the fleet"
  vpc_id      = var.vpc_id

  ingress {
    description     = "Valkey from the fleet"
    from_port       = local.port
    to_port         = local.port
    protocol        = "tcp"
    security_groups = [var.fleet_security_group_id]
  }

  egress = []

  tags = { Name = "${var.name}-cache" }
}
