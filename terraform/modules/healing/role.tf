# What the healer may do: each call that its code can make, and no other, on what the document names.
# permissions.json is the code's own list (`python -m cloudscale package-healer` writes it, and a test
# compares them); where each may be used is said here, by ARN, or by tag where AWS makes ARNs up.

locals {
  permissions = jsondecode(file("${path.module}/permissions.json"))

  here = "${var.aws_region}:${var.account_id}"
  ids  = { for one in local.resources : one.kind => one.id... }

  launch_templates = [for id in local.ids.launch_template : "arn:${var.partition}:ec2:${local.here}:launch-template/${id}"]
  profiles         = [for name in local.ids.instance_profile : "arn:${var.partition}:iam::${var.account_id}:instance-profile/${name}"]

  # By service, as IAM calls it. By whole names: what begins with this stack's name may be another one's.
  ours = {
    autoscaling = ["arn:${var.partition}:autoscaling:${local.here}:autoScalingGroup:*:autoScalingGroupName/${var.stack.group}"]
    cloudwatch  = [for name in local.ids.alarm : "arn:${var.partition}:cloudwatch:${local.here}:alarm:${name}"]
    ec2 = concat(
      [for id in local.ids.security_group : "arn:${var.partition}:ec2:${local.here}:security-group/${id}"],
      local.launch_templates,
    )
    elasticloadbalancing = concat(local.ids.load_balancer, local.ids.target_group, local.ids.listener, local.ids.listener_rule)
    events               = [for name in local.ids.event_rule : "arn:${var.partition}:events:${local.here}:rule/${name}"]
    iam = concat(
      [for name in local.ids.role : "arn:${var.partition}:iam::${var.account_id}:role/${name}"],
      local.profiles,
    )
    kms = [var.kms_key_arn]
    logs = concat(
      [for name in local.ids.log_group : "arn:${var.partition}:logs:${local.here}:log-group:${name}"],
      [for name in local.ids.log_group : "arn:${var.partition}:logs:${local.here}:log-group:${name}:*"],
    )
    rds = concat(
      [for name in lookup(local.ids, "database", []) : "arn:${var.partition}:rds:${local.here}:db:${name}"],
      [for name in lookup(local.ids, "parameter_group", []) : "arn:${var.partition}:rds:${local.here}:pg:${name}"],
    )
    s3             = [for name in local.ids.bucket : "arn:${var.partition}:s3:::${name}"]
    secretsmanager = local.ids.secret
    sns            = [var.topic_arn]
    sqs            = [for url in local.ids.queue : "arn:${var.partition}:sqs:${local.here}:${element(split("/", url), -1)}"]
    ssm            = [for name in local.ids.parameter : "arn:${var.partition}:ssm:${local.here}:parameter${name}"]
  }

  # Lists know no ARN; whatever does is limited to what is ours.
  looks_at = {
    # AWS asks for all alarms, whichever are named.
    "cloudwatch:DescribeAlarms" = ["arn:${var.partition}:cloudwatch:${local.here}:alarm:*"]
    "events:ListTargetsByRule"  = local.ours.events
    "iam:GetInstanceProfile"    = local.profiles
    "kms"                       = local.ours.kms
    "rds"                       = local.ours.rds
    "s3"                        = local.ours.s3
    "sns"                       = local.ours.sns
    "sqs"                       = local.ours.sqs
    "ssm:GetParameters"         = concat(local.ours.ssm, ["arn:${var.partition}:ssm:${local.here}:parameter/${var.name}/healing/*"])
  }
  looking = {
    for action in local.permissions.observe : jsonencode(try(local.looks_at[action], local.looks_at[split(":", action)[0]], ["*"])) => action...
  }

  # Actions on more, or on less, than what is ours of their service.
  special = {
    "ec2:RebootInstances" = [{ Resource = local.machines, Condition = local.of_group }]
    # AWS asks for these when the group is given its launch template.
    # Source: Amazon EC2 Auto Scaling User Guide, "Control launch template usage with IAM".
    "ec2:RunInstances" = [{ Resource = ["*"], Condition = { ArnEquals = { "ec2:LaunchTemplate" = local.launch_templates } } }]
    "iam:PassRole"     = [{ Resource = [var.server_role_arn], Condition = { StringEquals = { "iam:PassedToService" = "ec2.amazonaws.com" } } }]
    # Only policies that the document attaches: none may be put in their place.
    "iam:AttachRolePolicy" = [for arns in [local.attached] : { Resource = local.ours.iam, Condition = { ArnEquals = { "iam:PolicyARN" = arns } } } if length(arns) > 0]
  }
  machines = ["arn:${var.partition}:ec2:${local.here}:instance/*"]
  of_group = { StringEquals = { "aws:ResourceTag/aws:autoscaling:groupName" = var.stack.group } }
  attached = distinct(flatten([for one in local.resources : one.fields.attached if one.kind == "role"]))

  acting = { for action in local.permissions.act : split(":", action)[0] => action... if !contains(keys(local.special), action) }

  statements = {
    look = [
      for resources, actions in local.looking : { Effect = "Allow", Action = actions, Resource = jsondecode(resources) } if length(jsondecode(resources)) > 0
    ]
    act = concat(
      [for service, actions in local.acting : { Effect = "Allow", Action = actions, Resource = local.ours[service] } if length(local.ours[service]) > 0],
      flatten([
        for action in local.permissions.act : [for limited in local.special[action] : merge({ Effect = "Allow", Action = [action] }, limited)]
        if contains(keys(local.special), action)
      ]),
      [{
        # Servers of the template carry tags from their first second on.
        Effect    = "Allow"
        Action    = ["ec2:CreateTags"]
        Resource  = [for kind in ["instance", "volume", "network-interface"] : "arn:${var.partition}:ec2:${local.here}:${kind}/*"]
        Condition = { StringEquals = { "ec2:CreateAction" = "RunInstances" } }
      }],
    )
    record = local.recording
  }
}

resource "aws_iam_role" "this" {
  name        = local.function_name
  description = "Puts back what differs from what Terraform wrote"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

# A policy holds 6,144 characters: what may be changed takes three, every third statement each.
locals {
  policies = merge(
    { look = jsonencode({ Version = "2012-10-17", Statement = local.statements.look }) },
    {
      for third, name in ["act", "act-more", "act-too"] : name => jsonencode({
        Version   = "2012-10-17"
        Statement = [for index, one in local.statements.act : one if index % 3 == third]
      })
    },
  )
}

resource "aws_iam_policy" "healing" {
  for_each = toset(keys(local.policies))

  name        = "${local.function_name}-${each.key}"
  description = "What the healer may ${each.key == "look" ? "look at" : "change"}"
  policy      = local.policies[each.key]
}

resource "aws_iam_role_policy_attachment" "healing" {
  for_each = aws_iam_policy.healing

  role       = aws_iam_role.this.name
  policy_arn = each.value.arn
}

resource "aws_iam_role_policy" "record" {
  name   = "record"
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements.record })
}
