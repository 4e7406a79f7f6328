{% if memcached %}
resource "google_memcache_instance" "{{ id }}" {
  name               = "${local.name}-{{ name }}"
  region             = var.region
  authorized_network = google_compute_network.this.id
  memcache_version   = "MEMCACHE_1_6_15"
  node_count         = var.{{ id }}.nodes

  node_config {
    cpu_count      = 1
    memory_size_mb = var.{{ id }}.memory_gb * 1024
  }

  depends_on = [google_service_networking_connection.this]
}
{% else %}
resource "google_redis_instance" "{{ id }}" {
  #checkov:skip=CKV_GCP_95:its password would stand in the state; only the app's own network reaches it
  #checkov:skip=CKV_GCP_97:clients that know host and port only would no longer reach it
  name               = "${local.name}-{{ name }}"
  region             = var.region
  tier               = var.{{ id }}.highly_available ? "STANDARD_HA" : "BASIC"
  memory_size_gb     = var.{{ id }}.memory_gb
  redis_version      = "{{ version }}"
  authorized_network = google_compute_network.this.id
  connect_mode       = "PRIVATE_SERVICE_ACCESS"

  persistence_config {
    persistence_mode    = "RDB"
    rdb_snapshot_period = "{{ period }}"
  }

  depends_on = [google_service_networking_connection.this]
}
{% endif %}
