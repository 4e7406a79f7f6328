# The front door where `compute` is "lambda".
resource "aws_apigatewayv2_api" "this" {
  count = local.functions ? 1 : 0

  name                         = local.name
  protocol_type                = "HTTP"
  disable_execute_api_endpoint = true
}

resource "aws_cloudwatch_log_group" "gateway" {
  name              = "/${local.name}/gateway"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this.arn
}

resource "aws_apigatewayv2_stage" "this" {
  count = local.functions ? 1 : 0

  api_id      = aws_apigatewayv2_api.this[0].id
  name        = "$default"
  auto_deploy = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.gateway.arn

    format = jsonencode({
      time    = "$context.requestTime"
      request = "$context.requestId"
      method  = "$context.httpMethod"
      path    = "$context.path"
      status  = "$context.status"
      latency = "$context.responseLatency"
      error   = "$context.integrationErrorMessage"
    })
  }

  default_route_settings {
    throttling_rate_limit  = 1000
    throttling_burst_limit = 2000
  }
}

resource "aws_apigatewayv2_domain_name" "this" {
  for_each = local.functions ? local.hosts : toset([])

  domain_name = each.value

  domain_name_configuration {
    certificate_arn = aws_acm_certificate_validation.this.certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "this" {
  for_each = aws_apigatewayv2_domain_name.this

  api_id      = aws_apigatewayv2_api.this[0].id
  domain_name = each.value.id
  stage       = aws_apigatewayv2_stage.this[0].id
}

resource "aws_route53_record" "gateway" {
  for_each = aws_apigatewayv2_domain_name.this

  zone_id = var.zone_id
  name    = each.key
  type    = "A"

  alias {
    name                   = each.value.domain_name_configuration[0].target_domain_name
    zone_id                = each.value.domain_name_configuration[0].hosted_zone_id
    evaluate_target_health = false
  }
}
