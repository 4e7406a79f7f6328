resource "google_sql_database_instance" "{{ id }}" {
  {% for skip in skips %}
  #checkov:skip={{ skip }}
  {% endfor %}
  name                = "${local.name}-{{ name }}"
  region              = var.region
  database_version    = "{{ version }}"
  deletion_protection = var.deletion_protection

  settings {
    edition                     = "ENTERPRISE"
    tier                        = var.{{ id }}.tier
    availability_type           = var.{{ id }}.highly_available ? "REGIONAL" : "ZONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = var.{{ id }}.storage_gb
    disk_autoresize             = true
    disk_autoresize_limit       = var.{{ id }}.max_storage_gb
    deletion_protection_enabled = var.deletion_protection
    retain_backups_on_delete    = true

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.this.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    # Every moment of these days can be restored.
    backup_configuration {
      enabled                        = true
      start_time                     = "05:00"
      {% if postgres %}
      point_in_time_recovery_enabled = true
      {% else %}
      binary_log_enabled             = true
      {% endif %}
      transaction_log_retention_days = 7

      backup_retention_settings {
        retained_backups = {{ retained }}
        retention_unit   = "COUNT"
      }
    }

    insights_config {
      query_insights_enabled = true
    }
    {% for flag in flags %}

    database_flags {
      name  = "{{ flag[0] }}"
      value = "{{ flag[1] }}"
    }
    {% endfor %}
  }

  depends_on = [google_service_networking_connection.this]
}

resource "google_sql_database" "{{ id }}" {
  name     = "{{ database }}"
  instance = google_sql_database_instance.{{ id }}.name
}

resource "google_sql_user" "{{ id }}" {
  name                = "{{ username }}"
  instance            = google_sql_database_instance.{{ id }}.name
  password_wo         = ephemeral.google_secret_manager_secret_version.{{ password }}.secret_data
  password_wo_version = var.password_version
}
