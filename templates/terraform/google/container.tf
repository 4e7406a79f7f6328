{% macro environment(id, indent) %}
{{ indent }}dynamic "env" {
{{ indent }}  for_each = merge(local.{{ id }}_environment, var.services.{{ id }}.env)

{{ indent }}  content {
{{ indent }}    name  = env.key
{{ indent }}    value = env.value
{{ indent }}  }
{{ indent }}}

{{ indent }}dynamic "env" {
{{ indent }}  for_each = local.{{ id }}_secrets

{{ indent }}  content {
{{ indent }}    name = env.key

{{ indent }}    value_source {
{{ indent }}      secret_key_ref {
{{ indent }}        secret  = env.value
{{ indent }}        version = "latest"
{{ indent }}      }
{{ indent }}    }
{{ indent }}  }
{{ indent }}}
{% endmacro %}
{% macro access(indent) %}
{{ indent }}vpc_access {
{{ indent }}  egress = "ALL_TRAFFIC"

{{ indent }}  network_interfaces {
{{ indent }}    network    = google_compute_network.this.id
{{ indent }}    subnetwork = google_compute_subnetwork.this.id
{{ indent }}  }
{{ indent }}}
{% endmacro %}
