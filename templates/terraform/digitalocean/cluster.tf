data "digitalocean_kubernetes_versions" "this" {
  version_prefix = "${var.kubernetes_version}."
}

# What runs in it is made by `sea generate kubernetes`.
resource "digitalocean_kubernetes_cluster" "this" {
  name                             = local.name
  region                           = var.region
  version                          = data.digitalocean_kubernetes_versions.this.latest_version
  vpc_uuid                         = digitalocean_vpc.this.id
  cluster_subnet                   = var.pod_cidr
  service_subnet                   = var.service_cidr
  ha                               = var.highly_available
  auto_upgrade                     = true
  surge_upgrade                    = true
  registry_integration             = true
  destroy_all_associated_resources = false
  kubeconfig_expire_seconds        = 3600
  tags                             = local.tags

  maintenance_policy {
    day        = "sunday"
    start_time = "04:00"
  }

  # Who may talk to the cluster's own API; what the app answers is not behind it.
  control_plane_firewall {
    enabled           = length(var.administrators) > 0
    allowed_addresses = var.administrators
  }

  node_pool {
    name       = "{{ label }}"
    size       = var.nodes.size
    auto_scale = true
    min_nodes  = var.nodes.min
    max_nodes  = var.nodes.max
    tags       = local.tags
  }

  lifecycle {
    # Patch releases come by themselves.
    ignore_changes = [version]
  }

  depends_on = [digitalocean_container_registry.this]
}

resource "digitalocean_container_registry" "this" {
  name                   = local.name
  region                 = var.registry_region
  subscription_tier_slug = var.registry_tier
}
