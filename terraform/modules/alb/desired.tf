# What the healer keeps as it is here; modules/healing makes the document of it.

locals {
  to_targets = { type = "forward", target_group = aws_lb_target_group.this.arn, redirect = null }
  to_https = {
    type         = "redirect"
    target_group = null
    redirect     = { protocol = "HTTPS", port = "443", status_code = "HTTP_301" }
  }
}

output "desired" {
  description = "Load balancer and what hangs on it as they are wanted, for the healer's document."

  value = concat(
    [
      {
        kind    = "load_balancer", name = "alb", id = aws_lb.this.arn
        address = "aws_lb.this"
        fields = {
          attributes = {
            "idle_timeout.timeout_seconds"                    = tostring(aws_lb.this.idle_timeout)
            "routing.http.drop_invalid_header_fields.enabled" = tostring(aws_lb.this.drop_invalid_header_fields)
            "routing.http.desync_mitigation_mode"             = aws_lb.this.desync_mitigation_mode
            "routing.http.xff_header_processing.mode"         = aws_lb.this.xff_header_processing_mode
            "deletion_protection.enabled"                     = tostring(var.deletion_protection)
            "access_logs.s3.enabled"                          = "true"
            "access_logs.s3.bucket"                           = aws_s3_bucket.logs.id
          }
          security_groups = [aws_security_group.this.id]
          subnets         = var.public_subnet_ids
          tags            = aws_lb.this.tags_all
        }
      },
      {
        kind    = "target_group", name = "fleet", id = aws_lb_target_group.this.arn
        address = "aws_lb_target_group.this"
        fields = {
          health_check = {
            path             = aws_lb_target_group.this.health_check[0].path
            protocol         = "HTTP"
            port             = "traffic-port"
            matcher          = aws_lb_target_group.this.health_check[0].matcher
            interval_seconds = aws_lb_target_group.this.health_check[0].interval
            timeout_seconds  = aws_lb_target_group.this.health_check[0].timeout
            healthy_count    = aws_lb_target_group.this.health_check[0].healthy_threshold
            unhealthy_count  = aws_lb_target_group.this.health_check[0].unhealthy_threshold
          }
          attributes = {
            "deregistration_delay.timeout_seconds" = tostring(var.deregistration_delay_seconds)
            "load_balancing.algorithm.type"        = aws_lb_target_group.this.load_balancing_algorithm_type
            "stickiness.enabled"                   = "false"
          }
          tags = aws_lb_target_group.this.tags_all
        }
      },
      {
        kind    = "listener", name = "http", id = aws_lb_listener.http.arn
        address = "aws_lb_listener.http"
        fields = {
          port     = 80
          protocol = "HTTP"
          actions  = [local.has_certificate ? local.to_https : merge(local.to_targets, { redirect = null })]
          tags     = aws_lb_listener.http.tags_all
        }
      },
      {
        kind    = "listener_rule", name = "metrics", id = aws_lb_listener_rule.metrics.arn
        address = "aws_lb_listener_rule.metrics"
        fields = {
          priority   = 1
          conditions = [{ field = "path-pattern", values = ["/metrics", "/metrics/*"] }]
          actions    = [{ type = "fixed-response", fixed_response = { status_code = "404", content_type = "text/plain", message_body = "Not found" } }]
          tags       = aws_lb_listener_rule.metrics.tags_all
        }
      },
      {
        kind    = "security_group", name = "alb", id = aws_security_group.this.id
        address = "aws_security_group.this"
        of      = aws_security_group.this
        fields  = { tags = aws_security_group.this.tags_all }
      },
      {
        kind    = "bucket", name = "alb-logs", id = aws_s3_bucket.logs.id
        address = "aws_s3_bucket.logs"
        fields = {
          policy              = local.logs_policy
          public_access_block = { block_acls = true, ignore_acls = true, block_policy = true, restrict_buckets = true }
          encryption          = { algorithm = "AES256" }
          versioning          = "Enabled"
        }
      },
    ],
    [
      for index, listener in aws_lb_listener.https : {
        kind    = "listener", name = "https", id = listener.arn
        address = "aws_lb_listener.https[${index}]"
        fields = {
          port         = 443
          protocol     = "HTTPS"
          ssl_policy   = listener.ssl_policy
          certificates = [var.ssl_certificate_arn]
          actions      = [local.to_targets]
          tags         = listener.tags_all
        }
      }
    ],
  )
}
