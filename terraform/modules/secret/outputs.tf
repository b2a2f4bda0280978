output "arn" {
  description = "The secret."
  value       = aws_secretsmanager_secret.this.arn

  # Who reads it must find something in it.
  depends_on = [aws_secretsmanager_secret_version.this]
}

output "version_id" {
  description = "The version that was written last."
  value       = aws_secretsmanager_secret_version.this.version_id
}
