{% for secret in secrets %}
{% if not loop.first %}

{% endif %}
# {{ secret.comment }}
resource "aws_secretsmanager_secret" "{{ secret.id }}" {
  #checkov:skip=CKV2_AWS_57:{{ secret.rotation }}
  name       = "${local.name}/{{ secret.name }}"
  kms_key_id = aws_kms_key.this.arn
}
{% if secret.password %}

ephemeral "aws_secretsmanager_random_password" "{{ secret.id }}" {
  password_length     = 32
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret_version" "{{ secret.id }}" {
  secret_id                = aws_secretsmanager_secret.{{ secret.id }}.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.{{ secret.id }}.random_password
  secret_string_wo_version = var.password_version
}

# The password as it is kept, not one newly made up: this run's random one counts only when the version is raised.
ephemeral "aws_secretsmanager_secret_version" "{{ secret.id }}" {
  secret_id  = aws_secretsmanager_secret_version.{{ secret.id }}.secret_id
  version_id = aws_secretsmanager_secret_version.{{ secret.id }}.version_id
}
{% elif secret.composed %}

resource "aws_secretsmanager_secret_version" "{{ secret.id }}" {
  secret_id                = aws_secretsmanager_secret.{{ secret.id }}.id
  secret_string_wo         = {{ secret.composed }}
  secret_string_wo_version = var.password_version
}
{% endif %}
{% endfor %}
