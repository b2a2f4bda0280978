# What there should be, in one document that is written by the same apply that makes it so. The pointer
# comes last and names the document's hash: the healer follows no other.
# Readers: cloudscale/ops/healing/desired.py, kinds/.

locals {
  resources = concat(var.resources, local.own)

  # Rules and alarms come as Terraform has them (`of`), and are written here in the document's words.
  documented = [
    for one in local.resources : {
      kind    = one.kind
      name    = one.name
      id      = one.id
      address = one.address
      about   = try(one.about, {})
      fields  = merge(concat(local.translated[one.address], [one.fields])...)
    }
  ]

  translated = {
    for one in local.resources : one.address => concat(
      [
        for group in [one] : {
          for way in ["ingress", "egress"] : way => [
            for rule in group.of[way] : {
              protocol     = rule.protocol
              from_port    = rule.from_port
              to_port      = rule.to_port
              cidrs        = rule.cidr_blocks
              ipv6_cidrs   = rule.ipv6_cidr_blocks
              groups       = rule.security_groups
              prefix_lists = rule.prefix_list_ids
              description  = rule.description
            }
          ]
        } if group.kind == "security_group"
      ],
      [
        for alarm in [one] : {
          description         = alarm.of.alarm_description
          namespace           = alarm.of.namespace
          metric              = alarm.of.metric_name
          dimensions          = alarm.of.dimensions == null ? {} : alarm.of.dimensions
          statistic           = alarm.of.statistic
          extended_statistic  = alarm.of.extended_statistic
          period_seconds      = alarm.of.period
          evaluation_periods  = alarm.of.evaluation_periods
          datapoints_to_alarm = alarm.of.datapoints_to_alarm
          threshold           = alarm.of.threshold
          comparison          = alarm.of.comparison_operator
          missing_data        = alarm.of.treat_missing_data
          few_samples         = alarm.of.evaluate_low_sample_count_percentiles
          is_enabled          = true
          ok_actions          = []
          no_data_actions     = []
          tags                = alarm.of.tags_all
          queries = [
            for query in alarm.of.metric_query : {
              id          = query.id
              expression  = query.expression
              label       = query.label
              return_data = query.return_data
              metric = one([
                for metric in query.metric : {
                  namespace      = metric.namespace
                  metric         = metric.metric_name
                  dimensions     = metric.dimensions
                  stat           = metric.stat
                  period_seconds = metric.period
                }
              ])
            }
          ]
        } if alarm.kind == "alarm"
      ],
    )
  }

  document = jsonencode({
    schema    = 1
    change    = var.change
    stack     = var.stack
    limits    = var.limits
    resources = local.documented
  })
}

# A name for each change: until the pointer is moved, it finds the document that it names.
resource "aws_s3_object" "document" {
  bucket                 = aws_s3_bucket.this.id
  key                    = "desired/${var.change}.json"
  content                = local.document
  content_type           = "application/json"
  server_side_encryption = "aws:kms"
  kms_key_id             = var.kms_key_arn

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [aws_s3_bucket_versioning.this, aws_s3_bucket_server_side_encryption_configuration.this]
}

resource "aws_ssm_parameter" "desired" {
  name        = "/${var.name}/healing/desired"
  description = "Which document says what there should be."
  type        = "String"

  insecure_value = jsonencode({
    schema = 1
    bucket = aws_s3_object.document.bucket
    key    = aws_s3_object.document.key
    sha256 = sha256(local.document)
    change = var.change
  })
}

# Operators own it: `python -m cloudscale heal --switch off`.
resource "aws_ssm_parameter" "switch" {
  name           = "/${var.name}/healing/switch"
  description    = "The kill switch: healing does nothing unless this says on."
  type           = "String"
  insecure_value = "on"

  lifecycle {
    ignore_changes = [insecure_value, value]
  }
}
