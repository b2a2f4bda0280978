# What AWS would answer, where the provider checks that it looks like AWS: ids and ARNs.

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_ssm_parameter" {
  defaults = { insecure_value = "ami-0123456789abcdef0" }
}


mock_data "aws_secretsmanager_secret_version" {
  defaults = { secret_string = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL" }
}

mock_resource "aws_kms_key" {
  defaults = { arn = "arn:aws:kms:ap-south-1:123456789012:key/00000000-0000-0000-0000-000000000000" }
}

mock_resource "aws_vpc" {
  defaults = { id = "vpc-0123456789abcdef0" }
}

mock_resource "aws_lb" {
  defaults = {
    id         = "arn:aws:elasticloadbalancing:ap-south-1:123456789012:loadbalancer/app/cloudscale-production-alb/50dc6c495c0c9188"
    arn        = "arn:aws:elasticloadbalancing:ap-south-1:123456789012:loadbalancer/app/cloudscale-production-alb/50dc6c495c0c9188"
    arn_suffix = "app/cloudscale-production-alb/50dc6c495c0c9188"
    dns_name   = "cloudscale-production-alb-1234567890.ap-south-1.elb.amazonaws.com"
    zone_id    = "ZP97RAFLXTNZK"
  }
}

mock_resource "aws_lb_target_group" {
  defaults = {
    arn        = "arn:aws:elasticloadbalancing:ap-south-1:123456789012:targetgroup/cloudscale-production-tg/73e2d6bc24d8a067"
    arn_suffix = "targetgroup/cloudscale-production-tg/73e2d6bc24d8a067"
  }
}

mock_resource "aws_lb_listener" {
  defaults = { arn = "arn:aws:elasticloadbalancing:ap-south-1:123456789012:listener/app/cloudscale-production-alb/50dc6c495c0c9188/0467ef3c8400ae65" }
}

mock_resource "aws_autoscaling_policy" {
  defaults = { arn = "arn:aws:autoscaling:ap-south-1:123456789012:scalingPolicy:00000000-0000-0000-0000-000000000000:autoScalingGroupName/cloudscale-production-fleet:policyName/x" }
}

mock_resource "aws_cloudwatch_metric_alarm" {
  defaults = { arn = "arn:aws:cloudwatch:ap-south-1:123456789012:alarm:cloudscale-production-x" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:ap-south-1:123456789012:log-group:/cloudscale-production/x" }
}

mock_resource "aws_cloudwatch_event_rule" {
  defaults = { arn = "arn:aws:events:ap-south-1:123456789012:rule/cloudscale-production-x" }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:ap-south-1:123456789012:cloudscale-production-notices" }
}

mock_resource "aws_sqs_queue" {
  defaults = { arn = "arn:aws:sqs:ap-south-1:123456789012:cloudscale-production-untold" }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = {
    id  = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:cloudscale-production/x-AbCdEf"
    arn = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:cloudscale-production/x-AbCdEf"
  }
}

mock_resource "aws_ssm_parameter" {
  defaults = { arn = "arn:aws:ssm:ap-south-1:123456789012:parameter/cloudscale-production/scaling-policy" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/x" }
}

mock_resource "aws_iam_instance_profile" {
  defaults = { arn = "arn:aws:iam::123456789012:instance-profile/x" }
}

mock_resource "aws_launch_template" {
  defaults = {
    id             = "lt-0123456789abcdef0"
    latest_version = 1
  }
}

mock_resource "aws_security_group" {
  defaults = { id = "sg-0123456789abcdef0" }
}

mock_resource "aws_elasticache_replication_group" {
  defaults = { primary_endpoint_address = "master.cloudscale-production-cache.abcdef.aps1.cache.amazonaws.com" }
}

mock_resource "aws_db_instance" {
  defaults = { address = "cloudscale-production-database.abcdefghijkl.ap-south-1.rds.amazonaws.com" }
}

mock_resource "aws_iam_policy" {
  defaults = { arn = "arn:aws:iam::123456789012:policy/x" }
}

mock_resource "aws_lambda_function" {
  defaults = { arn = "arn:aws:lambda:ap-south-1:123456789012:function:cloudscale-production-healer" }
}

mock_resource "aws_dynamodb_table" {
  defaults = { arn = "arn:aws:dynamodb:ap-south-1:123456789012:table/cloudscale-production-healing" }
}
