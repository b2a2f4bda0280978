# Who GitHub's workflows are to AWS: three roles for one repository, without a stored key. They are
# made here, since the first deploy needs one. README.md says what each may do, and why not less.

locals {
  github      = "token.actions.githubusercontent.com"
  has_github  = var.github_repository != null
  repository  = coalesce(var.github_repository, "none/none")
  stack       = "${var.project_name}-${var.environment}"
  iam         = "arn:${data.aws_partition.current.partition}:iam::${local.account}"
  releases    = "arn:${data.aws_partition.current.partition}:s3:::${local.stack}-releases-${local.account}-${var.aws_region}"
  state_files = ["${aws_s3_bucket.state.arn}/${var.project_name}/${var.environment}/*"]

  # GitHub says in the token's subject where a workflow runs; nothing but these is let in.
  subjects = {
    plan    = ["repo:${local.repository}:pull_request"]
    release = ["repo:${local.repository}:ref:refs/heads/main", "repo:${local.repository}:ref:refs/tags/v*"]
    deploy  = ["repo:${local.repository}:environment:production"]
  }
  roles = { for name, allowed in local.subjects : name => allowed if local.has_github }
}

resource "aws_iam_openid_connect_provider" "github" {
  count = local.has_github ? 1 : 0

  url            = "https://${local.github}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "github" {
  for_each = local.roles

  name                 = "${local.stack}-github-${each.key}"
  description          = "GitHub's workflow ${each.key} of ${local.repository}"
  max_session_duration = each.key == "deploy" ? 7200 : 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = aws_iam_openid_connect_provider.github[0].arn }
      Condition = {
        StringEquals = { "${local.github}:aud" = "sts.amazonaws.com" }
        StringLike   = { "${local.github}:sub" = each.value }
      }
    }]
  })
}

resource "aws_iam_role_policy" "github" {
  for_each = local.roles

  name   = each.key
  role   = aws_iam_role.github[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.rights[each.key] })
}

