locals {
  # Every name that people reach the app by.
  hosts = toset([var.domain{% for host in hosts %}, {{ host }}{% endfor %}])
}

resource "google_compute_global_address" "load_balancer" {
  name = local.name

  depends_on = [google_project_service.this]
}

resource "google_dns_record_set" "load_balancer" {
  for_each = local.hosts

  managed_zone = var.dns_zone
  name         = "${each.value}."
  type         = "A"
  ttl          = 300
  rrdatas      = [google_compute_global_address.load_balancer.address]
}

resource "google_compute_managed_ssl_certificate" "this" {
  name = "${local.name}-${substr(sha256(join(",", local.hosts)), 0, 8)}"

  managed {
    domains = local.hosts
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_ssl_policy" "this" {
  name            = local.name
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
}

resource "google_compute_url_map" "this" {
  name            = local.name
  default_service = google_compute_backend_service.{{ default }}.id
  {% for matcher in matchers %}

  host_rule {
    hosts        = [{{ matcher.host }}]
    path_matcher = "{{ matcher.name }}"
  }

  path_matcher {
    name            = "{{ matcher.name }}"
    default_service = google_compute_backend_service.{{ matcher.default }}.id
    {% for rule in matcher.rules %}

    path_rule {
      paths   = [{{ rule.paths }}]
      service = google_compute_backend_service.{{ rule.service }}.id
    }
    {% endfor %}
  }
  {% endfor %}
}

resource "google_compute_target_https_proxy" "this" {
  name             = local.name
  url_map          = google_compute_url_map.this.id
  ssl_certificates = [google_compute_managed_ssl_certificate.this.id]
  ssl_policy       = google_compute_ssl_policy.this.id
}

resource "google_compute_global_forwarding_rule" "https" {
  name                  = "${local.name}-https"
  target                = google_compute_target_https_proxy.this.id
  ip_address            = google_compute_global_address.load_balancer.id
  port_range            = "443"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}

resource "google_compute_url_map" "redirect" {
  name = "${local.name}-redirect"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }
}

resource "google_compute_target_http_proxy" "redirect" {
  name    = "${local.name}-redirect"
  url_map = google_compute_url_map.redirect.id
}

resource "google_compute_global_forwarding_rule" "redirect" {
  name                  = "${local.name}-redirect"
  target                = google_compute_target_http_proxy.redirect.id
  ip_address            = google_compute_global_address.load_balancer.id
  port_range            = "80"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}
