variable "name" {
  description = "What everything here is named after."
  type        = string
}

variable "group_name" {
  description = "The Auto Scaling group's name."
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

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "private_subnet_ids" {
  description = "Where servers stand, one subnet a zone."
  type        = list(string)
}

variable "load_balancer_security_group_id" {
  description = "The only one that may talk to a server."
  type        = string
}

variable "target_group_arn" {
  description = "Where servers are registered."
  type        = string
}

variable "application_port" {
  description = "The port that servers listen on."
  type        = number
}

variable "outbound" {
  description = "What servers may talk to, by port."
  type = list(object({
    description = string
    port        = number
    cidrs       = list(string)
  }))
}

variable "instance_type" {
  description = "The machines' type."
  type        = string
}

variable "architecture" {
  description = "x86_64 or arm64; null takes that of the type."
  type        = string
}

variable "ami_id" {
  description = "An image to pin; null takes the newest Amazon Linux 2023."
  type        = string
}

variable "root_volume_gb" {
  description = "The disk's size."
  type        = number
}

variable "bounds" {
  description = "How many servers: the fewest, the most, and those of a new fleet."
  type = object({
    min_instances     = number
    max_instances     = number
    desired_instances = number
  })
}

variable "warm_up_seconds" {
  description = "So long a new server counts as capacity on its way."
  type        = number
}

variable "health_grace_seconds" {
  description = "So long a new server is not replaced for failing its checks."
  type        = number
}

variable "launch_timeout_seconds" {
  description = "So long a new server may take to get ready before it is given up."
  type        = number
}

variable "deregistration_delay_seconds" {
  description = "How long a server that leaves may finish."
  type        = number
}

variable "max_instance_lifetime_days" {
  description = "After so long a server is replaced by a new one; 0 never."
  type        = number
}

variable "wait_for_capacity_timeout" {
  description = "How long an apply waits for the first servers; 0 does not wait."
  type        = string
}

variable "application_repository" {
  description = "The git repository that servers clone."
  type        = string
}

variable "application_ref" {
  description = "Its branch, tag or commit."
  type        = string
}

variable "release_bucket" {
  description = "The bucket that releases are taken from; null has servers build from source."
  type        = string
  default     = null
}

variable "topic_arn" {
  description = "The SNS topic that people are told by when a server does not get ready."
  type        = string
}

variable "topic_key_arn" {
  description = "The key that the topic is encrypted with."
  type        = string
}

variable "release_key_arn" {
  description = "The key that releases are encrypted with."
  type        = string
}

variable "settings" {
  description = "The application's settings by the names of .env.example; no secret."
  type        = map(string)

  validation {
    condition     = alltrue([for value in values(var.settings) : !can(regex("['\\\\\n]|\\{\\{", value))])
    error_message = "settings: a value must hold no apostrophe, backslash, line break or {{, which SSM takes for another parameter."
  }
}

variable "settings_parameter" {
  description = "The SSM parameter that the settings are kept in."
  type        = string
}

variable "secrets" {
  description = "Settings that are secret: where each is, and what the setting is with it in place of {}."
  type = map(object({
    arn      = string
    template = optional(string, "{}")
  }))
}

variable "secret_key_arns" {
  description = "KMS keys that the secrets are encrypted with."
  type        = list(string)
}

variable "parameter_arns" {
  description = "SSM parameters that the application reads."
  type        = list(string)
}

variable "metrics_namespace" {
  description = "The only namespace that servers may publish metrics in."
  type        = string
}

variable "log_group_names" {
  description = "Log groups by the file in /var/log/cloudscale that goes there."
  type        = map(string)
}

variable "log_group_arns" {
  description = "The same log groups' ARNs."
  type        = list(string)
}

variable "record_arn" {
  description = "The healer's record, which the application shows, and where people approve."
  type        = string
}

variable "record_key_arn" {
  description = "The key that the record is encrypted with."
  type        = string
}

variable "tags" {
  description = "What servers, disks and network interfaces carry; the provider's default tags do not reach them."
  type        = map(string)
}
