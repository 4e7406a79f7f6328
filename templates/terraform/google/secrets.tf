{% for secret in secrets %}
{% if not loop.first %}

{% endif %}
# {{ secret.comment }}
resource "google_secret_manager_secret" "{{ secret.id }}" {
  secret_id = "${local.name}-{{ secret.name }}"

  replication {
    auto {}
  }

  depends_on = [google_project_service.this]
}
{% if secret.password %}

ephemeral "random_password" "{{ secret.id }}" {
  length  = 32
  special = false
}

resource "google_secret_manager_secret_version" "{{ secret.id }}" {
  secret                 = google_secret_manager_secret.{{ secret.id }}.id
  secret_data_wo         = ephemeral.random_password.{{ secret.id }}.result
  secret_data_wo_version = var.password_version
}

# The password as it is kept, not one newly made up: this run's random one counts only when the version is raised.
ephemeral "google_secret_manager_secret_version" "{{ secret.id }}" {
  secret  = google_secret_manager_secret.{{ secret.id }}.id
  version = google_secret_manager_secret_version.{{ secret.id }}.version
}
{% elif secret.composed %}

resource "google_secret_manager_secret_version" "{{ secret.id }}" {
  secret                 = google_secret_manager_secret.{{ secret.id }}.id
  secret_data_wo         = {{ secret.composed }}
  secret_data_wo_version = var.password_version
}
{% endif %}
{% endfor %}
