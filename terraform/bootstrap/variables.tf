variable "aws_region" {
  description = "The region that keeps the state."
  type        = string
  default     = "ap-south-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region must be a region such as ap-south-1."
  }
}

variable "project_name" {
  description = "Begins the bucket's name: small letters, digits and hyphens, 3 to 20."
  type        = string
  default     = "cloudscale"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.project_name))
    error_message = "project_name must be 3 to 20 small letters, digits and hyphens, begin with a letter and not end with a hyphen."
  }
}

variable "environment" {
  description = "Which deployment's state the backend names; one bucket keeps several."
  type        = string
  default     = "production"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.environment))
    error_message = "environment must be 3 to 20 small letters, digits and hyphens, begin with a letter and not end with a hyphen."
  }
}

variable "state_versions_kept" {
  description = "How many older versions of a state are kept, however old."
  type        = number
  default     = 20

  validation {
    condition     = var.state_versions_kept == floor(var.state_versions_kept) && var.state_versions_kept >= 1 && var.state_versions_kept <= 100
    error_message = "state_versions_kept must be a whole number from 1 to 100: S3 counts no further."
  }
}

variable "state_days_kept" {
  description = "How many days any older version of a state is kept."
  type        = number
  default     = 90

  validation {
    condition     = var.state_days_kept == floor(var.state_days_kept) && var.state_days_kept >= 7 && var.state_days_kept <= 3650
    error_message = "state_days_kept must be a whole number from 7 to 3650."
  }
}

variable "github_repository" {
  description = "The GitHub repository as its tokens name it, owner@id/name@id, or owner/name before 15 July 2026, whose workflows may plan, release and deploy; null lets none in."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null ? true : can(regex("^[A-Za-z0-9-]+(/[A-Za-z0-9._-]+|@[0-9]+/[A-Za-z0-9._-]+@[0-9]+)$", var.github_repository))
    error_message = "github_repository must be owner/name, or owner@id/name@id for one made after 15 July 2026."
  }
}

variable "common_tags" {
  description = "Tags of everything, besides Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
}
