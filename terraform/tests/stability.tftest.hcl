# What a second plan must not do. tests/policies/test_stability.py reads the plans of these runs and
# looks for what they would destroy.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "everything_around_it_is_made_in_the_same_apply" {
  command = apply

  module {
    source = "./tests/fixtures/around"
  }
}

run "nothing_has_changed" {
  command = plan

  module {
    source = "./tests/fixtures/around"
  }
}

# Terraform reads the module's data sources late then: account and region are unknown in this plan.
run "something_changes_that_the_module_depends_on" {
  command = plan

  module {
    source = "./tests/fixtures/around"
  }

  variables {
    revision = 2
  }
}

run "a_link_key_takes_over" {
  command = plan

  module {
    source = "./tests/fixtures/around"
  }

  variables {
    link_key_versions = [2]
  }
}
