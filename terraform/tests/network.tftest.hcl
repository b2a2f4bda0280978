mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                 = "shop"
  aws_region           = "ap-south-1"
  account_id           = "123456789012"
  vpc_cidr             = "10.20.0.0/16"
  availability_zones   = ["ap-south-1a", "ap-south-1b"]
  nat_gateway_per_zone = true
  interface_endpoints  = []
  log_retention_days   = 30
  kms_key_arn          = "arn:aws:kms:ap-south-1:123456789012:key/00000000-0000-0000-0000-000000000000"
}

run "each_zone_has_both_subnets_and_its_own_way_out" {
  command = apply

  module {
    source = "./modules/network"
  }

  assert {
    condition     = { for zone, subnet in aws_subnet.public : zone => subnet.cidr_block } == { ap-south-1a = "10.20.0.0/20", ap-south-1b = "10.20.16.0/20" }
    error_message = "Public subnets are sixteenths."
  }

  assert {
    condition     = { for zone, subnet in aws_subnet.private : zone => subnet.cidr_block } == { ap-south-1a = "10.20.64.0/18", ap-south-1b = "10.20.128.0/18" }
    error_message = "Private subnets are quarters, beside the public ones."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch])
    error_message = "Nothing gets a public address unasked."
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 2 && length(aws_route.to_nat) == 2
    error_message = "Each zone has a NAT gateway and a way to it."
  }

  assert {
    condition     = aws_route.to_internet.gateway_id == aws_internet_gateway.this.id && alltrue([for route in aws_route.to_nat : route.gateway_id == null])
    error_message = "Only public subnets reach the internet directly."
  }

  assert {
    condition     = length(aws_default_security_group.closed.ingress) == 0 && length(aws_default_security_group.closed.egress) == 0
    error_message = "The default security group allows nothing."
  }

  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flows.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.flows.retention_in_days == 30
    error_message = "All traffic is logged, encrypted, for a time."
  }

  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && length(aws_vpc_endpoint.s3.route_table_ids) >= 1 && length(aws_vpc_endpoint.interface) == 0
    error_message = "S3 is reached for nothing; other endpoints are asked for."
  }
}

run "one_gateway_for_all_saves_money" {
  command = apply

  module {
    source = "./modules/network"
  }

  variables {
    nat_gateway_per_zone = false
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["ap-south-1a"] && length(aws_route.to_nat) == 2
    error_message = "Both zones leave through the first one's gateway."
  }
}

run "endpoints_are_asked_for_by_name" {
  command = apply

  module {
    source = "./modules/network"
  }

  variables {
    interface_endpoints = ["ssm", "logs"]
  }

  assert {
    condition     = { for name, endpoint in aws_vpc_endpoint.interface : name => endpoint.service_name } == { logs = "com.amazonaws.ap-south-1.logs", ssm = "com.amazonaws.ap-south-1.ssm" }
    error_message = "The endpoints asked for must be there."
  }

  assert {
    condition     = alltrue([for rule in aws_security_group.endpoints[0].ingress : rule.from_port == 443 && rule.to_port == 443 && rule.cidr_blocks == tolist(["10.20.0.0/16"])])
    error_message = "Only this network, only HTTPS."
  }
}
