# PostgreSQL: in two zones, encrypted, backed up, reached from the fleet alone and over TLS alone.

locals {
  major = split(".", var.engine_version)[0]
  port  = 5432
  name  = "cloudscale"

  # All of them count at once, without a restart.
  parameters = {
    "rds.force_ssl"              = "1"
    "log_min_duration_statement" = "500" # ms: well beyond the 300 that a whole answer may take
    "log_lock_waits"             = "1"
    # A session that forgot to end its transaction keeps rows locked.
    "idle_in_transaction_session_timeout" = "60000"
  }
}

module "password" {
  source = "../secret"

  name                 = "${var.name}/database-password"
  description          = "Password of the database's user ${local.name}"
  kms_key_arn          = var.kms_key_arn
  secret_version       = var.password_version
  recovery_window_days = var.recovery_window_days
}

# Exactly the version that was written: a new one reaches the database in the same apply.
data "aws_secretsmanager_secret_version" "password" {
  secret_id  = module.password.arn
  version_id = module.password.version_id
}

resource "aws_db_subnet_group" "this" {
  name        = "${var.name}-database"
  description = "Private subnets of all zones"
  subnet_ids  = var.private_subnet_ids
}

resource "aws_db_parameter_group" "this" {
  name        = "${var.name}-postgres${local.major}"
  family      = "postgres${local.major}"
  description = "TLS for everyone; what is slow is logged"

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

resource "aws_db_instance" "this" {
  identifier = "${var.name}-database"

  engine                      = "postgres"
  engine_version              = var.engine_version
  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = false
  instance_class              = var.instance_class
  parameter_group_name        = aws_db_parameter_group.this.name
  ca_cert_identifier          = "rds-ca-rsa2048-g1"

  db_name             = local.name
  username            = local.name
  password_wo         = data.aws_secretsmanager_secret_version.password.secret_string
  password_wo_version = var.password_version

  multi_az               = var.multi_az
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  port                   = local.port
  publicly_accessible    = false

  storage_type          = "gp3"
  allocated_storage     = var.allocated_storage_gb
  max_allocated_storage = var.max_storage_gb
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  # Windows are in UTC: the night of ap-south-1, where one is chosen for it.
  backup_retention_period   = var.backup_retention_days
  backup_window             = "20:00-21:00"
  maintenance_window        = "sun:21:30-sun:22:30"
  copy_tags_to_snapshot     = true
  delete_automated_backups  = !var.deletion_protection
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = !var.deletion_protection
  final_snapshot_identifier = "${var.name}-database-final"
  apply_immediately         = false

  performance_insights_enabled          = true
  performance_insights_kms_key_id       = var.kms_key_arn
  performance_insights_retention_period = 7 # days; the ones that cost nothing
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]

  tags = { Name = "${var.name}-database" }

  # RDS would make them itself, to be kept for ever.
  depends_on = [aws_cloudwatch_log_group.this]
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${var.name}-database/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_security_group" "this" {
  name        = "${var.name}-database"
  description = "PostgreSQL for the fleet"
  vpc_id      = var.vpc_id

  ingress {
    description     = "PostgreSQL from the fleet"
    from_port       = local.port
    to_port         = local.port
    protocol        = "tcp"
    security_groups = [var.fleet_security_group_id]
  }

  egress = []

  tags = { Name = "${var.name}-database" }
}

resource "aws_iam_role" "monitoring" {
  name        = "${var.name}-database-monitoring"
  description = "RDS tells CloudWatch what the database's machine does"

  assume_role_policy = local.monitoring_trust
}

locals {
  monitoring_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

# As AmazonRDSEnhancedMonitoringRole, whose log group RDS names itself.
resource "aws_iam_role_policy" "monitoring" {
  name = "write-measurements"
  role = aws_iam_role.monitoring.id

  policy = local.monitoring_rights
}

locals {
  monitoring_rights = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogGroup", "logs:PutRetentionPolicy"]
        Resource = ["arn:${var.partition}:logs:${var.aws_region}:${var.account_id}:log-group:RDS*"]
      },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams", "logs:GetLogEvents"]
        Resource = ["arn:${var.partition}:logs:${var.aws_region}:${var.account_id}:log-group:RDS*:log-stream:*"]
      },
    ]
  })
}
