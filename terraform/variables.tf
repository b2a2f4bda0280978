# What an operator can set. Those of the scaling policy are null: then policy.json, which the
# application declares, holds.

variable "aws_region" {
  description = "The AWS region."
  type        = string
  default     = "ap-south-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region (${var.aws_region}) must be a region such as ap-south-1."
  }
}

variable "project_name" {
  description = "What everything is named after, with the environment."
  type        = string
  default     = "cloudscale"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.project_name))
    error_message = "project_name (${var.project_name}) must be lower-case letters, digits and single hyphens, a letter first."
  }
}

variable "environment" {
  description = "Which of several stacks this is: production, staging. In demo the shop has a demo catalogue and demo accounts."
  type        = string
  default     = "production"

  validation {
    condition     = can(regex("^[a-z0-9]+(-[a-z0-9]+)*$", var.environment))
    error_message = "environment (${var.environment}) must be lower-case letters, digits and single hyphens."
  }

  validation {
    condition     = length(var.project_name) + 1 + length(var.environment) <= 26
    error_message = "environment: project_name and environment must have 25 characters together at most; a load balancer's name has room for 32 with what is added."
  }
}

variable "common_tags" {
  description = "Tags on everything, besides Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.common_tags) : !startswith(lower(key), "aws:") && length(key) >= 1 && length(key) <= 128])
    error_message = "common_tags: a key must have 1 to 128 characters and not begin with aws:, which AWS keeps for itself."
  }
}

# --- the application ---

variable "application_repository" {
  description = "The git repository that servers clone, over HTTPS and without a password. There is no default: servers run what is in it."
  type        = string

  validation {
    condition     = can(regex("^https://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9._/-]+$", var.application_repository))
    error_message = "application_repository must be an address such as https://example.com/shop.git, without user, password or query."
  }
}

variable "application_ref" {
  description = "Branch, tag or commit of the repository. A tag or commit has all servers run the same, and a changed one comes to them with the next rollout."
  type        = string
  default     = "main"

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$", var.application_ref))
    error_message = "application_ref (${var.application_ref}) must be a branch, tag or commit."
  }
}

variable "application_settings" {
  description = "More settings by the names of .env.example, such as MAIL_FROM. No secrets: whoever may read parameters of SSM can read them. What the stack itself sets wins."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key, value in var.application_settings : can(regex("^[A-Z][A-Z0-9_]*$", key)) && !can(regex("['\\\\\n]|\\{\\{", value))])
    error_message = "application_settings: names must be like MAIL_FROM, and values without apostrophe, backslash, line break or {{ (which SSM takes for another parameter)."
  }

  validation {
    condition     = length(setintersection(keys(var.application_settings), ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "METRICS_TOKEN", "SMTP_URL"])) == 0
    error_message = "application_settings: SECRET_KEY, DATABASE_URL, REDIS_URL, METRICS_TOKEN and SMTP_URL are secrets and come from Secrets Manager."
  }
}

variable "smtp_url_secret_arn" {
  description = "A secret of Secrets Manager that holds SMTP_URL, through which order notices are mailed; null writes them to the log."
  type        = string
  default     = null

  validation {
    condition     = var.smtp_url_secret_arn == null ? true : can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", var.smtp_url_secret_arn))
    error_message = "smtp_url_secret_arn must be the ARN of a secret: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME."
  }
}

# --- the fleet ---

variable "instance_type" {
  description = "The machines' type; 2 GB of memory at least."
  type        = string
  default     = "t3.small"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*[0-9][a-z0-9-]*\\.([a-z0-9-]+)$", var.instance_type))
    error_message = "instance_type (${var.instance_type}) must be a type such as t3.small or m7g.large."
  }

  validation {
    condition     = !can(regex("\\.(nano|micro)$", var.instance_type))
    error_message = "instance_type (${var.instance_type}) has less than the 2 GB of memory that building the pages takes."
  }
}

