output "name" {
  description = "The stack's name. Who is named by it is changed after the parameter was."
  value       = var.name

  depends_on = [aws_ssm_parameter.applying]
}

output "hold" {
  description = "Which change it is, and until when the healer only looks."
  value       = terraform_data.hold.output
}
