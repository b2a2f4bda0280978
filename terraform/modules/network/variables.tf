variable "name" {
  description = "What everything here is named after."
  type        = string
}

variable "aws_region" {
  description = "The region, of which the endpoints' names are made."
  type        = string
}

variable "account_id" {
  description = "The AWS account: no other may have the flow logs' role used."
  type        = string
}

variable "vpc_cidr" {
  description = "The network's addresses."
  type        = string
}

variable "availability_zones" {
  description = "The zones, in order; the order decides the subnets' addresses."
  type        = list(string)
}

variable "nat_gateway_per_zone" {
  description = "A NAT gateway in each zone, or one for all."
  type        = bool
}

variable "interface_endpoints" {
  description = "AWS services that are reached without leaving the network, as in endpoint names: ssm, logs."
  type        = set(string)
}

variable "log_retention_days" {
  description = "How long flow logs are kept."
  type        = number
}

variable "kms_key_arn" {
  description = "The key that flow logs are encrypted with."
  type        = string
}
