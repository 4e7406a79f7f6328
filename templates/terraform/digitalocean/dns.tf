# The load balancer that the cluster makes for its gateway; empty until it is there.
locals {
  # Names inside the zone: "@" for the zone itself.
  hosts = toset([for host in [var.domain{% for host in hosts %}, {{ host }}{% endfor %}] : host == var.zone ? "@" : trimsuffix(host, ".${var.zone}")])
}

resource "digitalocean_record" "this" {
  for_each = var.gateway_address == "" ? toset([]) : local.hosts

  domain = var.zone
  name   = each.value
  type   = "A"
  value  = var.gateway_address
  ttl    = 300
}
