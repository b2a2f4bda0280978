mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                = "shop"
  aws_region          = "ap-south-1"
  account_id          = "123456789012"
  partition           = "aws"
  kms_key_arn         = "arn:aws:kms:ap-south-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  deletion_protection = true
}

run "releases_are_private_kept_and_encrypted" {
  command = apply

  module {
    source = "./modules/release"
  }

  assert {
    condition     = aws_s3_bucket.this.bucket == "shop-releases-123456789012-ap-south-1" && !aws_s3_bucket.this.force_destroy
    error_message = "The bucket must have its own name, and must not go while something is in it."
  }

  assert {
    condition = (
      aws_s3_bucket_public_access_block.this.block_public_acls && aws_s3_bucket_public_access_block.this.block_public_policy &&
      aws_s3_bucket_public_access_block.this.ignore_public_acls && aws_s3_bucket_public_access_block.this.restrict_public_buckets
    )
    error_message = "The bucket must not be public."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Effect == "Deny" && jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false" && jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Resource == ["arn:aws:s3:::shop-releases-123456789012-ap-south-1", "arn:aws:s3:::shop-releases-123456789012-ap-south-1/*"]
    error_message = "The bucket must answer over TLS alone."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
    error_message = "Releases must be encrypted with the stack's key."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "What is written over must be there still."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[0].days == 365 && aws_s3_bucket_lifecycle_configuration.this.rule[0].noncurrent_version_expiration[0].noncurrent_days == 30
    error_message = "Old releases must go in the end."
  }

  assert {
    condition     = [for one in output.desired : "${one.kind} ${one.name} ${one.fields.versioning}"] == ["bucket releases Enabled"]
    error_message = "The healer must know the bucket."
  }
}

run "a_stack_that_may_go_takes_its_releases_along" {
  command = apply

  module {
    source = "./modules/release"
  }

  variables {
    deletion_protection = false
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy
    error_message = "A stack without protection must be able to go as a whole."
  }
}
