{% for job in jobs %}
{% if not loop.first %}

{% endif %}
# {{ job.comment }}
resource "google_cloud_run_v2_job" "{{ job.id }}" {
  name                = "${local.name}-{{ job.name }}"
  location            = var.region
  deletion_protection = false

  template {
    template {
      service_account = google_service_account.{{ job.service }}.email
      max_retries     = {{ job.retries }}
      timeout         = "3600s"

      containers {
        image   = "${local.images}/{{ job.image }}:${var.release}"
        command = ["sh", "-c"]
        args    = [{{ job.run }}]

        resources {
          limits = {
            cpu    = tostring(var.services.{{ job.service }}.cpu)
            memory = "${var.services.{{ job.service }}.memory}Mi"
          }
        }

{{ job.environment }}
      }

{{ access }}
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.{{ job.service }}]
}
{% for schedule in job.schedules %}

resource "google_cloud_scheduler_job" "{{ job.id }}" {
  name             = "${local.name}-{{ job.name }}"
  region           = var.region
  schedule         = {{ schedule }}
  time_zone        = {{ job.timezone }}
  attempt_deadline = "180s"

  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/${google_cloud_run_v2_job.{{ job.id }}.id}:run"

    oauth_token {
      service_account_email = google_service_account.scheduler.email
    }
  }

  retry_config {
    retry_count = 3
  }

  depends_on = [google_project_service.this]
}

resource "google_cloud_run_v2_job_iam_member" "{{ job.id }}" {
  name     = google_cloud_run_v2_job.{{ job.id }}.name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.scheduler.member
}
{% endfor %}
{% endfor %}
{% if scheduled %}

# Starts the scheduled jobs, and nothing else.
resource "google_service_account" "scheduler" {
  account_id   = trim(substr("scheduler-${local.name}", 0, 30), "-")
  display_name = "Scheduler of ${local.name}"
}
{% endif %}
