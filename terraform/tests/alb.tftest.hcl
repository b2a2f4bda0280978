mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                         = "shop"
  aws_region                   = "ap-south-1"
  account_id                   = "123456789012"
  partition                    = "aws"
  vpc_id                       = "vpc-0123456789abcdef0"
  public_subnet_ids            = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  private_subnet_cidrs         = ["10.20.64.0/18", "10.20.128.0/18"]
  allowed_cidrs                = ["0.0.0.0/0"]
  application_port             = 8000
  ssl_certificate_arn          = null
  domain_name                  = null
  route53_zone_id              = null
  idle_timeout_seconds         = 300
  deregistration_delay_seconds = 60
  deletion_protection          = true
  log_retention_days           = 30
}

run "without_a_certificate_http_serves" {
  command = apply

  module {
    source = "./modules/alb"
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "forward" && length(aws_lb_listener.https) == 0
    error_message = "HTTP must serve the shop."
  }

  assert {
    condition     = [for rule in aws_security_group.this.ingress : rule.from_port] == [80]
    error_message = "Only port 80 may be open."
  }

  assert {
    condition     = aws_lb_listener_rule.metrics.listener_arn == aws_lb_listener.http.arn
    error_message = "The rule on /metrics must be where pages are served."
  }

  assert {
    condition     = aws_lb.this.idle_timeout >= 120
    error_message = "A websocket may be silent for two minutes."
  }

  assert {
    condition     = aws_lb_target_group.this.health_check[0].path == "/health" && aws_lb_target_group.this.health_check[0].matcher == "200"
    error_message = "Servers are judged by /health."
  }

  assert {
    condition     = tonumber(aws_lb_target_group.this.deregistration_delay) >= 60 && tonumber(aws_lb_target_group.this.deregistration_delay) <= 90
    error_message = "A server that leaves has 60 to 90 s to finish."
  }

  assert {
    condition     = aws_lb.this.drop_invalid_header_fields && aws_lb.this.enable_deletion_protection
    error_message = "Invalid headers are dropped, and nobody deletes it by accident."
  }

  assert {
    condition = (
      toset(one(one(aws_lb_listener_rule.metrics.condition).path_pattern).values) == toset(["/metrics", "/metrics/*"]) &&
      aws_lb_listener_rule.metrics.action[0].fixed_response[0].status_code == "404" &&
      aws_lb_listener_rule.metrics.priority == 1
    )
    error_message = "/metrics must not be reachable through the load balancer."
  }

  assert {
    condition     = aws_lb.this.access_logs[0].enabled && aws_lb.this.access_logs[0].bucket == aws_s3_bucket.logs.id
    error_message = "Access logs must be on."
  }

  assert {
    condition = (
      aws_s3_bucket_public_access_block.logs.block_public_acls && aws_s3_bucket_public_access_block.logs.block_public_policy &&
      aws_s3_bucket_public_access_block.logs.ignore_public_acls && aws_s3_bucket_public_access_block.logs.restrict_public_buckets
    )
    error_message = "The bucket must not be public."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.logs.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "The bucket must be encrypted as load balancers can write."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.logs.policy).Statement[0].Resource == "arn:aws:s3:::shop-alb-logs-123456789012-ap-south-1/AWSLogs/123456789012/*"
    error_message = "Load balancers may write this account's logs and nothing else."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.logs.rule[0].expiration[0].days == 30
    error_message = "Logs must be forgotten."
  }

  assert {
    condition = alltrue([
      for rule in aws_security_group.this.egress : rule.from_port == 8000 && rule.to_port == 8000 && rule.cidr_blocks == tolist(var.private_subnet_cidrs)
    ]) && length(aws_security_group.this.egress) == 1
    error_message = "The load balancer must talk to servers and nobody else."
  }
}

run "with_a_certificate_http_redirects" {
  command = apply

  module {
    source = "./modules/alb"
  }

  variables {
    ssl_certificate_arn = "arn:aws:acm:ap-south-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    domain_name         = "shop.example.com"
    route53_zone_id     = "Z0123456789ABCDEFGHIJ"
  }

  assert {
    condition = (
      aws_lb_listener.http.default_action[0].type == "redirect" &&
      aws_lb_listener.http.default_action[0].redirect[0].protocol == "HTTPS" &&
      aws_lb_listener.http.default_action[0].redirect[0].port == "443" &&
      aws_lb_listener.http.default_action[0].redirect[0].status_code == "HTTP_301"
    )
    error_message = "HTTP must redirect for good."
  }

  assert {
    condition     = aws_lb_listener.https[0].certificate_arn == var.ssl_certificate_arn && aws_lb_listener.https[0].default_action[0].type == "forward"
    error_message = "HTTPS must serve the shop with the certificate."
  }

  assert {
    condition     = startswith(aws_lb_listener.https[0].ssl_policy, "ELBSecurityPolicy-TLS13-1-2")
    error_message = "TLS older than 1.2 must be refused."
  }

  assert {
    condition     = toset([for rule in aws_security_group.this.ingress : rule.from_port]) == toset([80, 443])
    error_message = "Only ports 80 and 443 may be open."
  }

  assert {
    condition     = output.url == "https://shop.example.com" && aws_route53_record.this[0].name == "shop.example.com"
    error_message = "The shop's name must lead to the load balancer."
  }
}
