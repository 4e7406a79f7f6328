resource "google_service_account" "{{ id }}" {
  account_id   = trim(substr("{{ short }}-${local.name}", 0, 30), "-")
  display_name = "{{ name }} of ${local.name}"
}

resource "google_secret_manager_secret_iam_member" "{{ id }}" {
  for_each = local.{{ id }}_secrets

  secret_id = each.value
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.{{ id }}.member
}
{% for bucket in buckets %}

resource "google_storage_bucket_iam_member" "{{ id }}_{{ bucket }}" {
  bucket = google_storage_bucket.{{ bucket }}.name
  role   = "roles/storage.objectUser"
  member = google_service_account.{{ id }}.member
}
{% endfor %}
{% if port %}

resource "google_cloud_run_v2_service" "{{ id }}" {
  name                = "${local.name}-{{ name }}"
  location            = var.region
  deletion_protection = var.deletion_protection
  {% if public %}
  ingress             = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  {% else %}
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  {% endif %}

  template {
    service_account                  = google_service_account.{{ id }}.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    timeout                          = "300s"
    max_instance_request_concurrency = 80

    scaling {
      min_instance_count = var.services.{{ id }}.replicas
      max_instance_count = max(1, var.services.{{ id }}.replicas, var.services.{{ id }}.max_replicas)
    }

    containers {
      image = "${local.images}/{{ image }}:${var.release}"

      ports {
        container_port = {{ port }}
      }

      resources {
        cpu_idle          = true
        startup_cpu_boost = true

        limits = {
          cpu    = tostring(var.services.{{ id }}.cpu)
          memory = "${var.services.{{ id }}.memory}Mi"
        }
      }

{{ environment }}

      startup_probe {
        initial_delay_seconds = {{ startup.delay }}
        period_seconds        = {{ startup.period }}
        timeout_seconds       = {{ startup.timeout }}
        failure_threshold     = {{ startup.failures }}
        {% if startup.path %}

        http_get {
          path = {{ startup.path }}
          port = {{ port }}
        }
        {% else %}

        tcp_socket {
          port = {{ port }}
        }
        {% endif %}
      }
      {% if liveness %}

      liveness_probe {
        initial_delay_seconds = {{ liveness.delay }}
        period_seconds        = {{ liveness.period }}
        timeout_seconds       = {{ liveness.timeout }}
        failure_threshold     = {{ liveness.failures }}

        http_get {
          path = {{ liveness.path }}
          port = {{ port }}
        }
      }
      {% endif %}
    }

{{ access }}
  }

  depends_on = [google_secret_manager_secret_iam_member.{{ id }}]
}

# Who may reach it is decided by `ingress`; who may ask for what, by the app itself.
resource "google_cloud_run_v2_service_iam_member" "{{ id }}" {
  #checkov:skip=CKV_GCP_102:requests come through the load balancer or the network only
  name     = google_cloud_run_v2_service.{{ id }}.name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"
}
{% if public %}

resource "google_compute_region_network_endpoint_group" "{{ id }}" {
  name                  = "${local.name}-{{ name }}"
  region                = var.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloud_run_v2_service.{{ id }}.name
  }
}

resource "google_compute_backend_service" "{{ id }}" {
  name                  = "${local.name}-{{ name }}"
  load_balancing_scheme = "EXTERNAL_MANAGED"

  backend {
    group = google_compute_region_network_endpoint_group.{{ id }}.id
  }

  log_config {
    enable      = true
    sample_rate = 1
  }
}
{% endif %}
{% else %}

resource "google_cloud_run_v2_worker_pool" "{{ id }}" {
  name                = "${local.name}-{{ name }}"
  location            = var.region
  deletion_protection = var.deletion_protection

  scaling {
    manual_instance_count = var.services.{{ id }}.replicas
  }

  template {
    service_account = google_service_account.{{ id }}.email

    containers {
      image = "${local.images}/{{ image }}:${var.release}"

      resources {
        limits = {
          cpu    = tostring(var.services.{{ id }}.cpu)
          memory = "${var.services.{{ id }}.memory}Mi"
        }
      }

{{ environment }}
    }

{{ access }}
  }

  depends_on = [google_secret_manager_secret_iam_member.{{ id }}]
}
{% endif %}
