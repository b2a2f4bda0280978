# What is otherwise on the local AWS API server (moto) than on AWS, all of it, each with its reason.
# Every line that begins with "#>" starts an override file; it is laid beside the module's own files
# in a copy, and Terraform merges it into them. The address of the server is in AWS_ENDPOINT_URL.

#> bootstrap/local_aws_override.tf
provider "aws" {
  access_key                  = "testing"
  secret_key                  = "testing-secret"
  skip_credentials_validation = true
  skip_metadata_api_check     = "true"
  s3_use_path_style           = true # the server has one name, not one for each bucket
  max_retries                 = 2    # tries: a dropped answer is asked again, and what moto cannot do fails soon
}

# `destroy` is refused on AWS, which test_bootstrap.py proves; here it must leave nothing.
resource "aws_s3_bucket" "state" {
  lifecycle {
    prevent_destroy = false
  }
}

resource "aws_kms_key" "state" {
  lifecycle {
    prevent_destroy = false
  }
}

# moto forgets `newer_noncurrent_versions`, and the provider waits until it reads what it wrote.
# bootstrap/tests/state.tftest.hcl asserts it.
resource "aws_s3_bucket_lifecycle_configuration" "state" {
  rule {
    id     = "older-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.state_days_kept
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

#> local_aws_override.tf
provider "aws" {
  access_key                  = "testing"
  secret_key                  = "testing-secret"
  skip_credentials_validation = true
  skip_metadata_api_check     = "true"
  s3_use_path_style           = true # the server has one name, not one for each bucket
  max_retries                 = 2    # tries: a dropped answer is asked again, and what moto cannot do fails soon
}

# moto's replication groups fail, and its clusters never go: the shop is told of a cache elsewhere.
# tests/*.tftest.hcl assert the module.
variable "redis_url_secret_arn" {
  default = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:cache-elsewhere-AbCdEf"
}

#> modules/fleet/local_aws_override.tf
# moto takes the tags of the template itself for tags of what is made of it.
resource "aws_launch_template" "this" {
  lifecycle {
    ignore_changes = [tag_specifications]
  }
}

resource "aws_autoscaling_group" "this" {
  lifecycle {
    ignore_changes = [
      # The module's own two, which this list replaces.
      desired_capacity,
      launch_template[0].version,

      # moto takes these and forgets them.
      default_instance_warmup,
      instance_maintenance_policy,
      max_instance_lifetime,
    ]
  }
}

# So the healer is not asked to keep them. tests/healing.tftest.hcl asserts that it is on AWS.
locals {
  group_pace = {}
}

# moto tells a queue and a role of its own invention with every hook.
resource "aws_autoscaling_lifecycle_hook" "this" {
  lifecycle {
    ignore_changes = [notification_target_arn, role_arn]
  }
}

#> modules/scaling/local_aws_override.tf
# moto does not tell whether a policy is enabled, and tells an empty predictive one with each.
resource "aws_autoscaling_policy" "step" {
  lifecycle {
    ignore_changes = [enabled, predictive_scaling_configuration]
  }
}

#> modules/database/local_aws_override.tf
# moto takes these and forgets them.
resource "aws_db_instance" "this" {
  lifecycle {
    ignore_changes = [
      performance_insights_enabled,
      performance_insights_kms_key_id,
      performance_insights_retention_period,
    ]
  }
}

# moto does not say which parameters are not the family's own, so that the provider reads none.
resource "aws_db_parameter_group" "this" {
  lifecycle {
    ignore_changes = [parameter]
  }
}

#> modules/release/local_aws_override.tf
# moto denies whatever a bucket's policy denies on a condition, as if the condition always held.
# tests/release.tftest.hcl asserts it.
locals {
  bucket_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["${local.arn}/nothing/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

#> modules/healing/local_aws_override.tf
# moto forgets where a function writes its log. tests/healing.tftest.hcl asserts it.
resource "aws_lambda_function" "this" {
  lifecycle {
    ignore_changes = [logging_config]
  }
}

# moto denies whatever a bucket's policy denies on a condition, as if the condition always held.
# tests/healing.tftest.hcl asserts it.
locals {
  bucket_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["${local.prefix}/nothing/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
