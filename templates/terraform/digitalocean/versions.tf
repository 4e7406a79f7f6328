terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    digitalocean = {
      source  = "digitalocean/digitalocean"
      version = "~> 2.71"
    }
  }

  # Spaces speaks S3. The keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
  # terraform init -backend-config=environments/ENVIRONMENT.s3.tfbackend -backend-config=bucket=BUCKET \
  #   -backend-config='endpoints={s3="https://REGION.digitaloceanspaces.com"}'
  backend "s3" {
    region                      = "us-east-1"
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_region_validation      = true
    skip_requesting_account_id  = true
    skip_s3_checksum            = true
    use_lockfile                = true
  }
}

# The token comes from DIGITALOCEAN_TOKEN, keys of Spaces from SPACES_ACCESS_KEY_ID and SPACES_SECRET_ACCESS_KEY.
provider "digitalocean" {}

locals {
  name = "{{ label }}-${var.environment}"
  tags = ["app:{{ label }}", "environment:${var.environment}", "managed-by:terraform"]
}
