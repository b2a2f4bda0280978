output "state_bucket" {
  description = "The bucket that keeps the state."
  value       = aws_s3_bucket.state.bucket
}

output "state_key_arn" {
  description = "The key that encrypts it: whoever works with the stack must be allowed to use it."
  value       = aws_kms_key.state.arn
}

output "backend" {
  description = "The backend of the stack, to be written to terraform/backend.tf."
  value       = <<-EOT
    terraform {
      backend "s3" {
        bucket       = "${aws_s3_bucket.state.bucket}"
        key          = "${var.project_name}/${var.environment}/terraform.tfstate"
        region       = "${var.aws_region}"
        encrypt      = true
        kms_key_id   = "${aws_kms_key.state.arn}"
        use_lockfile = true
      }
    }
  EOT
}

output "github_role_arns" {
  description = "What GitHub's variables AWS_PLAN_ROLE_ARN, AWS_RELEASE_ROLE_ARN and AWS_DEPLOY_ROLE_ARN are set to."
  value       = { for name, role in aws_iam_role.github : name => role.arn }
}
