variable "name" {
  description = "What everything here is named after."
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

variable "engine_version" {
  description = "PostgreSQL's version; a major one alone leaves the minor one to AWS."
  type        = string
}

variable "instance_class" {
  description = "The machine."
  type        = string
}

variable "allocated_storage_gb" {
  description = "The disk at first."
  type        = number
}

variable "max_storage_gb" {
  description = "So far the disk may grow by itself."
  type        = number
}

variable "multi_az" {
  description = "Whether a second zone holds a copy that takes over."
  type        = bool
}

variable "backup_retention_days" {
  description = "How long backups are kept."
  type        = number
}

variable "deletion_protection" {
  description = "Whether the database and its backups withstand `destroy`."
  type        = bool
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}

variable "password_version" {
  description = "A higher number makes a new password."
  type        = number
}

variable "recovery_window_days" {
  description = "How long the deleted password can be restored; 0 deletes at once."
  type        = number
}