variable "architecture" {
  description = "x86_64 or arm64; null takes that of instance_type (Graviton's families are arm64)."
  type        = string
  default     = null

  validation {
    condition     = var.architecture == null ? true : contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be x86_64 or arm64."
  }
}

variable "ami_id" {
  description = "An image to pin, of Amazon Linux 2023; null takes the newest at each apply."
  type        = string
  default     = null

  validation {
    condition     = var.ami_id == null ? true : can(regex("^ami-[0-9a-f]{8,17}$", var.ami_id))
    error_message = "ami_id must be an image such as ami-0123456789abcdef0."
  }
}

variable "root_volume_gb" {
  description = "The disk of each server."
  type        = number
  default     = 20

  validation {
    condition     = var.root_volume_gb >= 10 && var.root_volume_gb <= 1000 && floor(var.root_volume_gb) == var.root_volume_gb
    error_message = "root_volume_gb (${var.root_volume_gb}) must be a whole number from 10 to 1000."
  }
}

variable "launch_timeout_seconds" {
  description = "So long a new server may take from its launch to its first answer before it is given up."
  type        = number
  default     = 900

  validation {
    condition     = var.launch_timeout_seconds >= 120 && var.launch_timeout_seconds <= 7200
    error_message = "launch_timeout_seconds (${var.launch_timeout_seconds}) must be from 120 to 7200."
  }
}

variable "max_instance_lifetime_days" {
  description = "After so long a server is replaced by a new one, with the newest packages; 0 never."
  type        = number
  default     = 30

  validation {
    condition     = var.max_instance_lifetime_days == 0 || (var.max_instance_lifetime_days >= 1 && var.max_instance_lifetime_days <= 365)
    error_message = "max_instance_lifetime_days (${var.max_instance_lifetime_days}) must be 0 or from 1 to 365: AWS takes no less than a day."
  }
}

variable "wait_for_capacity_timeout" {
  description = "How long an apply waits until the first servers are in service; 0 does not wait."
  type        = string
  default     = "20m"

  validation {
    condition     = can(regex("^(0|[0-9]+[smh])$", var.wait_for_capacity_timeout))
    error_message = "wait_for_capacity_timeout (${var.wait_for_capacity_timeout}) must be 0 or a time such as 20m."
  }
}

# --- the scaling policy; null: what policy.json says ---

variable "scaling_policy" {
  description = "Another policy in place of policy.json, as JSON: `python -m cloudscale policy NAME --variables terraform/scaling.auto.tfvars.json` writes it, and so does the what-if page. The variables below change single numbers of it."
  type        = string
  default     = null

  validation {
    condition     = var.scaling_policy == null ? true : can(keys(jsondecode(var.scaling_policy)))
    error_message = "scaling_policy must be a JSON object, as `python -m cloudscale policy NAME --variables FILE` writes it."
  }

  validation {
    condition = var.scaling_policy == null ? true : can([
      jsondecode(var.scaling_policy).name,
      jsondecode(var.scaling_policy).rules[*].kind,
      jsondecode(var.scaling_policy).rules[*].name,
      jsondecode(var.scaling_policy).warm_up_seconds + jsondecode(var.scaling_policy).health_grace_seconds,
      jsondecode(var.scaling_policy).users_per_instance,
      jsondecode(var.scaling_policy).bounds.min_instances + jsondecode(var.scaling_policy).bounds.max_instances + jsondecode(var.scaling_policy).bounds.desired_instances,
      jsondecode(var.scaling_policy).thresholds.cpu_scale_out_percent + jsondecode(var.scaling_policy).thresholds.cpu_scale_in_percent,
      jsondecode(var.scaling_policy).thresholds.active_users_scale_out + 0,
    ])
    error_message = "scaling_policy must have name, rules with kind and name, warm_up_seconds, health_grace_seconds, users_per_instance, all bounds and all thresholds."
  }

  validation {
    condition     = var.scaling_policy == null ? true : try(jsondecode(var.scaling_policy).bounds.min_instances >= 1 && jsondecode(var.scaling_policy).bounds.min_instances <= jsondecode(var.scaling_policy).bounds.max_instances && jsondecode(var.scaling_policy).bounds.max_instances <= 100, true)
    error_message = "scaling_policy: bounds.min_instances must be from 1 to bounds.max_instances, and that 100 at most."
  }

  validation {
    condition     = var.scaling_policy == null ? true : try(jsondecode(var.scaling_policy).thresholds.cpu_scale_in_percent < jsondecode(var.scaling_policy).thresholds.cpu_scale_out_percent, true)
    error_message = "scaling_policy: thresholds.cpu_scale_in_percent must be below thresholds.cpu_scale_out_percent: the fleet would grow and shrink in turns."
  }
}

