# What a plan of the shop holds, against a provider that only pretends.
mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = {
      names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    }
  }

  mock_data "aws_caller_identity" {
    defaults = {
      account_id = "123456789012"
    }
  }

  mock_data "aws_elb_service_account" {
    defaults = {
      arn = "arn:aws:iam::054676820928:root"
    }
  }
}

variables {
  region  = "eu-central-1"
  release = "v1"
  zone_id = "Z0123456789"
}

run "containers" {
  command = plan

  assert {
    condition     = length(aws_lb.this) == 1 && length(aws_apigatewayv2_api.this) == 0
    error_message = "A load balancer stands before containers, and no gateway."
  }

  assert {
    condition     = aws_ecs_service.api[0].desired_count == 4
    error_message = "Production has four of the API."
  }

  assert {
    condition     = length(aws_subnet.private) == 2 && length(distinct([for subnet in aws_subnet.private : subnet.cidr_block])) == 2
    error_message = "Two zones, each with addresses of its own."
  }

  assert {
    condition     = aws_elasticache_replication_group.cache.at_rest_encryption_enabled && aws_elasticache_replication_group.cache.automatic_failover_enabled
    error_message = "The cache is encrypted and has a standby."
  }

  assert {
    condition     = aws_scheduler_schedule.digest.schedule_expression == "cron(0 7 * * ? *)"
    error_message = "The digest is sent at seven."
  }
}

run "functions" {
  command = plan

  variables {
    compute = "lambda"
  }

  assert {
    condition     = length(aws_lb.this) == 0 && length(aws_apigatewayv2_api.this) == 1
    error_message = "A gateway stands before functions, and no load balancer."
  }

  assert {
    condition     = length(aws_lambda_function.api) == 1 && length(aws_ecs_service.api) == 0
    error_message = "The API is a function."
  }

  assert {
    condition     = aws_ecs_service.mailer.desired_count == 3
    error_message = "A worker cannot be a function."
  }

  assert {
    condition     = local.api_url == "https://shop.example"
    error_message = "Others reach a function as everybody does."
  }
}

run "latest_is_no_release" {
  command = plan

  variables {
    release = "latest"
  }

  expect_failures = [var.release]
}

run "unknown_compute" {
  command = plan

  variables {
    compute = "ec2"
  }

  expect_failures = [var.compute]
}

run "odd_size" {
  command = plan

  variables {
    services = { api = { cpu = 300 } }
  }

  expect_failures = [var.services]
}
