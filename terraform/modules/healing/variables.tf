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
  description = "The key that document, record, logs and the function's environment are encrypted with."
  type        = string
}

variable "topic_arn" {
  description = "Who is told."
  type        = string
}

variable "table_name" {
  description = "The record's table."
  type        = string
}

variable "server_role_arn" {
  description = "The servers' role, which the group hands to machines."
  type        = string
}

variable "package" {
  description = "The function's zip."
  type        = string
}

variable "change" {
  description = "Names the state of all inputs that the document is written for."
  type        = string
}

variable "stack" {
  description = "Where the stack is and what healing must know of it: StackFacts in cloudscale/ops/healing/desired.py."
  type        = map(string)
}

variable "limits" {
  description = "How far healing may go: Limits in cloudscale/ops/healing/limits.py."
  type        = any
}

variable "resources" {
  description = "What there should be besides this module's own: each module's output `desired`, addresses whole."
  type        = any
}

variable "reserves_concurrency" {
  description = "Whether one run at a time is reserved; the record's lock sees to it in any case."
  type        = bool
}

variable "log_retention_days" {
  description = "How long the function's log is kept."
  type        = number
}

variable "deletion_protection" {
  description = "Whether record and document withstand `destroy`."
  type        = bool
}
