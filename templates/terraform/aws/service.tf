resource "aws_ecr_repository" "{{ id }}" {
  name                 = "${local.name}-{{ name }}"
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = aws_kms_key.this.arn
  }
}

resource "aws_ecr_lifecycle_policy" "{{ id }}" {
  repository = aws_ecr_repository.{{ id }}.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Enough releases to go back to"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 50 }
      action       = { type = "expire" }
    }]
  })
}

resource "aws_cloudwatch_log_group" "{{ id }}" {
  name              = "/${local.name}/{{ name }}"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this.arn
}

# Pulls the image, hands over the secrets, opens the log: what happens before the service's own code runs.
resource "aws_iam_role" "{{ id }}_execution" {
  name_prefix        = "{{ short }}-execution-"
  assume_role_policy = local.assume_by_tasks
}

resource "aws_iam_role_policy" "{{ id }}_execution" {
  role = aws_iam_role.{{ id }}_execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Effect   = "Allow"
        Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
        Resource = aws_ecr_repository.{{ id }}.arn
      },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.{{ id }}.arn}:*"
      },
      {% if secrets %}
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = values(local.{{ id }}_secrets)
      },
      {
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = aws_kms_key.this.arn
      },
      {% endif %}
    ]
  })
}

# What the service's own code may do.
resource "aws_iam_role" "{{ id }}" {
  name_prefix        = "{{ short }}-"
  assume_role_policy = local.assume_by_tasks
}
{% if buckets %}

resource "aws_iam_role_policy" "{{ id }}" {
  role   = aws_iam_role.{{ id }}.id
  policy = local.{{ id }}_policy
}

locals {
  {{ id }}_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = [{% for bucket in buckets %}aws_s3_bucket.{{ bucket }}.arn{% if not loop.last %}, {% endif %}{% endfor %}]
      },
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        Resource = [{% for bucket in buckets %}"${aws_s3_bucket.{{ bucket }}.arn}/*"{% if not loop.last %}, {% endif %}{% endfor %}]
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

resource "aws_security_group" "{{ id }}" {
  #checkov:skip=CKV2_AWS_5:tasks and functions are put into it
  name_prefix = "${local.name}-{{ name }}-"
  description = "{{ name }} of ${local.name}"
  vpc_id      = aws_vpc.this.id

  lifecycle {
    create_before_destroy = true
  }
}

# Images, secrets, logs and other people's APIs; names are resolved by the network itself.
resource "aws_vpc_security_group_egress_rule" "{{ id }}_to_internet" {
  for_each = toset([{% for port in outgoing %}"{{ port }}"{% if not loop.last %}, {% endif %}{% endfor %}])

  security_group_id = aws_security_group.{{ id }}.id
  description       = "The internet"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

locals {
  # The container, for the service and for jobs that run with its image.
  {{ id }}_container = {
    name                   = "{{ name }}"
    image                  = "${aws_ecr_repository.{{ id }}.repository_url}:${var.release}"
    essential              = true
    user                   = "{{ user }}:{{ user }}"
    privileged             = false
    readonlyRootFilesystem = false
    stopTimeout            = {{ grace }}
    environment            = [for name, value in merge(local.{{ id }}_environment, var.services.{{ id }}.env) : { name = name, value = value }]
    secrets                = [for name, arn in local.{{ id }}_secrets : { name = name, valueFrom = arn }]

    # Passes signals on and collects children that their parents left.
    linuxParameters = {
      initProcessEnabled = true
      capabilities       = { drop = ["ALL"] }
    }

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.{{ id }}.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "{{ name }}"
        mode                  = "non-blocking"
      }
    }
  }
}