variable "min_instances" {
  description = "The fewest servers (policy.json: bounds.min_instances, 2)."
  type        = number
  default     = null

  validation {
    condition     = var.min_instances == null ? true : var.min_instances >= 1 && var.min_instances <= 100 && floor(var.min_instances) == var.min_instances
    error_message = "min_instances must be a whole number from 1 to 100."
  }
}

variable "max_instances" {
  description = "The most servers (policy.json: bounds.max_instances, 8)."
  type        = number
  default     = null

  validation {
    condition     = var.max_instances == null ? true : var.max_instances >= 1 && var.max_instances <= 100 && floor(var.max_instances) == var.max_instances
    error_message = "max_instances must be a whole number from 1 to 100."
  }

  validation {
    condition     = coalesce(var.min_instances, local.declared.bounds.min_instances) <= coalesce(var.max_instances, local.declared.bounds.max_instances)
    error_message = "max_instances (${coalesce(var.max_instances, local.declared.bounds.max_instances)}) must not be below min_instances (${coalesce(var.min_instances, local.declared.bounds.min_instances)}): no number of servers would be allowed."
  }
}

variable "desired_instances" {
  description = "How many servers a new fleet starts with (policy.json: bounds.desired_instances, 2). One that runs is never set back to it."
  type        = number
  default     = null

  validation {
    condition     = var.desired_instances == null ? true : floor(var.desired_instances) == var.desired_instances
    error_message = "desired_instances must be a whole number."
  }

  validation {
    condition = var.desired_instances == null ? true : (
      coalesce(var.min_instances, local.declared.bounds.min_instances) <= var.desired_instances &&
      var.desired_instances <= coalesce(var.max_instances, local.declared.bounds.max_instances)
    )
    error_message = "desired_instances (${coalesce(var.desired_instances, 0)}) must be between min_instances (${coalesce(var.min_instances, local.declared.bounds.min_instances)}) and max_instances (${coalesce(var.max_instances, local.declared.bounds.max_instances)})."
  }
}

variable "cpu_scale_up_threshold" {
  description = "Grow at or above this CPU in percent (policy.json: thresholds.cpu_scale_out_percent, 70)."
  type        = number
  default     = null

  validation {
    condition     = var.cpu_scale_up_threshold == null ? true : var.cpu_scale_up_threshold >= 1 && var.cpu_scale_up_threshold <= 100
    error_message = "cpu_scale_up_threshold must be from 1 to 100."
  }
}

variable "cpu_scale_down_threshold" {
  description = "Shrink below this CPU in percent, with few users only (policy.json: thresholds.cpu_scale_in_percent, 30)."
  type        = number
  default     = null

  validation {
    condition     = var.cpu_scale_down_threshold == null ? true : var.cpu_scale_down_threshold >= 1 && var.cpu_scale_down_threshold <= 99
    error_message = "cpu_scale_down_threshold must be from 1 to 99."
  }

  validation {
    condition     = coalesce(var.cpu_scale_down_threshold, local.declared.thresholds.cpu_scale_in_percent) < coalesce(var.cpu_scale_up_threshold, local.declared.thresholds.cpu_scale_out_percent)
    error_message = "cpu_scale_down_threshold (${coalesce(var.cpu_scale_down_threshold, local.declared.thresholds.cpu_scale_in_percent)}) must be below cpu_scale_up_threshold (${coalesce(var.cpu_scale_up_threshold, local.declared.thresholds.cpu_scale_out_percent)}): the fleet would grow and shrink in turns."
  }
}

