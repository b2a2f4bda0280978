variable "name" {
  description = "Its name in Secrets Manager."
  type        = string
}

variable "description" {
  description = "What it is for."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that it is encrypted with."
  type        = string
}

variable "secret_version" {
  description = "A higher number makes a new secret."
  type        = number
}

variable "recovery_window_days" {
  description = "How long a deleted secret can be restored; 0 deletes at once."
  type        = number
}
