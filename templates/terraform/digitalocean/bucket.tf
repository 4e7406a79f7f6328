resource "digitalocean_spaces_bucket" "{{ id }}" {
  name   = "${local.name}-{{ name }}"
  region = var.spaces_region
  acl    = "private"

  versioning {
    enabled = true
  }

  # What was deleted or overwritten can be brought back for this long.
  lifecycle_rule {
    enabled                                = true
    abort_incomplete_multipart_upload_days = 7

    noncurrent_version_expiration {
      days = {{ retention }}
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}
