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
