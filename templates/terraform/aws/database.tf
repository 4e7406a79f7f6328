resource "aws_db_subnet_group" "{{ id }}" {
  name_prefix = "${local.name}-{{ name }}-"
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

resource "aws_db_parameter_group" "{{ id }}" {
  name_prefix = "${local.name}-{{ name }}-"
  description = "{{ name }} of ${local.name}"
  family      = "{{ family }}"
  {% for parameter in parameters %}

  parameter {
    name  = "{{ parameter[0] }}"
    value = "{{ parameter[1] }}"
  }
  {% endfor %}

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "{{ id }}" {
  #checkov:skip=CKV_AWS_157:`multi_az` is set unless an environment takes it back
  identifier     = "${local.name}-{{ name }}"
  engine         = "{{ engine }}"
  engine_version = "{{ version }}"
  instance_class = var.{{ id }}.instance_class
  multi_az       = var.{{ id }}.multi_az

  db_name             = "{{ database }}"
  username            = "{{ username }}"
  password_wo         = ephemeral.aws_secretsmanager_secret_version.{{ password }}.secret_string
  password_wo_version = var.password_version

  storage_type          = "gp3"
  allocated_storage     = var.{{ id }}.storage_gb
  max_allocated_storage = var.{{ id }}.max_storage_gb
  storage_encrypted     = true
  kms_key_id            = aws_kms_key.this.arn

  db_subnet_group_name                = aws_db_subnet_group.{{ id }}.name
  vpc_security_group_ids              = [aws_security_group.{{ id }}.id]
  parameter_group_name                = aws_db_parameter_group.{{ id }}.name
  publicly_accessible                 = false
  iam_database_authentication_enabled = true

  # Every moment of these days can be restored.
  backup_retention_period   = {{ retention }}
  copy_tags_to_snapshot     = true
  delete_automated_backups  = false
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = false
  final_snapshot_identifier = "${local.name}-{{ name }}-final"

  auto_minor_version_upgrade      = true
  enabled_cloudwatch_logs_exports = [{{ logs }}]
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.{{ id }}_monitoring.arn
  performance_insights_enabled    = true
  performance_insights_kms_key_id = aws_kms_key.this.arn
}

resource "aws_iam_role" "{{ id }}_monitoring" {
  name_prefix = "{{ short }}-monitoring-"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "{{ id }}_monitoring" {
  role       = aws_iam_role.{{ id }}_monitoring.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}
