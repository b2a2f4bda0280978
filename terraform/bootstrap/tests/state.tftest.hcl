# What a local AWS API server does not keep, and what must be refused before anything runs.

mock_provider "aws" {
  override_during = plan # nothing is made: what is made here cannot be destroyed again

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::cloudscale-state-123456789012-ap-south-1" }
  }

  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
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

run "without_a_repository_nobody_is_let_in" {
  command = plan

  assert {
    condition     = length(aws_iam_role.github) == 0 && length(aws_iam_openid_connect_provider.github) == 0
    error_message = "Who does not use GitHub must not trust it."
  }
}

run "each_workflow_is_let_in_from_its_own_place_alone" {
  command = plan
  variables { github_repository = "someone/shop" }

  assert {
    condition = {
      for name, role in aws_iam_role.github : name => jsondecode(role.assume_role_policy).Statement[0].Condition.StringLike["token.actions.githubusercontent.com:sub"]
      } == {
      plan    = ["repo:someone/shop:pull_request"]
      release = ["repo:someone/shop:ref:refs/heads/main", "repo:someone/shop:ref:refs/tags/v*"]
      deploy  = ["repo:someone/shop:environment:production"]
    }
    error_message = "A role must be for one repository and one kind of run."
  }

  assert {
    condition = alltrue([
      for role in aws_iam_role.github : jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    ])
    error_message = "A token for somebody else must not be taken."
  }

  assert {
    condition = alltrue([
      for action in flatten(local.rights.plan[*].Action) : can(regex("^[a-z0-9-]+:(Describe|Get|List)|^kms:Decrypt$", action))
    ])
    error_message = "A pull request may read, and change nothing."
  }

  assert {
    condition     = one([for one in local.rights.plan : one.Resource if contains(one.Action, "secretsmanager:GetSecretValue")]) == ["arn:aws:secretsmanager:ap-south-1:123456789012:secret:cloudscale-production/*"]
    error_message = "A plan must read no secret but the stack's own."
  }

  assert {
    condition     = alltrue([for one in local.rights.release : one.Resource != ["*"]]) && one([for one in local.rights.release : one.Resource[0] if one.Sid == "WriteReleases"]) == "arn:aws:s3:::cloudscale-production-releases-123456789012-ap-south-1/releases/*"
    error_message = "A release is written to its bucket, and that is all."
  }

  assert {
    condition = one([
      for one in local.rights.deploy : one.Resource if one.Sid == "NeverItself" && one.Effect == "Deny"
    ]) == ["arn:aws:iam::123456789012:role/cloudscale-production-github-*", "arn:aws:iam::123456789012:oidc-provider/*"]
    error_message = "A deploy must not let itself do more."
  }
}

run "a_newer_repository_is_let_in_by_its_numbers" {
  command = plan
  variables { github_repository = "someone@12/shop@345" }

  assert {
    condition     = jsondecode(aws_iam_role.github["deploy"].assume_role_policy).Statement[0].Condition.StringLike["token.actions.githubusercontent.com:sub"] == ["repo:someone@12/shop@345:environment:production"]
    error_message = "GitHub names it so in its tokens."
  }
}

run "a_repository_with_one_number_alone_is_refused" {
  command = plan
  variables { github_repository = "someone@12/shop" }
  expect_failures = [var.github_repository]
}

run "a_repository_without_an_owner_is_refused" {
  command = plan
  variables { github_repository = "shop" }
  expect_failures = [var.github_repository]
}
