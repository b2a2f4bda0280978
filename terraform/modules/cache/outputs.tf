output "token_secret_arn" {
  description = "The secret that holds the token."
  value       = module.token.arn
}

output "url_template" {
  description = "REDIS_URL with {} in place of the token."
  value       = "rediss://:{}@${aws_elasticache_replication_group.this.primary_endpoint_address}:${local.port}/0"
}

output "node_count" {
  description = "How many nodes there are; CloudWatch names them NAME-cache-001 and so on."
  value       = local.nodes
}
