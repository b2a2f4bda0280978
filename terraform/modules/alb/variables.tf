variable "name" {
  description = "What everything here is named after; 28 characters at most."
  type        = string
}

variable "aws_region" {
  description = "The region."
  type        = string
}

variable "account_id" {
  description = "The AWS account, part of the log bucket's name."
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

variable "public_subnet_ids" {
  description = "Where the load balancer stands."
  type        = list(string)
}

variable "private_subnet_cidrs" {
  description = "Where the fleet stands: all that the load balancer may talk to."
  type        = list(string)
}

variable "allowed_cidrs" {
  description = "Who may reach the load balancer."
  type        = list(string)
}

variable "application_port" {
  description = "The port that servers listen on."
  type        = number
}

variable "ssl_certificate_arn" {
  description = "A certificate of ACM, for HTTPS; null for HTTP."
  type        = string
}

variable "domain_name" {
  description = "The shop's name, or null for the load balancer's own."
  type        = string
}

variable "route53_zone_id" {
  description = "The zone that gets a record for the shop's name, or null."
  type        = string
}

variable "idle_timeout_seconds" {
  description = "How long a connection may be silent."
  type        = number
}

variable "deregistration_delay_seconds" {
  description = "How long a server that leaves may finish."
  type        = number
}

variable "deletion_protection" {
  description = "Whether load balancer and logs withstand `destroy`."
  type        = bool
}

variable "log_retention_days" {
  description = "How long access logs are kept."
  type        = number
}
