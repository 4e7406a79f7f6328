resource "digitalocean_database_cluster" "{{ id }}" {
  name                 = "${local.name}-{{ name }}"
  engine               = "{{ engine }}"
  version              = "{{ version }}"
  region               = var.region
  size                 = var.{{ id }}.size
  node_count           = var.{{ id }}.nodes
  private_network_uuid = digitalocean_vpc.this.id
  project_id           = digitalocean_project.this.id
  {% if eviction %}
  eviction_policy      = "{{ eviction }}"
  {% endif %}
  tags                 = local.tags

  maintenance_window {
    day  = "sunday"
    hour = "05:00"
  }

  lifecycle {
    prevent_destroy = true
  }
}

# The cluster of this app, and nothing else.
resource "digitalocean_database_firewall" "{{ id }}" {
  cluster_id = digitalocean_database_cluster.{{ id }}.id

  rule {
    type  = "k8s"
    value = digitalocean_kubernetes_cluster.this.id
  }
}
{% if database %}

resource "digitalocean_database_db" "{{ id }}" {
  cluster_id = digitalocean_database_cluster.{{ id }}.id
  name       = "{{ database }}"
}
{% endif %}
{% if username %}

# The password is made by DigitalOcean and cannot be kept out of the state: encrypt the bucket of the state and let few
# read it.
resource "digitalocean_database_user" "{{ id }}" {
  cluster_id = digitalocean_database_cluster.{{ id }}.id
  name       = "{{ username }}"
}
{% endif %}
