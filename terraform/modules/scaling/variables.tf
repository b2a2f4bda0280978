variable "name" {
  description = "What everything here is named after."
  type        = string
}

variable "group_name" {
  description = "The Auto Scaling group that is scaled."
  type        = string
}

variable "application_environment" {
  description = "ENVIRONMENT of the application, a dimension of the metrics that it publishes."
  type        = string
}

variable "metrics_namespace" {
  description = "Where the application publishes its metrics."
  type        = string
}

variable "requests_label" {
  description = "Load balancer and target group as target tracking on requests names them."
  type        = string
}

variable "parameter_name" {
  description = "The SSM parameter that holds the policy."
  type        = string
}

variable "document" {
  description = "The whole policy as JSON, for the application."
  type        = string
}

variable "policy" {
  description = "The policy: what AWS carries out of it."

  type = object({
    warm_up_seconds = number
    thresholds      = map(number)
    rules = list(object({
      kind = string
      name = string
      alarm = optional(object({
        conditions = list(object({
          metric     = string
          comparison = string
          threshold  = string # a number, or the name of a threshold
          statistic  = optional(string, "Average")
        }))
        period_seconds      = number
        evaluation_periods  = number
        datapoints_to_alarm = number
        missing_data        = optional(string, "missing")
      }))
      adjustment_type = optional(string, "ChangeInCapacity")
      steps = optional(list(object({
        lower      = optional(number)
        upper      = optional(number)
        adjustment = number
      })), [])
      min_adjustment_magnitude = optional(number)
      warm_up_seconds          = optional(number)
      adjustment               = optional(number)
      cooldown_seconds         = optional(number, 300)
      metric                   = optional(string)
      target                   = optional(number)
      is_scale_in_disabled     = optional(bool, false)
    }))
  })

  validation {
    condition     = alltrue([for rule in var.policy.rules : contains(["step", "simple", "target", "offered-load"], rule.kind)])
    error_message = "rules: the kinds are step, simple, target and offered-load."
  }

  validation {
    condition     = length([for rule in var.policy.rules : rule if rule.kind == "offered-load"]) <= 1
    error_message = "rules: the leader tells the gap of one offered-load rule, so there can be one at most."
  }

  validation {
    condition     = alltrue([for rule in var.policy.rules : !contains(["step", "simple"], rule.kind) || rule.alarm != null])
    error_message = "rules: step and simple rules need an alarm, which is what runs them."
  }

  validation {
    condition = alltrue(flatten([
      for rule in var.policy.rules : [
        for condition in try(rule.alarm.conditions, []) :
        can(tonumber(condition.threshold)) || contains(keys(var.policy.thresholds), condition.threshold)
      ]
    ]))
    error_message = "threshold: must be a number or the name of one of thresholds: ${join(", ", keys(var.policy.thresholds))}."
  }

  validation {
    condition = alltrue(flatten([
      for rule in var.policy.rules : [
        for condition in try(rule.alarm.conditions, []) :
        contains(["cpu_percent", "active_users", "users_gap", "requests_per_second", "response_p95_ms"], condition.metric)
      ]
    ]))
    error_message = "metric: alarms can look at cpu_percent, active_users, users_gap, requests_per_second and response_p95_ms."
  }

  validation {
    condition = alltrue(flatten([
      for rule in var.policy.rules : [
        for alarm in rule.alarm[*] : contains([10, 30], alarm.period_seconds) || (alarm.period_seconds >= 60 && alarm.period_seconds % 60 == 0)
      ]
    ]))
    error_message = "period_seconds: must be 10, 30 or a multiple of 60; CloudWatch offers no other."
  }

  validation {
    condition = alltrue(flatten([
      for rule in var.policy.rules : [
        for alarm in rule.alarm[*] : alarm.period_seconds >= 60 || !contains(alarm.conditions[*].metric, "cpu_percent")
      ]
    ]))
    error_message = "period_seconds: must be 60 or more where a condition looks at cpu_percent, which AWS measures once a minute."
  }

  validation {
    condition = alltrue(flatten([
      for rule in var.policy.rules : [
        for alarm in rule.alarm[*] : alarm.datapoints_to_alarm <= alarm.evaluation_periods
      ]
    ]))
    error_message = "datapoints_to_alarm: must not be above evaluation_periods."
  }

  validation {
    condition = length(distinct(flatten([
      for rule in var.policy.rules : rule.kind == "offered-load" ? ["${rule.name}-out", "${rule.name}-in"] : [rule.name]
    ]))) == length(var.policy.rules) + length([for rule in var.policy.rules : rule if rule.kind == "offered-load"])
    error_message = "rules: each needs a name of its own; one for offered load takes NAME-out and NAME-in."
  }
}
