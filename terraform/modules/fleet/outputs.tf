output "group_name" {
  description = "The Auto Scaling group."
  value       = aws_autoscaling_group.this.name
}

output "group_arn" {
  description = "The Auto Scaling group's ARN."
  value       = aws_autoscaling_group.this.arn
}

output "launch_template_id" {
  description = "The launch template."
  value       = aws_launch_template.this.id
}

output "security_group_id" {
  description = "The servers' security group."
  value       = aws_security_group.this.id
}

output "role_arn" {
  description = "The servers' role."
  value       = aws_iam_role.this.arn
}

output "image_id" {
  description = "The image that servers are made of. It is known before anything is made."
  value       = local.image_id
}

output "instance_profile_arn" {
  description = "The servers' instance profile."
  value       = aws_iam_instance_profile.this.arn
}
