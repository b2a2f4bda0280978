output "load_balancer_dns" {
  description = "The load balancer's own name."
  value       = module.alb.dns_name
}

output "load_balancer_url" {
  description = "Where the shop is, as browsers write it."
  value       = module.alb.url
}

output "auto_scaling_group_name" {
  description = "The Auto Scaling group."
  value       = module.fleet.group_name
}

output "vpc_id" {
  description = "The network."
  value       = module.network.vpc_id
}

output "public_subnet_ids" {
  description = "Public subnets in the order of the zones."
  value       = module.network.public_subnet_ids
}

output "private_subnet_ids" {
  description = "Private subnets in the order of the zones."
  value       = module.network.private_subnet_ids
}

output "target_group_arn" {
  description = "The target group that servers join."
  value       = module.alb.target_group_arn
}

output "launch_template_id" {
  description = "What a server is made of."
  value       = module.fleet.launch_template_id
}

output "release_bucket" {
  description = "The bucket of releases: what CI uploads to and servers install from (RELEASE_BUCKET)."
  value       = module.release.bucket
}

output "cloudwatch_dashboard_url" {
  description = "The dashboard in AWS's console."
  value       = "https://${var.aws_region}.console.aws.amazon.com/cloudwatch/home?region=${var.aws_region}#dashboards:name=${module.monitoring.dashboard_name}"
}

output "sns_topic_arn" {
  description = "Who is told of scaling and alarms."
  value       = module.monitoring.topic_arn
}

output "healer_function_name" {
  description = "The function that puts back what differs from what Terraform wrote."
  value       = module.healing.function_name
}

output "availability_zones" {
  description = "The zones that the fleet stands in."
  value       = local.availability_zones
}

output "settings_parameter" {
  description = "The SSM parameter with the shop's settings."
  value       = local.settings_parameter
}

output "scaling_policy_parameter" {
  description = "The SSM parameter with the scaling policy in force (SCALING_POLICY_PARAMETER)."
  value       = local.policy_parameter
}

output "scaling_policy" {
  description = "The scaling policy in force: policy.json, and what variables set instead."
  value       = local.policy
}

output "kms_key_arn" {
  description = "The key that everything here is encrypted with."
  value       = aws_kms_key.this.arn
}

output "healing_table" {
  description = "The healer's record (HEALING_TABLE); the stack's name is HEALING_STACK."
  value       = module.healing.table_name
}

output "healing_change" {
  description = "Which state of the inputs the desired document was written for; a hold is over when both name the same."
  value       = local.change
}
