# What a server may do, by ARN wherever AWS knows one.

locals {
  group_arn = "arn:${var.partition}:autoscaling:${var.aws_region}:${var.account_id}:autoScalingGroup:*:autoScalingGroupName/${var.group_name}"
}

resource "aws_iam_role" "this" {
  name        = "${var.name}-server"
  description = "Servers of the shop"

  assume_role_policy = local.trust
}

locals {
  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_instance_profile" "this" {
  name = "${var.name}-server"
  role = aws_iam_role.this.name
}

resource "aws_iam_role_policy" "this" {
  name = "server"
  role = aws_iam_role.this.id

  policy = local.rights
}

locals {
  rights = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.taking_releases, [
      {
        # Less than AmazonSSMManagedInstanceCore, which may read every parameter of the account.
        # Source: AWS Systems Manager User Guide, "Verify or add instance permissions".
        Sid    = "SessionManager"
        Effect = "Allow"
        Action = [
          "ssm:UpdateInstanceInformation",
          "ssmmessages:CreateControlChannel",
          "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel",
          "ssmmessages:OpenDataChannel",
        ]
        Resource = ["*"] # they know no ARN
      },
      {
        Sid      = "OwnParameters"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter", "ssm:GetParameters"]
        Resource = concat([aws_ssm_parameter.settings.arn], var.parameter_arns)
      },
      {
        Sid      = "OwnSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [for secret in var.secrets : secret.arn]
      },
      {
        Sid       = "OpenOwnSecrets"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = var.secret_key_arns
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.aws_region}.amazonaws.com" } }
      },
      {
        Sid       = "PublishMetrics"
        Effect    = "Allow"
        Action    = ["cloudwatch:PutMetricData"]
        Resource  = ["*"] # it knows no ARN; the namespace is the limit
        Condition = { StringEquals = { "cloudwatch:namespace" = var.metrics_namespace } }
      },
      {
        # The leader reads what the fleet and its alarms do; none of these knows an ARN.
        Sid    = "ReadTheFleet"
        Effect = "Allow"
        Action = [
          "autoscaling:DescribeAutoScalingGroups",
          "autoscaling:DescribeScalingActivities",
          "cloudwatch:DescribeAlarms",
          "cloudwatch:GetMetricData",
          "elasticloadbalancing:DescribeTargetHealth",
        ]
        Resource = ["*"]
      },
      {
        # What the healer does is shown; only it writes its record.
        Sid       = "ReadHealing"
        Effect    = "Allow"
        Action    = ["dynamodb:GetItem", "dynamodb:Query"]
        Resource  = [var.record_arn]
        Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["board", "entry#*", "approval"] } }
      },
      {
        Sid       = "ApproveHealing"
        Effect    = "Allow"
        Action    = ["dynamodb:PutItem"]
        Resource  = [var.record_arn]
        Condition = { "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = ["approval"] } }
      },
      {
        Sid       = "OpenRecord"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
        Resource  = [var.record_key_arn]
        Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${var.aws_region}.amazonaws.com" } }
      },
      {
        Sid      = "OwnLifecycle"
        Effect   = "Allow"
        Action   = ["autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"]
        Resource = [local.group_arn]
      },
      {
        Sid      = "TellPeople"
        Effect   = "Allow"
        Action   = ["sns:Publish"]
        Resource = [var.topic_arn]
      },
      {
        # SNS has who publishes make the key of each message.
        Sid       = "CloseWhatPeopleAreTold"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = [var.topic_key_arn]
        Condition = { StringEquals = { "kms:ViaService" = "sns.${var.aws_region}.amazonaws.com" } }
      },
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = [for arn in var.log_group_arns : "${arn}:*"]
      },
    ])
  })

  taking_releases = flatten([
    for bucket in var.release_bucket[*] : [
      {
        Sid      = "TakeReleases"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["arn:${var.partition}:s3:::${bucket}/releases/*"]
      },
      {
        Sid       = "OpenReleases"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [var.release_key_arn]
        Condition = { StringEquals = { "kms:ViaService" = "s3.${var.aws_region}.amazonaws.com" } }
      },
    ]
  ])
}
