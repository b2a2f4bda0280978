# A policy of an operator's choice, as the what-if page and `policy NAME --variables` write it.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  application_repository = "https://example.com/shop.git"
  healer_package         = "README.md" # any file: nothing is uploaded
  scaling_policy         = <<-JSON
    {"name": "foresight", "description": "", "users_per_instance": 50, "warm_up_seconds": 120, "health_grace_seconds": 180,
     "bounds": {"min_instances": 5, "max_instances": 8, "desired_instances": 5},
     "thresholds": {"cpu_scale_out_percent": 70.0, "cpu_scale_in_percent": 30.0, "active_users_scale_out": 4},
     "rules": [{"kind": "offered-load", "name": "load", "target_percent": 70.0, "look_ahead_seconds": 120, "trend_seconds": 300,
                "head_room": 2.0, "scale_in_seconds": 1800, "scale_in_margin_percent": 20.0}]}
  JSON
}

run "the_chosen_policy_takes_the_files_place" {
  command = apply

  assert {
    condition     = output.scaling_policy.name == "foresight" && output.scaling_policy.bounds.min_instances == 5
    error_message = "The policy in force must be the chosen one."
  }

  assert {
    condition     = sort(keys(module.scaling.alarms)) == tolist(["load-in", "load-out"])
    error_message = "The rules of policy.json must be gone, and those of the chosen one there."
  }

  assert {
    condition     = jsondecode(module.scaling.parameter_value) == merge(jsondecode(var.scaling_policy), {})
    error_message = "The application must read the chosen policy whole."
  }
}

run "single_numbers_still_override_it" {
  command = plan

  variables {
    min_instances = 6
  }

  assert {
    condition     = output.scaling_policy.bounds == { min_instances = 6, max_instances = 8, desired_instances = 6 }
    error_message = "A variable must go before the chosen policy."
  }
}

run "refuses_what_is_no_json" {
  command = plan

  variables {
    scaling_policy = "{"
  }

  expect_failures = [
    var.scaling_policy,
  ]
}

run "refuses_half_a_policy" {
  command = plan

  variables {
    scaling_policy = "{\"name\": \"half\", \"rules\": []}"
  }

  expect_failures = [
    var.scaling_policy,
  ]
}

run "refuses_bounds_out_of_order" {
  command = plan

  variables {
    scaling_policy = "{\"name\": \"x\", \"rules\": [], \"users_per_instance\": 50, \"warm_up_seconds\": 1, \"health_grace_seconds\": 1, \"bounds\": {\"min_instances\": 9, \"max_instances\": 8, \"desired_instances\": 8}, \"thresholds\": {\"cpu_scale_out_percent\": 70, \"cpu_scale_in_percent\": 30, \"active_users_scale_out\": 4}}"
  }

  expect_failures = [
    var.scaling_policy,
  ]
}

run "refuses_thresholds_that_cross" {
  command = plan

  variables {
    scaling_policy = "{\"name\": \"x\", \"rules\": [], \"users_per_instance\": 50, \"warm_up_seconds\": 1, \"health_grace_seconds\": 1, \"bounds\": {\"min_instances\": 2, \"max_instances\": 8, \"desired_instances\": 2}, \"thresholds\": {\"cpu_scale_out_percent\": 30, \"cpu_scale_in_percent\": 70, \"active_users_scale_out\": 4}}"
  }

  expect_failures = [
    var.scaling_policy,
  ]
}
