# What a new machine is told. User data: where everything is and what to run, systemd's units, and
# bootstrap.sh, which does the rest; no secret among them. The shop's settings are in SSM, its secrets
# in Secrets Manager, and the machine reads both by its role.

locals {
  # What bootstrap.sh goes by before it has read anything.
  boot = {
    AWS_REGION         = var.aws_region
    AUTO_SCALING_GROUP = var.group_name
    LAUNCH_HOOK        = "${var.name}-launching"
    TERMINATION_HOOK   = "${var.name}-terminating"
    TOPIC_ARN          = var.topic_arn
    REPOSITORY         = var.application_repository
    REPOSITORY_REF     = var.application_ref
    RELEASE_BUCKET     = var.release_bucket == null ? "" : var.release_bucket
    SETTINGS_PARAMETER = aws_ssm_parameter.settings.name
    # Other settings are another launch template, which a rollout brings, and an older one keeps its own.
    SETTINGS_SHA256 = sha256("${local.settings}\n")
  }

  # What differs first, then what is the same for every shop.
  files = concat(local.told, [
    for name, place in local.places : {
      path        = "${place.folder}/${name}"
      permissions = place.permissions
      # EC2 takes 16 kB: what only people read stays in the repository.
      text = replace(file("${path.module}/files/${name}"), "/(?m)^ *# .*\n/", "")
    }
  ])

  told = [
    {
      path        = "/etc/cloudscale/boot.env"
      permissions = "0644"
      text        = join("", [for name, value in local.boot : "${name}='${value}'\n"])
    },
    {
      # Name of the setting, ARN of the secret, and what the setting is with it in place of {}.
      path        = "/etc/cloudscale/secrets.tsv"
      permissions = "0644"
      text        = join("", [for name, secret in var.secrets : "${name}\t${secret.arn}\t${secret.template}\n"])
    },
    {
      path        = "/etc/cloudscale/cloudwatch-agent.json"
      permissions = "0644"
      text        = jsonencode(local.agent)
    },
  ]

  scripts = { folder = "/usr/local/lib/cloudscale", permissions = "0755" }
  units   = { folder = "/etc/systemd/system", permissions = "0644" }

  places = {
    "bootstrap.sh"               = local.scripts
    "machine.sh"                 = local.scripts
    "drain.sh"                   = local.scripts
    "cloudscale.service"         = local.units
    "cloudscale-secrets.service" = local.units
    "cloudscale-drain.service"   = local.units
    "logrotate.conf"             = { folder = "/etc/logrotate.d", permissions = "0644" }
  }

  agent = {
    agent = { run_as_user = "root" }
    # Of each server by itself: what compares it with its peers looks at exactly this name and
    # dimension (cloudscale/adapters/aws/healing/observing/members.py).
    metrics = {
      namespace         = var.metrics_namespace
      append_dimensions = { InstanceId = "$${aws:InstanceId}" }
      metrics_collected = {
        mem = { measurement = ["mem_used_percent"], metrics_collection_interval = 60 }
      }
    }
    logs = {
      logs_collected = {
        files = {
          collect_list = [
            for name, group in var.log_group_names : {
              file_path       = "/var/log/cloudscale/${name}.log"
              log_group_name  = group
              log_stream_name = "{instance_id}"
            }
          ]
        }
      }
    }
  }

  user_data = join("\n", ["#cloud-config", jsonencode({
    write_files = [
      for file in local.files : {
        path        = file.path
        permissions = file.permissions
        encoding    = "gz+b64"
        content     = base64gzip(file.text)
      }
    ]
    runcmd = [["${local.scripts.folder}/bootstrap.sh"]]
  }), ""])
}