locals {
  read_state = [
    {
      Sid      = "ReadState"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = local.state_files
    },
    {
      Sid      = "FindState"
      Effect   = "Allow"
      Action   = ["s3:ListBucket"]
      Resource = [aws_s3_bucket.state.arn]
    },
    {
      Sid      = "OpenState"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = [aws_kms_key.state.arn]
    },
  ]

  # What a plan asks of AWS: how things are, and of what is in them only what the stack itself reads.
  read_stack = [
    {
      Sid    = "LookAtTheStack"
      Effect = "Allow"
      Action = [
        "application-autoscaling:Describe*", "autoscaling:Describe*", "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*",
        "dynamodb:Describe*", "dynamodb:List*", "ec2:Describe*", "elasticache:Describe*", "elasticache:List*",
        "elasticloadbalancing:Describe*", "events:Describe*", "events:List*", "iam:Get*", "iam:List*", "kms:Describe*",
        "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:List*", "lambda:Get*", "lambda:List*", "logs:Describe*",
        "logs:List*", "rds:Describe*", "rds:List*", "route53:Get*", "route53:List*", "s3:GetBucket*",
        "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetAccelerateConfiguration",
        "s3:GetReplicationConfiguration", "s3:ListBucket", "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy",
        "sns:Get*", "sns:List*", "sqs:Get*", "sqs:List*", "ssm:Describe*", "ssm:List*",
      ]
      Resource = ["*"] # most of these know no ARN
    },
    {
      Sid      = "ReadItsParameters"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter", "ssm:GetParameters"]
      Resource = ["arn:${data.aws_partition.current.partition}:ssm:${var.aws_region}:${local.account}:parameter/${local.stack}/*", "arn:${data.aws_partition.current.partition}:ssm:${var.aws_region}::parameter/aws/service/*"]
    },
    {
      # The stack hands two of them on, to RDS and ElastiCache; the state, which a plan reads, has them too.
      Sid      = "ReadItsSecrets"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = ["arn:${data.aws_partition.current.partition}:secretsmanager:${var.aws_region}:${local.account}:secret:${local.stack}/*"]
    },
    {
      Sid       = "OpenThem"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = ["arn:${data.aws_partition.current.partition}:kms:${var.aws_region}:${local.account}:key/*"]
      Condition = { StringEquals = { "kms:ViaService" = ["s3.${var.aws_region}.amazonaws.com", "secretsmanager.${var.aws_region}.amazonaws.com"] } }
    },
    {
      Sid      = "ReadItsDocument"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:GetObjectTagging"]
      Resource = ["arn:${data.aws_partition.current.partition}:s3:::${local.stack}-healing-${local.account}-${var.aws_region}/*"]
    },
  ]

  rights = {
    plan = concat(local.read_state, local.read_stack)

    release = [
      {
        Sid      = "WriteReleases"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
        Resource = ["${local.releases}/releases/*"]
      },
      {
        Sid      = "FindReleases" # without it S3 says of what is not there that it is forbidden
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [local.releases]
      },
      {
        Sid      = "EncryptReleases"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = ["arn:${data.aws_partition.current.partition}:kms:${var.aws_region}:${local.account}:key/*"]
        Condition = {
          StringEquals = {
            "kms:ViaService"                   = "s3.${var.aws_region}.amazonaws.com"
            "kms:EncryptionContext:aws:s3:arn" = local.releases
          }
        }
      },
    ]

    deploy = concat(local.read_state, [
      {
        Sid      = "WriteState"
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:DeleteObject"]
        Resource = local.state_files
      },
      {
        Sid      = "EncryptState"
        Effect   = "Allow"
        Action   = ["kms:GenerateDataKey"]
        Resource = [aws_kms_key.state.arn]
      },
      {
        # A stack is made of new things, which have no ARN to name before they are there.
        Sid    = "MakeTheStack"
        Effect = "Allow"
        Action = [
          "autoscaling:*", "cloudwatch:*", "dynamodb:*", "ec2:*", "elasticache:*", "elasticloadbalancing:*", "events:*",
          "kms:*", "lambda:*", "logs:*", "rds:*", "route53:*", "secretsmanager:*", "sns:*", "sqs:*", "ssm:*",
        ]
        Resource  = ["*"]
        Condition = { StringEquals = { "aws:RequestedRegion" = [var.aws_region, "us-east-1"] } } # Route 53 is there
      },
      {
        Sid      = "MakeItsBuckets"
        Effect   = "Allow"
        Action   = ["s3:*"]
        Resource = ["arn:${data.aws_partition.current.partition}:s3:::${local.stack}-*"]
      },
      {
        Sid      = "MakeItsRoles"
        Effect   = "Allow"
        Action   = ["iam:*"]
        Resource = ["${local.iam}:role/${local.stack}-*", "${local.iam}:instance-profile/${local.stack}-*", "${local.iam}:policy/${local.stack}-*"]
      },
      {
        Sid      = "MakeServiceRoles"
        Effect   = "Allow"
        Action   = ["iam:CreateServiceLinkedRole"]
        Resource = ["${local.iam}:role/aws-service-role/*"]
      },
      {
        Sid      = "LookAtRoles"
        Effect   = "Allow"
        Action   = ["iam:Get*", "iam:List*"]
        Resource = ["*"]
      },
      {
        Sid       = "NeverItself" # nor what lets it in, nor the place of the state
        Effect    = "Deny"
        NotAction = ["iam:Get*", "iam:List*", "sts:*"]
        Resource  = ["${local.iam}:role/${local.stack}-github-*", "${local.iam}:oidc-provider/*"]
      },
      {
        Sid      = "NeverTheStatesKey"
        Effect   = "Deny"
        Action   = ["kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"]
        Resource = [aws_kms_key.state.arn]
      },
    ])
  }
}
