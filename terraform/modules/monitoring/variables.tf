variable "name" {
  description = "What everything here is named after; alarms of this stack begin with it."
  type        = string
}

variable "aws_region" {
  description = "The region."
  type        = string
}

variable "account_id" {
  description = "The AWS account."
  type        = string
}

variable "partition" {
  description = "The part of AWS that ARNs begin with: aws."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that topic and logs are encrypted with."
  type        = string
}

variable "notification_email" {
  description = "Who is told, or null."
  type        = string
}

variable "group_name" {
  description = "The Auto Scaling group."
  type        = string
}

variable "load_balancer_arn_suffix" {
  description = "The load balancer as CloudWatch names it."
  type        = string
}

variable "target_group_arn_suffix" {
  description = "The target group as CloudWatch names it."
  type        = string
}

variable "application_environment" {
  description = "ENVIRONMENT of the application, a dimension of the metrics that it publishes."
  type        = string
}

variable "metrics_namespace" {
  description = "Where the application publishes its metrics."
  type        = string
}

variable "thresholds" {
  description = "The policy's thresholds."
  type = object({
    cpu_scale_out_percent  = number
    cpu_scale_in_percent   = number
    active_users_scale_out = number
  })
}

variable "bounds" {
  description = "The policy's bounds."
  type = object({
    min_instances = number
    max_instances = number
  })
}

variable "scaling_alarm_arns" {
  description = "The alarms that run scaling policies, for the dashboard."
  type        = list(string)
}

variable "target_failures_alarm" {
  description = "The name, after the stack's, of the alarm that also turns a rolling replacement back."
  type        = string
}

variable "response_p95_alarm_ms" {
  description = "The response time that 95 % of answers should stay under."
  type        = number
}

variable "nat_gateway_ids" {
  description = "NAT gateways by zone."
  type        = map(string)
}

variable "database" {
  description = "The database as CloudWatch names it, its first disk and how many connections are too many; null where it is not of this stack."
  type = object({
    identifier           = string
    allocated_storage_gb = number
    connections_alarm    = number
  })
}

variable "cache_nodes" {
  description = "How many nodes the cache of this stack has; 0 for none."
  type        = number
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}