resource "aws_ecs_task_definition" "{{ id }}" {
  #checkov:skip=CKV_AWS_336:Fargate gives a user that is not root no folder to write to beside a read-only root
  family                   = "${local.name}-{{ name }}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.services.{{ id }}.cpu
  memory                   = var.services.{{ id }}.memory
  execution_role_arn       = aws_iam_role.{{ id }}_execution.arn
  task_role_arn            = aws_iam_role.{{ id }}.arn

  container_definitions = jsonencode([merge(local.{{ id }}_container, {
    {% if port %}
    portMappings = [{ containerPort = {{ port }}, protocol = "tcp" }]
    {% endif %}
    {% if health %}
    healthCheck = {
      command     = ["CMD-SHELL", {{ health.command }}]
      interval    = {{ health.interval }}
      timeout     = {{ health.timeout }}
      retries     = {{ health.retries }}
      startPeriod = {{ health.start }}
    }
    {% endif %}
  })])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }
}

resource "aws_ecs_service" "{{ id }}" {
  {% if public %}
  count = local.functions ? 0 : 1

  {% endif %}
  name                               = "{{ name }}"
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.{{ id }}.arn
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST"
  desired_count                      = var.services.{{ id }}.replicas
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  {% if public %}
  health_check_grace_period_seconds  = {{ startup }}
  {% endif %}

  network_configuration {
    subnets          = aws_subnet.private[*].id
    security_groups  = [aws_security_group.{{ id }}.id]
    assign_public_ip = false
  }

  # A release whose tasks do not become healthy is taken back.
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  {% if public %}

  load_balancer {
    target_group_arn = aws_lb_target_group.{{ id }}[0].arn
    container_name   = "{{ name }}"
    container_port   = {{ port }}
  }
  {% endif %}
  {% if discovered %}

  service_registries {
    registry_arn = aws_service_discovery_service.{{ id }}.arn
  }
  {% endif %}
  {% if port %}

  # The number of tasks belongs to the autoscaler.
  lifecycle {
    ignore_changes = [desired_count]
  }
  {% endif %}
  {% if public %}

  depends_on = [aws_lb_listener.https]
  {% endif %}
}
{% if port %}

resource "aws_appautoscaling_target" "{{ id }}" {
  {% if public %}
  count = local.functions ? 0 : 1

  {% endif %}
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.{{ id }}{{ index }}.name}"
  min_capacity       = var.services.{{ id }}.replicas
  max_capacity       = max(var.services.{{ id }}.replicas, var.services.{{ id }}.max_replicas)
}

resource "aws_appautoscaling_policy" "{{ id }}" {
  {% if public %}
  count = local.functions ? 0 : 1

  {% endif %}
  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.{{ id }}{{ index }}.service_namespace
  scalable_dimension = aws_appautoscaling_target.{{ id }}{{ index }}.scalable_dimension
  resource_id        = aws_appautoscaling_target.{{ id }}{{ index }}.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
{% endif %}
{% if discovered %}

resource "aws_service_discovery_service" "{{ id }}" {
  name = "{{ name }}"

  dns_config {
    namespace_id   = aws_service_discovery_private_dns_namespace.this.id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 10
    }
  }
}
{% endif %}
{% if addresses %}

# Where other services reach it. A function has no address inside the network.
{{ addresses }}
{% endif %}
{% if public %}

resource "aws_lb_target_group" "{{ id }}" {
  count = local.functions ? 0 : 1

  #checkov:skip=CKV_AWS_378:TLS ends at the load balancer, in a network that is the app's own
  name_prefix          = "{{ prefix }}"
  vpc_id               = aws_vpc.this.id
  target_type          = "ip"
  port                 = {{ port }}
  protocol             = "HTTP"
  deregistration_delay = {{ grace }}

  health_check {
    path                = {{ readiness.path }}
    matcher             = "{{ readiness.matcher }}"
    interval            = {{ readiness.interval }}
    timeout             = {{ readiness.timeout }}
    healthy_threshold   = {{ readiness.healthy }}
    unhealthy_threshold = {{ readiness.unhealthy }}
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener_rule" "{{ id }}" {
  count = local.functions ? 0 : 1

  listener_arn = aws_lb_listener.https[0].arn
  priority     = {{ priority }}

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.{{ id }}[0].arn
  }

  condition {
    host_header {
      values = [{{ route.host }}]
    }
  }
  {% if route.patterns %}

  condition {
    path_pattern {
      values = [{{ route.patterns }}]
    }
  }
  {% endif %}
}

