# What a local AWS API server does not keep, and what must be refused before anything runs.

mock_provider "aws" {
  override_during = plan # nothing is made: what is made here cannot be destroyed again

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:ap-south-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }
}

run "older_versions_are_kept_for_a_while_and_a_few_for_ever" {
  command = plan

  assert {
    condition = one(aws_s3_bucket_lifecycle_configuration.state.rule).noncurrent_version_expiration == tolist([
      { newer_noncurrent_versions = 20, noncurrent_days = 90 }
    ])
    error_message = "The newest 20 older versions must stay, and all of the last 90 days."
  }
}

run "the_backend_locks_and_encrypts" {
  command = plan

  assert {
    condition     = strcontains(output.backend, "use_lockfile = true") && strcontains(output.backend, "encrypt      = true")
    error_message = "Two people must not change the stack at once, and its state holds secrets."
  }
}

run "a_region_that_is_none_is_refused" {
  command = plan
  variables { aws_region = "Mumbai" }
  expect_failures = [var.aws_region]
}

run "a_name_that_no_bucket_can_have_is_refused" {
  command = plan
  variables { project_name = "Cloud_Scale" }
  expect_failures = [var.project_name]
}

run "an_environment_that_no_key_can_have_is_refused" {
  command = plan
  variables { environment = "../other" }
  expect_failures = [var.environment]
}

run "keeping_no_older_version_is_refused" {
  command = plan
  variables { state_versions_kept = 0 }
  expect_failures = [var.state_versions_kept]
}

run "keeping_older_versions_for_a_day_is_refused" {
  command = plan
  variables { state_days_kept = 1 }
  expect_failures = [var.state_days_kept]
}
