# What the shop is told on its servers: settings by the names of .env.example, kept in SSM, and where its
# secrets are. cloudscale/settings.py is the reader.

locals {
  policy_parameter      = "/${module.hold.name}/scaling-policy"
  settings_parameter    = "/${module.hold.name}/settings"
  target_failures_alarm = "target-failures"

  settings = merge(var.application_settings, {
    ENVIRONMENT              = local.application_environment
    HOST                     = "0.0.0.0" # the security group lets the load balancer in alone
    PORT                     = tostring(local.application_port)
    PUBLIC_URL               = module.alb.url
    TRUSTED_PROXY_HOPS       = "1"
    KEEP_ALIVE_SECONDS       = tostring(var.idle_timeout_seconds + 10) # the balancer must be the first to close
    DATA_DIR                 = "/opt/cloudscale/data"
    LOG_FORMAT               = "json"
    CLOUD                    = "aws"
    AWS_REGION               = var.aws_region
    LOAD_BALANCER_ARN        = module.alb.arn
    METRICS_NAMESPACE        = var.metrics_namespace
    SCALING_POLICY_PARAMETER = local.policy_parameter
    HEALING_STACK            = local.name
    HEALING_TABLE            = local.record_table
    HEALING_TOPIC_ARN        = local.topic_arn
  })

  secrets = merge(
    {
      SECRET_KEY    = { arn = module.secret_key.arn, template = "{}" }
      METRICS_TOKEN = { arn = module.metrics_token.arn, template = "{}" }
      DATABASE_URL  = local.database_url
      REDIS_URL     = local.redis_url
    },
    { for arn in var.smtp_url_secret_arn[*] : "SMTP_URL" => { arn = arn, template = "{}" } },
  )

  database_url = one(concat(
    [for arn in var.database_url_secret_arn[*] : { arn = arn, template = "{}" }],
    [for own in module.database : { arn = own.password_secret_arn, template = own.url_template }],
  ))
  redis_url = one(concat(
    [for arn in var.redis_url_secret_arn[*] : { arn = arn, template = "{}" }],
    [for own in module.cache : { arn = own.token_secret_arn, template = own.url_template }],
  ))

  # All that a server may talk to. What is not of this stack may be anywhere.
  anywhere = ["0.0.0.0/0"]
  outbound = concat(
    [
      { description = "AWS, git, packages", port = 443, cidrs = local.anywhere },
      { description = "PostgreSQL", port = 5432, cidrs = local.has_own_database ? module.network.private_subnet_cidrs : local.anywhere },
      { description = "Redis", port = 6379, cidrs = local.has_own_cache ? module.network.private_subnet_cidrs : local.anywhere },
    ],
    var.smtp_url_secret_arn == null ? [] : [
      { description = "Mail over TLS", port = 465, cidrs = local.anywhere },
      { description = "Mail, STARTTLS", port = 587, cidrs = local.anywhere },
    ],
  )
}
