dynamic "env" {
  for_each = merge(local.{{ id }}_environment, var.services.{{ id }}.env)

  content {
    name  = env.key
    value = env.value
  }
}

dynamic "env" {
  for_each = local.{{ id }}_secrets

  content {
    name = env.key

    value_source {
      secret_key_ref {
        secret  = env.value
        version = "latest"
      }
    }
  }
}
