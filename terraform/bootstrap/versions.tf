terraform {
  required_version = ">= 1.11.0, < 2.0.0" # use_lockfile: the state is locked by a file beside it

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region = var.aws_region

  default_tags {
    tags = merge(
      {
        Project     = var.project_name
        Environment = var.environment
        ManagedBy   = "terraform"
      },
      var.common_tags,
    )
  }
}
