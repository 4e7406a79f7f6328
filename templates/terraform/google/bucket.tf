resource "google_storage_bucket" "{{ id }}" {
  #checkov:skip=CKV_GCP_62:Cloud Audit Logs tell who read what
  name                        = "${var.project}-${local.name}-{{ name }}"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  # What was deleted or overwritten can be brought back for this long.
  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      days_since_noncurrent_time = {{ retention }}
    }
  }

  soft_delete_policy {
    retention_duration_seconds = 604800
  }
}
