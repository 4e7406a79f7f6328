resource "aws_backup_vault" "this" {
  name        = local.name
  kms_key_arn = aws_kms_key.this.arn
}

resource "aws_iam_role" "backup" {
  name_prefix = "backup-"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "backup.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "backup" {
  for_each = toset(["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"])

  role       = aws_iam_role.backup.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/${each.value}"
}
{% for plan in plans %}

resource "aws_backup_plan" "{{ plan.id }}" {
  name = "${local.name}-{{ plan.name }}"
  {% for rule in plan.rules %}

  rule {
    rule_name         = "{{ rule.name }}"
    target_vault_name = aws_backup_vault.this.name
    schedule          = "{{ rule.schedule }}"

    lifecycle {
      delete_after = {{ rule.days }}
    }
  }
  {% endfor %}
}

resource "aws_backup_selection" "{{ plan.id }}" {
  name         = "{{ plan.name }}"
  plan_id      = aws_backup_plan.{{ plan.id }}.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = [{{ plan.resource }}]

  depends_on = [aws_iam_role_policy_attachment.backup]
}
{% if plan.drill %}

# A backup counts when it was restored.
resource "aws_backup_restore_testing_plan" "{{ plan.id }}" {
  name                         = replace("${local.name}_{{ plan.name }}", "-", "_")
  schedule_expression          = "{{ plan.drill.schedule }}"
  start_window_hours           = 4
  schedule_expression_timezone = "Etc/UTC"

  recovery_point_selection {
    algorithm             = "LATEST_WITHIN_WINDOW"
    include_vaults        = [aws_backup_vault.this.arn]
    recovery_point_types  = ["SNAPSHOT"]
    selection_window_days = {{ plan.drill.window }}
  }
}

resource "aws_backup_restore_testing_selection" "{{ plan.id }}" {
  name                      = "{{ plan.id }}"
  restore_testing_plan_name = aws_backup_restore_testing_plan.{{ plan.id }}.name
  protected_resource_type   = "RDS"
  protected_resource_arns   = [{{ plan.resource }}]
  iam_role_arn              = aws_iam_role.backup.arn
  validation_window_hours   = 1
}
{% endif %}
{% endfor %}
