{% for job in jobs %}
{% if not loop.first %}

{% endif %}
# {{ job.comment }}
resource "aws_ecs_task_definition" "job_{{ job.id }}" {
  #checkov:skip=CKV_AWS_336:Fargate gives a user that is not root no folder to write to beside a read-only root
  family                   = "${local.name}-job-{{ job.name }}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.services.{{ job.service }}.cpu
  memory                   = var.services.{{ job.service }}.memory
  execution_role_arn       = aws_iam_role.{{ job.service }}_execution.arn
  task_role_arn            = aws_iam_role.{{ job.service }}.arn

  container_definitions = jsonencode([merge(local.{{ job.service }}_container, {
    name    = "{{ job.name }}"
    command = ["sh", "-c", {{ job.run }}]
  })])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }
}
{% if job.schedule %}

resource "aws_scheduler_schedule" "{{ job.id }}" {
  name                         = "${local.name}-{{ job.name }}"
  schedule_expression          = {{ job.schedule }}
  schedule_expression_timezone = {{ job.timezone }}
  kms_key_arn                  = aws_kms_key.this.arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_ecs_cluster.this.arn
    role_arn = aws_iam_role.scheduler.arn

    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.job_{{ job.id }}.arn
      launch_type         = "FARGATE"
      platform_version    = "LATEST"

      network_configuration {
        subnets          = aws_subnet.private[*].id
        security_groups  = [aws_security_group.{{ job.service }}.id]
        assign_public_ip = false
      }
    }

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }
  }
}
{% endif %}
{% endfor %}
{% if scheduled %}

# Starts the scheduled jobs, and nothing else.
resource "aws_iam_role" "scheduler" {
  name_prefix = "scheduler-"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  role = aws_iam_role.scheduler.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = [{% for job in scheduled %}aws_ecs_task_definition.job_{{ job.id }}.arn{% if not loop.last %}, {% endif %}{% endfor %}]
        Condition = { ArnEquals = { "ecs:cluster" = aws_ecs_cluster.this.arn } }
      },
      {
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = [{% for role in roles %}aws_iam_role.{{ role }}.arn{% if not loop.last %}, {% endif %}{% endfor %}]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = aws_kms_key.this.arn
      },
    ]
  })
}
{% endif %}
