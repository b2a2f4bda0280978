# The load balancer: the one door from the internet.
#
# browser --80--> redirect to HTTPS, or forward where there is no certificate
#         --443--> /metrics: 404, all else: the target group, by /health

locals {
  has_certificate = var.ssl_certificate_arn != null
  # Where pages are served; the other one only redirects.
  listener_arn = local.has_certificate ? aws_lb_listener.https[0].arn : aws_lb_listener.http.arn
  host         = coalesce(var.domain_name, aws_lb.this.dns_name)
}

resource "aws_lb" "this" {
  name               = "${var.name}-alb"
  load_balancer_type = "application"
  internal           = false
  subnets            = var.public_subnet_ids
  security_groups    = [aws_security_group.this.id]

  idle_timeout               = var.idle_timeout_seconds
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "defensive"
  # The application believes the last entry of X-Forwarded-For alone (TRUSTED_PROXY_HOPS=1).
  xff_header_processing_mode = "append"
  enable_deletion_protection = var.deletion_protection

  access_logs {
    bucket  = aws_s3_bucket.logs.id
    enabled = true
  }

  # It writes a test object when logs are switched on.
  depends_on = [aws_s3_bucket_policy.logs]
}

resource "aws_lb_target_group" "this" {
  name        = "${var.name}-tg"
  vpc_id      = var.vpc_id
  port        = var.application_port
  protocol    = "HTTP"
  target_type = "instance"

  # A socket holds its server for long, so that turns would pile sockets up on the oldest ones.
  load_balancing_algorithm_type = "least_outstanding_requests"
  deregistration_delay          = var.deregistration_delay_seconds

  health_check {
    path                = "/health"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  # Pages live in Redis and PostgreSQL, so that any server can go on with any of them.
  stickiness {
    type    = "lb_cookie"
    enabled = false
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = local.has_certificate ? "redirect" : "forward"
    target_group_arn = local.has_certificate ? null : aws_lb_target_group.this.arn

    dynamic "redirect" {
      for_each = local.has_certificate ? [1] : []

      content {
        protocol    = "HTTPS"
        port        = "443"
        status_code = "HTTP_301"
      }
    }
  }
}

resource "aws_lb_listener" "https" {
  count = local.has_certificate ? 1 : 0

  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.ssl_certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

# What Prometheus reads is for this network; the application asks for a token besides.
resource "aws_lb_listener_rule" "metrics" {
  listener_arn = local.listener_arn
  priority     = 1

  condition {
    path_pattern {
      values = ["/metrics", "/metrics/*"]
    }
  }

  action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "Not found"
      status_code  = "404"
    }
  }
}

# Rules are written here and not as resources of their own: so Terraform also takes away what
# somebody added by hand.
resource "aws_security_group" "this" {
  name        = "${var.name}-alb"
  description = "Browsers to the load balancer, the load balancer to the fleet"
  vpc_id      = var.vpc_id

  dynamic "ingress" {
    for_each = local.has_certificate ? [80, 443] : [80]

    content {
      description = ingress.value == 443 ? "HTTPS" : "HTTP"
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = var.allowed_cidrs
    }
  }

  # By address: naming the fleet's group here, which names this one, would be a circle.
  egress {
    description = "The fleet"
    from_port   = var.application_port
    to_port     = var.application_port
    protocol    = "tcp"
    cidr_blocks = var.private_subnet_cidrs
  }

  tags = { Name = "${var.name}-alb" }
}

resource "aws_route53_record" "this" {
  count = var.domain_name != null && var.route53_zone_id != null ? 1 : 0

  zone_id = var.route53_zone_id
  name    = var.domain_name
  type    = "A"

  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = true
  }
}