variable "active_users_scale_up_threshold" {
  description = "From so many active users on one more server; shrink below only (policy.json: thresholds.active_users_scale_out, 4)."
  type        = number
  default     = null

  validation {
    condition     = var.active_users_scale_up_threshold == null ? true : var.active_users_scale_up_threshold >= 1 && var.active_users_scale_up_threshold <= 1000000 && floor(var.active_users_scale_up_threshold) == var.active_users_scale_up_threshold
    error_message = "active_users_scale_up_threshold must be a whole number from 1 to 1000000."
  }
}

variable "users_per_instance" {
  description = "Above that threshold one more server for each so many users (policy.json: users_per_instance, 50)."
  type        = number
  default     = null

  validation {
    condition     = var.users_per_instance == null ? true : var.users_per_instance >= 1 && var.users_per_instance <= 1000000 && floor(var.users_per_instance) == var.users_per_instance
    error_message = "users_per_instance must be a whole number from 1 to 1000000."
  }
}

# --- the network and the load balancer ---

variable "vpc_cidr" {
  description = "The network's addresses, /16 to /22."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr)) && try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 22, false)
    error_message = "vpc_cidr (${var.vpc_cidr}) must be IPv4 addresses such as 10.20.0.0/16, /16 to /22: subnets are a sixteenth and a quarter of it."
  }
}

variable "availability_zones" {
  description = "Two or three zones; null takes a and b of the region. Add at the end: the order decides the subnets' addresses."
  type        = list(string)
  default     = null

  validation {
    condition     = var.availability_zones == null ? true : length(var.availability_zones) >= 2 && length(var.availability_zones) <= 3 && length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones must be two or three different zones."
  }

  validation {
    condition     = alltrue([for zone in coalesce(var.availability_zones, []) : can(regex("^${var.aws_region}[a-f]$", zone))])
    error_message = "availability_zones must be zones of aws_region, such as ${var.aws_region}a."
  }
}

variable "nat_gateway_per_zone" {
  description = "A NAT gateway in each zone, so that losing one leaves the others their way out; false has one for all, for less money."
  type        = bool
  default     = true
}

variable "interface_endpoints" {
  description = "AWS services that are reached without NAT, each for a price by hour and zone: ssm, ssmmessages, logs, monitoring, secretsmanager, kms, autoscaling, elasticloadbalancing. S3's is always there and free."
  type        = set(string)
  default     = []

  validation {
    condition = alltrue([
      for service in var.interface_endpoints :
      contains(["ssm", "ssmmessages", "ec2messages", "ec2", "logs", "monitoring", "secretsmanager", "kms", "autoscaling", "elasticloadbalancing", "sts", "events", "sns"], service)
    ])
    error_message = "interface_endpoints must be of ssm, ssmmessages, ec2messages, ec2, logs, monitoring, secretsmanager, kms, autoscaling, elasticloadbalancing, sts, events, sns."
  }
}

variable "allowed_cidrs" {
  description = "Who may reach the load balancer."
  type        = list(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = length(var.allowed_cidrs) > 0 && alltrue([for cidr in var.allowed_cidrs : can(cidrnetmask(cidr))])
    error_message = "allowed_cidrs must be IPv4 addresses such as 203.0.113.0/24, one at least."
  }
}

variable "domain_name" {
  description = "The shop's name, such as shop.example.com; null has browsers use the load balancer's own."
  type        = string
  default     = null

  validation {
    condition     = var.domain_name == null ? true : length(var.domain_name) <= 253 && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain_name))
    error_message = "domain_name must be a name such as shop.example.com: lower case, without https:// and path."
  }
}

