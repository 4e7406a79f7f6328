resource "google_artifact_registry_repository" "this" {
  #checkov:skip=CKV_GCP_84:images hold no secret; Google's own key encrypts them
  repository_id = local.name
  location      = var.region
  format        = "DOCKER"
  description   = "Images of ${local.name}"

  docker_config {
    immutable_tags = true
  }

  cleanup_policies {
    id     = "keep-releases"
    action = "KEEP"

    most_recent_versions {
      keep_count = 50
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"

    condition {
      older_than = "7776000s"
    }
  }

  depends_on = [google_project_service.this]
}

locals {
  images = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.this.repository_id}"
}
