# A secret that is made up, written and not kept: neither a log nor this module's state holds it.
# AWS's own generator would be a data source whose id, the password itself, is printed by every plan;
# and its ephemeral kind cannot be mocked, so that nothing here could be tested without AWS.

locals {
  # 244 random bits, in letters and digits that fit into a URL. Other ones each time, which only
  # matters when a new version is written.
  made_up = replace("${uuid()}${uuid()}", "-", "")
}

resource "aws_secretsmanager_secret" "this" {
  name                    = var.name
  description             = var.description
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_window_days
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id                = aws_secretsmanager_secret.this.id
  secret_string_wo         = local.made_up
  secret_string_wo_version = var.secret_version
}
