output "arn" {
  description = "The load balancer."
  value       = aws_lb.this.arn
}

output "arn_suffix" {
  description = "The load balancer as CloudWatch names it."
  value       = aws_lb.this.arn_suffix
}

output "dns_name" {
  description = "The load balancer's own name."
  value       = aws_lb.this.dns_name
}

output "url" {
  description = "The origin that browsers use."
  value       = "${local.has_certificate ? "https" : "http"}://${lower(local.host)}"
}

output "security_group_id" {
  description = "The load balancer's security group."
  value       = aws_security_group.this.id
}

output "target_group_arn" {
  description = "The target group."
  value       = aws_lb_target_group.this.arn

  # Nobody checks the health of one that no listener forwards to.
  depends_on = [aws_lb_listener.http, aws_lb_listener.https]
}

output "target_group_arn_suffix" {
  description = "The target group as CloudWatch names it."
  value       = aws_lb_target_group.this.arn_suffix
}
