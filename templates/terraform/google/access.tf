vpc_access {
  egress = "ALL_TRAFFIC"

  network_interfaces {
    network    = google_compute_network.this.id
    subnetwork = google_compute_subnetwork.this.id
  }
}
