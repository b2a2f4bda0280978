# What the healer keeps as it is here; modules/healing makes the document of it.

output "desired" {
  description = "Database, its parameters, role, security group, log groups and secret as they are wanted, for the healer's document."

  value = concat(
    [
      {
        kind    = "database", name = "database", id = aws_db_instance.this.identifier
        address = "aws_db_instance.this"
        fields = {
          instance_class        = var.instance_class
          allocated_gb          = var.allocated_storage_gb # grows by itself, and is kept from shrinking
          max_storage_gb        = var.max_storage_gb
          backup_retention_days = var.backup_retention_days
          backup_window         = aws_db_instance.this.backup_window
          maintenance_window    = aws_db_instance.this.maintenance_window
          is_public             = false
          parameter_group       = aws_db_parameter_group.this.name
          is_multi_az           = var.multi_az
          is_deletion_protected = var.deletion_protection
          security_groups       = [aws_security_group.this.id]
          is_auto_minor         = true
          is_encrypted          = true
          copies_tags           = true
          tags                  = aws_db_instance.this.tags_all
        }
      },
      {
        kind    = "parameter_group", name = "database", id = aws_db_parameter_group.this.name
        address = "aws_db_parameter_group.this"
        fields  = { parameters = local.parameters }
      },
      {
        kind    = "role", name = "database-monitoring", id = aws_iam_role.monitoring.name
        address = "aws_iam_role.monitoring"
        fields = {
          trust    = local.monitoring_trust
          inline   = { (aws_iam_role_policy.monitoring.name) = local.monitoring_rights }
          attached = []
          tags     = aws_iam_role.monitoring.tags_all
        }
      },
      {
        kind    = "security_group", name = "database", id = aws_security_group.this.id
        address = "aws_security_group.this"
        of      = aws_security_group.this
        fields  = { tags = aws_security_group.this.tags_all }
      },
    ],
    [
      for name, group in aws_cloudwatch_log_group.this : {
        kind    = "log_group", name = "database-${name}", id = group.name
        address = "aws_cloudwatch_log_group.this[\"${name}\"]"
        about   = { tags = group.tags_all }
        fields  = { retention_days = var.log_retention_days, key = var.kms_key_arn }
      }
    ],
    [for one in module.password.desired : merge(one, { address = "module.password.${one.address}" })],
  )
}
