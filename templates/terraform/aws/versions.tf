terraform {
  # Write-only arguments, which keep passwords out of the state, came with 1.11.
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # terraform init -backend-config=environments/ENVIRONMENT.s3.tfbackend -backend-config=bucket=BUCKET
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      app         = "{{ app }}"
      environment = var.environment
      managed-by  = "terraform"
    }
  }
}

data "aws_caller_identity" "current" {}

locals {
  name = "{{ label }}-${var.environment}"
  {% if compute %}

  # Services that answer requests run as functions, or as containers behind the load balancer.
  functions = var.compute == "lambda"
  {% endif %}
}