variable "route53_zone_id" {
  description = "The Route 53 zone that gets a record for domain_name; null where the record is made elsewhere."
  type        = string
  default     = null

  validation {
    condition     = var.route53_zone_id == null ? true : can(regex("^Z[A-Z0-9]{1,31}$", var.route53_zone_id))
    error_message = "route53_zone_id must be a hosted zone's id, such as Z0123456789ABCDEFGHIJ."
  }

  validation {
    condition     = var.route53_zone_id == null || var.domain_name != null
    error_message = "route53_zone_id needs domain_name: there is no name to make a record of."
  }
}

variable "ssl_certificate_arn" {
  description = "A certificate of ACM in this region, for domain_name. With it HTTP is redirected to HTTPS; null serves HTTP."
  type        = string
  default     = null

  validation {
    condition     = var.ssl_certificate_arn == null ? true : can(regex("^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$", var.ssl_certificate_arn))
    error_message = "ssl_certificate_arn must be the ARN of a certificate: arn:aws:acm:REGION:ACCOUNT:certificate/ID."
  }
}

variable "idle_timeout_seconds" {
  description = "How long a connection may be silent; websockets say something every 25 s or so."
  type        = number
  default     = 300

  validation {
    condition     = var.idle_timeout_seconds >= 120 && var.idle_timeout_seconds <= 4000
    error_message = "idle_timeout_seconds (${var.idle_timeout_seconds}) must be from 120, for websockets, to 4000, AWS's most."
  }
}

variable "deregistration_delay_seconds" {
  description = "How long a server that leaves may finish what it is at."
  type        = number
  default     = 60

  validation {
    condition     = var.deregistration_delay_seconds >= 60 && var.deregistration_delay_seconds <= 90
    error_message = "deregistration_delay_seconds (${var.deregistration_delay_seconds}) must be from 60 to 90: less cuts requests off, more keeps servers that do nothing."
  }
}

# --- the database and the cache ---

variable "database_url_secret_arn" {
  description = "A secret of Secrets Manager that holds DATABASE_URL of a PostgreSQL elsewhere, such as Neon: its direct address and not the pooled one, since the leader holds a lock of its session. null makes one in RDS."
  type        = string
  default     = null

  validation {
    condition     = var.database_url_secret_arn == null ? true : can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", var.database_url_secret_arn))
    error_message = "database_url_secret_arn must be the ARN of a secret: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME."
  }
}

variable "database_engine_version" {
  description = "PostgreSQL's version, 15 or newer; a major one alone leaves the minor one to AWS."
  type        = string
  default     = "17"

  validation {
    condition     = can(regex("^1[5-9](\\.[0-9]+)?$", var.database_engine_version))
    error_message = "database_engine_version (${var.database_engine_version}) must be 15 or newer, such as 17 or 17.5."
  }
}

variable "database_instance_class" {
  description = "The database's machine."
  type        = string
  default     = "db.t4g.small"

  validation {
    condition     = can(regex("^db\\.[a-z0-9-]+\\.[a-z0-9-]+$", var.database_instance_class))
    error_message = "database_instance_class (${var.database_instance_class}) must be a class such as db.t4g.small."
  }
}

variable "database_allocated_storage_gb" {
  description = "The database's disk at first."
  type        = number
  default     = 20

  validation {
    condition     = var.database_allocated_storage_gb >= 20 && var.database_allocated_storage_gb <= 65536 && floor(var.database_allocated_storage_gb) == var.database_allocated_storage_gb
    error_message = "database_allocated_storage_gb (${var.database_allocated_storage_gb}) must be a whole number from 20 to 65536."
  }
}

variable "database_max_storage_gb" {
  description = "So far the disk may grow by itself."
  type        = number
  default     = 100

  validation {
    condition     = var.database_max_storage_gb >= var.database_allocated_storage_gb * 1.1 && var.database_max_storage_gb <= 65536
    error_message = "database_max_storage_gb (${var.database_max_storage_gb}) must be a tenth above database_allocated_storage_gb (${var.database_allocated_storage_gb}) at least, and 65536 at most."
  }
}

