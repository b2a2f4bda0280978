# What is refused before anything runs.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  application_repository = "https://example.com/shop.git"
  healer_package         = "README.md" # any file: nothing is uploaded
}

run "refuses_fewer_than_the_fewest" {
  command = plan

  variables {
    min_instances     = 4
    max_instances     = 3
    desired_instances = 3
  }

  expect_failures = [
    var.max_instances,
  ]
}

run "refuses_most_below_the_declared_fewest" {
  command = plan

  variables {
    max_instances     = 1
    desired_instances = 1
  }

  expect_failures = [
    var.max_instances,
  ]
}

run "refuses_values_out_of_range" {
  command = plan

  variables {
    desired_instances               = 9
    cpu_scale_up_threshold          = 101
    active_users_scale_up_threshold = 0
    users_per_instance              = 0
    common_tags                     = { "aws:owner" = "me" }
    application_repository          = "https://me:secret@example.com/shop.git"
    application_ref                 = "--upload-pack=x"
    application_settings            = { SECRET_KEY = "0123456789" }
    instance_type                   = "big"
    architecture                    = "mips"
    ami_id                          = "al2023"
    root_volume_gb                  = 5
    launch_timeout_seconds          = 30
    max_instance_lifetime_days      = 0.5
    wait_for_capacity_timeout       = "20"
    vpc_cidr                        = "10.20.0.0"
    interface_endpoints             = ["telepathy"]
    allowed_cidrs                   = []
    domain_name                     = "https://shop.example.com"
    ssl_certificate_arn             = "shop.example.com"
    idle_timeout_seconds            = 60
    deregistration_delay_seconds    = 10
    database_url_secret_arn         = "postgresql://me:secret@db.example.com/shop"
    redis_url_secret_arn            = "redis://cache.example.com"
    smtp_url_secret_arn             = "smtps://mail.example.com"
    database_engine_version         = "13"
    database_instance_class         = "t4g.small"
    database_allocated_storage_gb   = 5
    backup_retention_days           = 0
    cache_node_type                 = "t4g.micro"
    secret_kms_key_arns             = ["alias/mine"]
    secret_versions                 = { database = 0 }
    secret_recovery_window_days     = 3
    notification_email              = "ops at example.com"
    metrics_namespace               = "AWS/EC2"
    response_p95_alarm_ms           = 0
    database_connections_alarm      = 0
    log_retention_days              = 10
  }

  expect_failures = [
    var.desired_instances,
    var.cpu_scale_up_threshold,
    var.active_users_scale_up_threshold,
    var.users_per_instance,
    var.common_tags,
    var.application_repository,
    var.application_ref,
    var.application_settings,
    var.instance_type,
    var.architecture,
    var.ami_id,
    var.root_volume_gb,
    var.launch_timeout_seconds,
    var.max_instance_lifetime_days,
    var.wait_for_capacity_timeout,
    var.vpc_cidr,
    var.interface_endpoints,
    var.allowed_cidrs,
    var.domain_name,
    var.ssl_certificate_arn,
    var.idle_timeout_seconds,
    var.deregistration_delay_seconds,
    var.database_url_secret_arn,
    var.redis_url_secret_arn,
    var.smtp_url_secret_arn,
    var.database_engine_version,
    var.database_instance_class,
    var.database_allocated_storage_gb,
    var.backup_retention_days,
    var.cache_node_type,
    var.secret_kms_key_arns,
    var.secret_versions,
    var.secret_recovery_window_days,
    var.notification_email,
    var.metrics_namespace,
    var.response_p95_alarm_ms,
    var.database_connections_alarm,
    var.log_retention_days,
  ]
}

run "refuses_half_a_server" {
  command = plan

  variables {
    min_instances = 1.5
  }

  expect_failures = [
    var.min_instances,
  ]
}

run "refuses_thresholds_that_cross" {
  command = plan

  variables {
    cpu_scale_up_threshold   = 40
    cpu_scale_down_threshold = 50
  }

  expect_failures = [
    var.cpu_scale_down_threshold,
  ]
}

run "refuses_a_threshold_that_crosses_the_declared_one" {
  command = plan

  variables {
    cpu_scale_up_threshold = 30
  }

  expect_failures = [
    var.cpu_scale_down_threshold,
  ]
}

run "refuses_a_region_that_is_none" {
  command = plan

  variables {
    aws_region = "mumbai"
  }

  expect_failures = [
    var.aws_region,
  ]
}

run "refuses_a_project_name_that_is_no_slug" {
  command = plan

  variables {
    project_name = "Cloud Scale"
  }

  expect_failures = [
    var.project_name,
  ]
}

run "refuses_names_too_long_for_a_load_balancer" {
  command = plan

  variables {
    project_name = "cloudscale-commerce"
    environment  = "production"
  }

  expect_failures = [
    var.environment,
  ]
}

run "refuses_other_values_out_of_range" {
  command = plan

  variables {
    application_repository   = "http://example.com/shop.git"
    application_settings     = { MAIL_FROM = "it's" }
    instance_type            = "t3.micro"
    vpc_cidr                 = "10.20.0.0/28"
    backup_retention_days    = 36
    cpu_scale_down_threshold = 0
  }

  expect_failures = [
    var.cpu_scale_down_threshold,
    var.application_repository,
    var.application_settings,
    var.instance_type,
    var.vpc_cidr,
    var.backup_retention_days,
  ]
}

run "refuses_one_zone" {
  command = plan

  variables {
    availability_zones = ["ap-south-1a"]
  }

  expect_failures = [
    var.availability_zones,
  ]
}

run "refuses_zones_of_elsewhere" {
  command = plan

  variables {
    availability_zones = ["us-east-1a", "us-east-1b"]
  }

  expect_failures = [
    var.availability_zones,
  ]
}

run "refuses_a_zone_without_a_name" {
  command = plan

  variables {
    route53_zone_id = "Z0123456789ABCDEFGHIJ"
  }

  expect_failures = [
    var.route53_zone_id,
  ]
}

run "refuses_a_disk_that_cannot_grow" {
  command = plan

  variables {
    database_allocated_storage_gb = 100
    database_max_storage_gb       = 100
  }

  expect_failures = [
    var.database_max_storage_gb,
  ]
}
