output "function_name" {
  description = "The function."
  value       = aws_lambda_function.this.function_name
}

output "table_name" {
  description = "The record's table."
  value       = aws_dynamodb_table.record.name
}

output "document" {
  description = "What there should be, as the healer reads it."
  value       = local.document
}

output "statements" {
  description = "What the healer may do."
  value       = local.statements
}

output "policies" {
  description = "The same, as IAM keeps it besides the role's own."
  value       = local.policies
}
