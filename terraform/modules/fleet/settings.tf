# The shop's settings, in SSM: a server reads them by its role, and user data says which by their hash.

locals {
  settings = join("\n", [
    for name, value in merge(var.settings, {
      AUTO_SCALING_GROUP = var.group_name
      TARGET_GROUP_ARN   = var.target_group_arn
      DRAIN_SECONDS      = tostring(var.deregistration_delay_seconds)
    }) : "${name}='${value}'"
  ])
}

resource "aws_ssm_parameter" "settings" {
  name        = var.settings_parameter
  description = "The shop's settings by the names of .env.example, as bootstrap.sh reads them. It holds no secret."
  type        = "String"
  value       = local.settings
  # A standard one costs nothing and holds 4 kB, an advanced one 8 kB.
  tier = length(local.settings) > 4096 ? "Advanced" : "Standard"

  lifecycle {
    precondition {
      condition     = length(local.settings) <= 8192
      error_message = "application_settings: ${length(local.settings)} characters are more than the 8192 that an SSM parameter holds; take settings out."
    }
  }
}
