terraform {
  # Write-only arguments, which keep passwords out of the state, came with 1.11.
  required_version = ">= 1.11, < 2.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.10"
    }
    {% if passwords %}

    random = {
      source  = "hashicorp/random"
      version = "~> 3.7"
    }
    {% endif %}
  }

  # terraform init -backend-config=environments/ENVIRONMENT.gcs.tfbackend -backend-config=bucket=BUCKET
  backend "gcs" {}
}

provider "google" {
  project = var.project
  region  = var.region

  default_labels = {
    app         = "{{ label }}"
    environment = var.environment
    managed-by  = "terraform"
  }
}

data "google_project" "this" {}

locals {
  name = "{{ label }}-${var.environment}"
}

resource "google_project_service" "this" {
  for_each = toset([
    {% for service in apis %}
    "{{ service }}.googleapis.com",
    {% endfor %}
  ])

  service            = each.value
  disable_on_destroy = false
}