variable "database_multi_az" {
  description = "Whether a second zone holds a copy of the database that takes over."
  type        = bool
  default     = true
}

variable "database_connections_alarm" {
  description = "From so many connections on somebody should look; a db.t4g.small takes some 190."
  type        = number
  default     = 150

  validation {
    condition     = var.database_connections_alarm >= 1
    error_message = "database_connections_alarm (${var.database_connections_alarm}) must be 1 or more."
  }
}

variable "backup_retention_days" {
  description = "How long the database's backups are kept."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35 && floor(var.backup_retention_days) == var.backup_retention_days
    error_message = "backup_retention_days (${var.backup_retention_days}) must be a whole number from 1 (0 would switch backups off) to 35, RDS's most."
  }
}

variable "redis_url_secret_arn" {
  description = "A secret of Secrets Manager that holds REDIS_URL of a Redis elsewhere; null makes one in ElastiCache."
  type        = string
  default     = null

  validation {
    condition     = var.redis_url_secret_arn == null ? true : can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", var.redis_url_secret_arn))
    error_message = "redis_url_secret_arn must be the ARN of a secret: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME."
  }
}

variable "cache_node_type" {
  description = "The machine of each of the cache's two nodes."
  type        = string
  default     = "cache.t4g.micro"

  validation {
    condition     = can(regex("^cache\\.[a-z0-9-]+\\.[a-z0-9-]+$", var.cache_node_type))
    error_message = "cache_node_type (${var.cache_node_type}) must be a type such as cache.t4g.micro."
  }
}

# --- secrets, notices, logs, protection ---

variable "secret_kms_key_arns" {
  description = "KMS keys of secrets that are not of this stack, where they are not encrypted with AWS's own key."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.secret_kms_key_arns : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", arn))])
    error_message = "secret_kms_key_arns must be ARNs of keys: arn:aws:kms:REGION:ACCOUNT:key/ID."
  }
}

variable "secret_versions" {
  description = "A higher number makes a new secret at the next apply; servers read it when they start."
  type = object({
    secret_key    = optional(number, 1)
    metrics_token = optional(number, 1)
    database      = optional(number, 1)
    cache         = optional(number, 1)
  })
  default = {}

  validation {
    condition     = alltrue([for value in values(var.secret_versions) : value >= 1 && floor(value) == value])
    error_message = "secret_versions must be whole numbers from 1 on."
  }
}

variable "secret_recovery_window_days" {
  description = "How long a deleted secret can be restored; 0 deletes at once, so that the same name can be used again."
  type        = number
  default     = 7

  validation {
    condition     = var.secret_recovery_window_days == 0 || (var.secret_recovery_window_days >= 7 && var.secret_recovery_window_days <= 30)
    error_message = "secret_recovery_window_days (${var.secret_recovery_window_days}) must be 0 or from 7 to 30."
  }
}

variable "notification_email" {
  description = "Who is mailed at each scaling event and alarm; AWS sends a link to confirm first. null mails nobody."
  type        = string
  default     = null

  validation {
    condition     = var.notification_email == null ? true : can(regex("^[^@[:space:]]+@([A-Za-z0-9-]+\\.)+[A-Za-z]{2,}$", var.notification_email))
    error_message = "notification_email must be an address such as ops@example.com."
  }
}

variable "metrics_namespace" {
  description = "Where in CloudWatch the shop publishes its figures."
  type        = string
  default     = "CloudScale/Commerce"

  validation {
    condition     = can(regex("^[A-Za-z0-9._/#-]{1,255}$", var.metrics_namespace)) && !startswith(var.metrics_namespace, "AWS/")
    error_message = "metrics_namespace (${var.metrics_namespace}) must be letters, digits and ._/#-, and not begin with AWS/, which CloudWatch keeps for itself."
  }
}

variable "response_p95_alarm_ms" {
  description = "Somebody should look when one answer in twenty takes longer."
  type        = number
  default     = 300

  validation {
    condition     = var.response_p95_alarm_ms >= 10 && var.response_p95_alarm_ms <= 60000
    error_message = "response_p95_alarm_ms (${var.response_p95_alarm_ms}) must be from 10 to 60000."
  }
}

