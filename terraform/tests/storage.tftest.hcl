mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                    = "shop"
  aws_region              = "ap-south-1"
  account_id              = "123456789012"
  partition               = "aws"
  vpc_id                  = "vpc-0123456789abcdef0"
  private_subnet_ids      = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  fleet_security_group_id = "sg-0fedcba9876543210"
  kms_key_arn             = "arn:aws:kms:ap-south-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  engine_version          = "17"
  instance_class          = "db.t4g.small"
  allocated_storage_gb    = 20
  max_storage_gb          = 100
  multi_az                = true
  backup_retention_days   = 7
  deletion_protection     = true
  log_retention_days      = 30
  password_version        = 1
  token_version           = 1
  recovery_window_days    = 7
  node_type               = "cache.t4g.micro"
}

run "the_database_is_in_two_zones_encrypted_and_backed_up" {
  command = apply

  module {
    source = "./modules/database"
  }

  assert {
    condition     = aws_db_instance.this.multi_az && aws_db_instance.this.storage_encrypted && aws_db_instance.this.kms_key_id == var.kms_key_arn
    error_message = "The database must be in two zones, encrypted with the stack's key."
  }

  assert {
    condition     = aws_db_instance.this.backup_retention_period == 7 && aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && !aws_db_instance.this.delete_automated_backups
    error_message = "Nothing must be lost by accident."
  }

  assert {
    condition     = aws_db_instance.this.max_allocated_storage == 100
    error_message = "The disk must be able to grow."
  }

  assert {
    condition     = aws_db_instance.this.password == null
    error_message = "The password must not be kept in the database's state."
  }

  assert {
    condition     = !aws_db_instance.this.publicly_accessible && [for rule in aws_security_group.this.ingress : "${rule.from_port} ${one(rule.security_groups)}"] == ["5432 sg-0fedcba9876543210"] && length(aws_security_group.this.egress) == 0
    error_message = "Only the fleet may reach the database."
  }

  assert {
    condition     = one([for parameter in aws_db_parameter_group.this.parameter : parameter.value if parameter.name == "rds.force_ssl"]) == "1" && strcontains(output.url_template, "sslmode=verify-full")
    error_message = "Connections must be over TLS, with the server's name checked."
  }

  assert {
    condition     = aws_db_parameter_group.this.family == "postgres17"
    error_message = "The parameters must be those of the version."
  }

  assert {
    condition     = aws_db_instance.this.performance_insights_enabled && aws_db_instance.this.monitoring_interval == 60
    error_message = "What the database does must be seen."
  }
}

run "a_throw_away_database_goes_without_a_trace" {
  command = plan

  module {
    source = "./modules/database"
  }

  variables {
    deletion_protection = false
  }

  assert {
    condition     = !aws_db_instance.this.deletion_protection && aws_db_instance.this.skip_final_snapshot
    error_message = "Without protection `destroy` must leave nothing."
  }
}

run "the_cache_is_in_two_zones_encrypted_and_locked" {
  command = apply

  module {
    source = "./modules/cache"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.multi_az_enabled && aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.num_cache_clusters == 2
    error_message = "The cache must outlive a zone."
  }

  assert {
    condition = (
      aws_elasticache_replication_group.this.transit_encryption_enabled &&
      aws_elasticache_replication_group.this.transit_encryption_mode == "required" &&
      aws_elasticache_replication_group.this.at_rest_encryption_enabled == "true" &&
      length(aws_elasticache_replication_group.this.auth_token) >= 16
    )
    error_message = "The cache must ask for TLS and a token."
  }

  assert {
    condition     = [for rule in aws_security_group.this.ingress : "${rule.from_port} ${one(rule.security_groups)}"] == ["6379 sg-0fedcba9876543210"] && length(aws_security_group.this.egress) == 0
    error_message = "Only the fleet may reach the cache."
  }

  assert {
    condition     = startswith(output.url_template, "rediss://:{}@")
    error_message = "Servers must speak TLS to the cache."
  }

  assert {
    condition = (
      { for one in aws_elasticache_parameter_group.this.parameter : one.name => one.value } == { notify-keyspace-events = "K$sgxe", maxmemory-policy = "volatile-lru" } &&
      aws_elasticache_replication_group.this.parameter_group_name == "shop-valkey8"
    )
    error_message = "Without keys told of, pages wait for each other; with another policy a full cache ends them all."
  }
}
