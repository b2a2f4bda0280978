# What the healer keeps as it is here; the cache itself AWS replaces by itself. modules/healing makes the
# document of it.

output "desired" {
  description = "Security group, log group and secret as they are wanted, for the healer's document."

  value = concat(
    [
      {
        kind    = "security_group", name = "cache", id = aws_security_group.this.id
        address = "aws_security_group.this"
        of      = aws_security_group.this
        fields  = { tags = aws_security_group.this.tags_all }
      },
      {
        kind    = "log_group", name = "cache-slow", id = aws_cloudwatch_log_group.slow.name
        address = "aws_cloudwatch_log_group.slow"
        about   = { tags = aws_cloudwatch_log_group.slow.tags_all }
        fields  = { retention_days = var.log_retention_days, key = var.kms_key_arn }
      },
    ],
    [for one in module.token.desired : merge(one, { address = "module.token.${one.address}" })],
  )
}
