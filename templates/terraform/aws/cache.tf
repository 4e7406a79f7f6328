resource "aws_elasticache_subnet_group" "{{ id }}" {
  name        = "${local.name}-{{ name }}"
  description = "{{ name }} of ${local.name}"
  subnet_ids  = aws_subnet.private[*].id
}

resource "aws_security_group" "{{ id }}" {
  name_prefix = "${local.name}-{{ name }}-"
  description = "{{ name }} of ${local.name}"
  vpc_id      = aws_vpc.this.id

  lifecycle {
    create_before_destroy = true
  }
}

{% if engine == "memcached" %}
resource "aws_elasticache_cluster" "{{ id }}" {
  cluster_id         = trim(substr("${local.name}-{{ name }}", 0, 40), "-")
  engine             = "memcached"
  engine_version     = "{{ version }}"
  node_type          = var.{{ id }}.node_type
  num_cache_nodes    = var.{{ id }}.nodes
  az_mode            = var.{{ id }}.nodes > 1 ? "cross-az" : "single-az"
  port               = {{ port }}
  subnet_group_name  = aws_elasticache_subnet_group.{{ id }}.name
  security_group_ids = [aws_security_group.{{ id }}.id]
}
{% else %}
resource "aws_elasticache_replication_group" "{{ id }}" {
  #checkov:skip=CKV_AWS_31:it takes no password, which would stand in the state; its security group says who reaches it
  replication_group_id       = trim(substr("${local.name}-{{ name }}", 0, 40), "-")
  description                = "{{ name }} of ${local.name}"
  engine                     = "{{ engine }}"
  engine_version             = "{{ version }}"
  node_type                  = var.{{ id }}.node_type
  num_cache_clusters         = var.{{ id }}.nodes
  automatic_failover_enabled = true
  multi_az_enabled           = true
  port                       = {{ port }}
  subnet_group_name          = aws_elasticache_subnet_group.{{ id }}.name
  security_group_ids         = [aws_security_group.{{ id }}.id]
  at_rest_encryption_enabled = true
  kms_key_id                 = aws_kms_key.this.arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "{{ mode }}"
  snapshot_retention_limit   = {{ retention }}
  auto_minor_version_upgrade = true
  apply_immediately          = true
}
{% endif %}
