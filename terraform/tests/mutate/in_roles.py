"""Mistakes in what an account asks of roles and keys: path, boundary, and the checks of keys of the user's own."""

from mutant import Mutant

KEYS = "own_keys.tf"

ROLES = {"function": "roles.tf", "signer": "roles.tf", "pipe": "events.tf", "schedule": "schedule.tf", "guardduty": "scanning.tf"}


def role(name: str, file: str, argument: str, value: str) -> Mutant:
    block = f'resource "aws_iam_role" "{name}"'
    return Mutant(f"the-{name}-role-without-{argument.replace('_', '-')}", file, f"= {value}\n", "= null\n", "an account's policies would refuse the role", run=None, inside=block)


def own_key(name: str, text: str, replacement: str, why: str, **where) -> Mutant:
    return Mutant(name, KEYS, text, replacement, why, run=None, tested_in="own_keys", **where)


MUTANTS = [
    *(role(name, file, "path", "var.role_path") for name, file in ROLES.items()),
    *(role(name, file, "permissions_boundary", "var.permissions_boundary_arn") for name, file in ROLES.items()),
    own_key("a-key-of-another-region-is-taken", "condition     = alltrue([for arn in values(local.own_keys) : split(\":\", arn)[3] == local.region])", "condition     = local.region != null", "no file could be encrypted"),
    own_key("a-policy-is-not-checked", "condition     = try(var.files_key.policy, null) == null ? true : length(local.files_key_lacks) == 0", "condition     = length(local.files_key_lacks) >= 0", "files could not be written or read"),
    own_key("one-of-the-rights-is-enough", "if !alltrue([\n      for action in need.actions", "if !anytrue([\n      for action in need.actions", "a file could be written in one way only"),
    own_key("a-deny-counts-as-a-right", 'if statement.Effect == "Allow"', "if statement.Effect != null", "files could not be read"),
    own_key("the-recorder-is-not-asked-for", '    record-upload   = aws_iam_role.function["record-upload"]\n', "", "no file would be recorded"),
    own_key("readers-are-not-asked-for", "[for arn in var.reader_arns : ", "[for arn in [] : ", "a reader could read nothing"),
    own_key("the-users-scanner-is-not-asked-for", "[for role in var.guardduty_role[*] : ", "[for role in [] : ", "no file would be scanned"),
    own_key("the-modules-scanner-is-not-asked-for", "for role in aws_iam_role.guardduty : {", "for role in slice(aws_iam_role.guardduty, 0, 0) : {", "no file would be scanned"),
    own_key("the-distribution-is-not-asked-for", "local.has_distribution ? [{", "false ? [{", "no link would open through it"),
    own_key("roles-paths-are-forgotten", "role${role.path}${role.name}", "role/${role.name}", "a right policy would be refused", inside="for who, role in local.files_key_principals : {"),
    own_key("another-files-key-is-taken", "self.input.files == try(local.own_keys.files, null) && ", "", "what lies under the old key could not be read"),
    own_key("another-operations-key-is-taken", " && self.input.operations == try(local.own_keys.operations, null)", "", "the table could not be read"),
    own_key("a-key-for-macs-is-taken", 'self.key_usage == "ENCRYPT_DECRYPT" && ', "", "no file could be encrypted"),
    own_key("an-asymmetric-key-is-taken", 'self.key_spec == "SYMMETRIC_DEFAULT" && ', "", "no file could be encrypted"),
    own_key("a-key-of-aws-is-taken", 'self.key_manager == "CUSTOMER" && ', "", "its policy could not let the roles in"),
    own_key("a-disabled-key-is-taken", " && self.enabled", "", "no file could be encrypted"),
]
