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

variable "kms_key_arn" {
  description = "The key that releases are encrypted with."
  type        = string
}

variable "deletion_protection" {
  description = "Whether the bucket may only be deleted once it is empty."
  type        = bool
}
