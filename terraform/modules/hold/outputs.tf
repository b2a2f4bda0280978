output "name" {
  description = "The stack's name. Who is named by it is changed after the parameter was."
  value       = var.name

  depends_on = [aws_ssm_parameter.applying]
}
