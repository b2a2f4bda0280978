# What the healer keeps as it is here; modules/healing makes the document of it.

output "desired" {
  description = "Security groups, log group and role as they are wanted, for the healer's document."

  value = concat(
    [
      {
        kind    = "security_group", name = "default-closed", id = aws_default_security_group.closed.id
        address = "aws_default_security_group.closed"
        of      = aws_default_security_group.closed
        fields  = { tags = aws_default_security_group.closed.tags_all }
      },
      {
        kind    = "log_group", name = "network-flows", id = aws_cloudwatch_log_group.flows.name
        address = "aws_cloudwatch_log_group.flows"
        about   = { tags = aws_cloudwatch_log_group.flows.tags_all }
        fields  = { retention_days = var.log_retention_days, key = var.kms_key_arn }
      },
      {
        kind    = "role", name = "network-flows", id = aws_iam_role.flows.name
        address = "aws_iam_role.flows"
        fields = {
          trust    = local.flows_trust
          inline   = { (aws_iam_role_policy.flows.name) = local.flows_rights }
          attached = []
          tags     = aws_iam_role.flows.tags_all
        }
      },
    ],
    [
      for index, group in aws_security_group.endpoints : {
        kind    = "security_group", name = "endpoints", id = group.id
        address = "aws_security_group.endpoints[${index}]"
        of      = group
        fields  = { tags = group.tags_all }
      }
    ],
  )
}
