# What servers write down, by the file in /var/log/cloudscale that goes there.

resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["application", "bootstrap"])

  name              = "/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