# The same image as a function: it has to hold the Lambda Web Adapter, which turns events into requests.
resource "aws_lambda_function" "{{ id }}" {
  count = local.functions ? 1 : 0

  #checkov:skip=CKV_AWS_115:the account's limit is the limit
  #checkov:skip=CKV_AWS_116:requests wait for their answer, so none is left to put into a queue
  #checkov:skip=CKV_AWS_272:images cannot be signed this way; their tags cannot be moved
  function_name = "${local.name}-{{ name }}"
  role          = aws_iam_role.{{ id }}_function[0].arn
  package_type  = "Image"
  image_uri     = local.{{ id }}_container.image
  memory_size   = min(10240, max(512, var.services.{{ id }}.memory))
  timeout       = 29
  kms_key_arn   = aws_kms_key.this.arn

  environment {
    variables = merge(
      local.{{ id }}_environment,
      var.services.{{ id }}.env,
      { for name, arn in local.{{ id }}_secrets : "${name}_SECRET_ARN" => arn },
      { AWS_LWA_PORT = "{{ port }}", AWS_LWA_READINESS_CHECK_PATH = {{ readiness.path }} },
    )
  }

  vpc_config {
    subnet_ids         = aws_subnet.private[*].id
    security_group_ids = [aws_security_group.{{ id }}.id]
  }

  tracing_config {
    mode = "Active"
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.{{ id }}.name
  }
}

resource "aws_iam_role" "{{ id }}_function" {
  count = local.functions ? 1 : 0

  name_prefix        = "{{ short }}-function-"
  assume_role_policy = local.assume_by_functions
}

resource "aws_iam_role_policy" "{{ id }}_function" {
  count = local.functions ? 1 : 0

  #checkov:skip=CKV_AWS_290:network interfaces and traces have no names before they are made
  #checkov:skip=CKV_AWS_355:network interfaces and traces have no names before they are made
  role = aws_iam_role.{{ id }}_function[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.{{ id }}.arn}:*"
      },
      {
        Effect = "Allow"
        Action = [
          "ec2:CreateNetworkInterface",
          "ec2:DeleteNetworkInterface",
          "ec2:DescribeNetworkInterfaces",
          "xray:PutTraceSegments",
          "xray:PutTelemetryRecords",
        ]
        Resource = "*"
      },
      {
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = aws_kms_key.this.arn
      },
      {% if secrets %}
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = values(local.{{ id }}_secrets)
      },
      {% endif %}
    ]
  })
}
{% if buckets %}

resource "aws_iam_role_policy" "{{ id }}_function_buckets" {
  count = local.functions ? 1 : 0

  role   = aws_iam_role.{{ id }}_function[0].id
  policy = local.{{ id }}_policy
}
{% endif %}

resource "aws_lambda_permission" "{{ id }}" {
  count = local.functions ? 1 : 0

  function_name = aws_lambda_function.{{ id }}[0].function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this[0].execution_arn}/*"
}

resource "aws_apigatewayv2_integration" "{{ id }}" {
  count = local.functions ? 1 : 0

  api_id                 = aws_apigatewayv2_api.this[0].id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.{{ id }}[0].invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "{{ id }}" {
  for_each = local.functions ? toset([{{ route.keys }}]) : toset([])

  #checkov:skip=CKV_AWS_309:the app itself knows who may ask for what
  api_id    = aws_apigatewayv2_api.this[0].id
  route_key = each.value
  target    = "integrations/${aws_apigatewayv2_integration.{{ id }}[0].id}"
}
{% endif %}
