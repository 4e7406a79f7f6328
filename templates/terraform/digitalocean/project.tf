resource "digitalocean_project" "this" {
  name        = local.name
  description = "{{ app }} in ${var.environment}"
  purpose     = "Web Application"
  environment = startswith(var.environment, "prod") ? "Production" : startswith(var.environment, "stag") ? "Staging" : "Development"

  resources = [
    {% for urn in urns %}
    {{ urn }},
    {% endfor %}
  ]
}

resource "digitalocean_vpc" "this" {
  name     = local.name
  region   = var.region
  ip_range = var.cidr
}
