output "password_secret_arn" {
  description = "The secret that holds the password."
  value       = module.password.arn
}

output "url_template" {
  description = "DATABASE_URL with {} in place of the password. The certificate's authorities are fetched by bootstrap.sh."
  value       = "postgresql://${local.name}:{}@${aws_db_instance.this.address}:${local.port}/${local.name}?sslmode=verify-full&sslrootcert=/etc/cloudscale/rds-authorities.pem"
}

output "identifier" {
  description = "The database as CloudWatch names it."
  value       = aws_db_instance.this.identifier
}
