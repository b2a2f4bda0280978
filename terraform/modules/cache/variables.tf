variable "name" {
  description = "What everything here is named after."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "private_subnet_ids" {
  description = "Where it stands, one subnet a zone."
  type        = list(string)
}

variable "fleet_security_group_id" {
  description = "The only one that may talk to it."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that everything here is encrypted with."
  type        = string
}

variable "node_type" {
  description = "The machine of each node."
  type        = string
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}

variable "token_version" {
  description = "A higher number makes a new token."
  type        = number
}

variable "recovery_window_days" {
  description = "How long the deleted token can be restored; 0 deletes at once."
  type        = number
}