variable "log_retention_days" {
  description = "How long logs of all kinds are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days (${var.log_retention_days}) must be one that CloudWatch offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "deletion_protection" {
  description = "Whether database, load balancer and access logs withstand `destroy`. Set it to false, apply, and then destroy."
  type        = bool
  default     = true
}

variable "healer_package" {
  description = "The healer's zip, from this folder or absolute; `python -m cloudscale package-healer terraform/healer.zip` writes it before the first plan and after each new version."
  type        = string
  default     = "healer.zip"

  validation {
    condition     = fileexists(startswith(var.healer_package, "/") ? var.healer_package : "${path.module}/${var.healer_package}")
    error_message = "healer_package: there is no file ${var.healer_package}. Write it first: python -m cloudscale package-healer terraform/healer.zip"
  }
}

variable "healing_mode" {
  description = "What the healer may do: plan (look, and tell what it would do), approve (what somebody approved) or apply."
  type        = string
  default     = "plan"

  validation {
    condition     = contains(["plan", "approve", "apply"], var.healing_mode)
    error_message = "healing_mode (${var.healing_mode}) must be plan, approve or apply."
  }
}

variable "healing_share_percent" {
  description = "So much of the fleet may be rebooted or replaced at once; one server always may."
  type        = number
  default     = 10

  validation {
    condition     = var.healing_share_percent >= 0 && var.healing_share_percent <= 50
    error_message = "healing_share_percent (${var.healing_share_percent}) must be from 0 to 50."
  }
}

variable "healing_per_hour" {
  description = "The most servers that are rebooted or replaced in an hour; 0 none."
  type        = number
  default     = 6

  validation {
    condition     = var.healing_per_hour >= 0 && var.healing_per_hour <= 60 && floor(var.healing_per_hour) == var.healing_per_hour
    error_message = "healing_per_hour (${var.healing_per_hour}) must be a whole number from 0 to 60."
  }
}

variable "healing_repairs_per_hour" {
  description = "The most settings that are put back in an hour; 0 none."
  type        = number
  default     = 60

  validation {
    condition     = var.healing_repairs_per_hour >= 0 && var.healing_repairs_per_hour <= 1000 && floor(var.healing_repairs_per_hour) == var.healing_repairs_per_hour
    error_message = "healing_repairs_per_hour (${var.healing_repairs_per_hour}) must be a whole number from 0 to 1000."
  }
}

variable "healing_cooldown_seconds" {
  description = "So long the same thing is left alone after it was put back; twice as long after each time that did not help."
  type        = number
  default     = 300

  validation {
    condition     = var.healing_cooldown_seconds >= 60 && var.healing_cooldown_seconds <= 14400
    error_message = "healing_cooldown_seconds (${var.healing_cooldown_seconds}) must be from 60 to 14400."
  }
}

variable "healing_window" {
  description = "When what interrupts something and can wait may happen, in UTC, such as 20:00-22:00; empty is always."
  type        = string
  default     = ""

  validation {
    condition     = var.healing_window == "" || can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$", var.healing_window))
    error_message = "healing_window (${var.healing_window}) must look like 20:00-22:00, in UTC."
  }
}

variable "healing_hold_minutes" {
  description = "So long after an apply began the healer only looks, unless the apply ends before."
  type        = number
  default     = 30

  validation {
    condition     = var.healing_hold_minutes >= 5 && var.healing_hold_minutes <= 240 && floor(var.healing_hold_minutes) == var.healing_hold_minutes
    error_message = "healing_hold_minutes (${var.healing_hold_minutes}) must be a whole number from 5 to 240."
  }
}

variable "healing_reserves_concurrency" {
  description = "Whether one run at a time is reserved for the healer. false where the account may run 10 functions at once, as new ones may: AWS refuses it there, and the record's lock sees to it alone."
  type        = bool
  default     = true
}
