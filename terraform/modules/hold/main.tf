# Before an apply changes anything it says so, so that the healer does not revert what is half done.
# Everything is named by this module's output: so nothing is changed before the parameter is. It is over
# when the pointer to the desired document, which comes last, names the same change.
#
# inputs differ --> a new time --> parameter --> all that has a name --> document, pointer

resource "terraform_data" "hold" {
  triggers_replace = [var.change]

  input = {
    change     = var.change
    hold_until = timeadd(timestamp(), "${var.minutes}m")
  }

  lifecycle {
    # The time is that of the apply that brought the change; a plan without one has nothing to do.
    ignore_changes = [input]
  }
}

resource "aws_ssm_parameter" "applying" {
  name           = "/${var.name}/healing/applying"
  description    = "An apply is under way until then, or until the desired document names the same change."
  type           = "String"
  insecure_value = jsonencode(terraform_data.hold.output)
}
