"""Rules for the settings of the bucket, the table, the keys and the logs: versions are kept, and all data is
encrypted."""

from __future__ import annotations

import re

import pytest
from rendered import MODULE
from wiring import RUNS, key, of, whole

BUCKET = "postern-files-111122223333-us-east-1"


@pytest.mark.parametrize("run", RUNS)
def test_the_bucket_keeps_versions_belongs_to_its_account_and_is_never_public(run):
    there = whole(run)
    assert there["aws_s3_bucket_versioning.files"]["versioning_configuration"] == [{"status": "Enabled"}]
    assert there["aws_s3_bucket_ownership_controls.files"]["rule"] == [{"object_ownership": "BucketOwnerEnforced"}]
    block = there["aws_s3_bucket_public_access_block.files"]
    assert all(block[name] is True for name in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"))
    kinds = ("versioning", "ownership_controls", "public_access_block", "policy", "notification", "server_side_encryption_configuration")
    assert {there[f"aws_s3_bucket_{kind}.files"]["bucket"] for kind in kinds} == {BUCKET}


@pytest.mark.parametrize("run", RUNS)
def test_a_file_is_encrypted_under_the_files_key_and_the_buckets_context(run):
    (rule,) = whole(run)["aws_s3_bucket_server_side_encryption_configuration.files"]["rule"]
    assert rule["apply_server_side_encryption_by_default"] == [{"sse_algorithm": "aws:kms", "kms_master_key_id": key(run, "files")}]
    assert rule["bucket_key_enabled"] is True


def test_the_bucket_takes_forms_and_urls_for_as_long_as_the_functions_sign_them():
    statements = {s["Sid"]: s for s in whole("front")["aws_s3_bucket_policy.files"]["policy"]["Statement"]}
    ages = {sid: statements[sid]["Condition"]["NumericGreaterThan"]["s3:signatureAge"] for sid in ("NoFormOutlivesItsLife", "NoLinkUrlOutlivesItsLife")}
    assert ages == {"NoFormOutlivesItsLife": "600000", "NoLinkUrlOutlivesItsLife": "300000"}


@pytest.mark.parametrize("run", RUNS)
def test_abandoned_parts_and_bare_markers_end_and_nothing_else_does(run):
    rules = {r["id"]: r for r in whole(run)["aws_s3_bucket_lifecycle_configuration.files"]["rule"]}
    assert {name: set(r) for name, r in rules.items()} == {
        "abandoned-multipart-uploads": {"id", "status", "filter", "abort_incomplete_multipart_upload"},
        "delete-markers-without-versions": {"id", "status", "filter", "expiration"},
    }
    assert all(r["status"] == "Enabled" and r["filter"] == [{}] for r in rules.values())
    days = 7 if run == "all_options" else 2
    assert rules["abandoned-multipart-uploads"]["abort_incomplete_multipart_upload"] == [{"days_after_initiation": days}]
    assert rules["delete-markers-without-versions"]["expiration"] == [{"expired_object_delete_marker": True}]


@pytest.mark.parametrize("run", RUNS)
def test_a_browser_of_a_named_origin_or_of_the_apis_own_reads_what_an_upload_answers(run):
    rule, _ = of(run, "aws_s3_bucket_cors_configuration")["files"]["cors_rule"]
    own = "https://files.example.com" if run == "front" else "https://api1.execute-api.us-east-1.amazonaws.com"
    assert set(rule["allowed_origins"]) == {"https://app.example.com", own}
    assert {"ETag", "Location"} <= set(rule["expose_headers"]) and {"POST", "PUT", "GET"} <= set(rule["allowed_methods"])


@pytest.mark.parametrize("run", RUNS)
def test_every_page_may_read_and_do_nothing_else(run):
    """The origin of a request that was redirected from another origin than the page's is "null"."""
    *_, rule = of(run, "aws_s3_bucket_cors_configuration")["files"]["cors_rule"]
    assert rule["allowed_origins"] == ["*"] and set(rule["allowed_methods"]) == {"GET", "HEAD"}
    assert "expose_headers" not in rule and "range" in rule["allowed_headers"]


def test_a_bucket_with_files_stays_unless_asked_and_its_log_goes_where_that_is_asked():
    assert whole("plain")["aws_s3_bucket.files"]["force_destroy"] is False
    assert whole("all_options")["aws_s3_bucket.files"]["force_destroy"] is True
    logging = whole("all_options")["aws_s3_bucket_logging.files[0]"]
    assert logging == {"bucket": BUCKET, "target_bucket": "my-logs", "target_prefix": "files/"}


@pytest.mark.parametrize("run", RUNS)
def test_the_table_has_ttl_point_in_time_recovery_encryption_a_stream_and_its_indexes(run):
    table = whole(run)["aws_dynamodb_table.main"]
    assert table["ttl"] == [{"attribute_name": "ttl", "enabled": True}]
    assert table["point_in_time_recovery"] == [{"enabled": True}]
    assert table["server_side_encryption"] == [{"enabled": True, "kms_key_arn": key(run, "operations")}]
    assert table["stream_enabled"] is True and table["stream_view_type"] == "NEW_AND_OLD_IMAGES"
    assert table["billing_mode"] == "PAY_PER_REQUEST" and table["hash_key"] == "pk"
    assert {i["name"]: (i["hash_key"], i["range_key"], i["projection_type"]) for i in table["global_secondary_index"]} == {
        "links_by_owner": ("owner", "linked_at", "ALL"),
        "links_by_upload": ("upload_id", "linked_at", "ALL"),
        "uploads_by_owner": ("owner", "uploaded_at", "ALL"),
        "uploads_unfinished": ("unfinished", "unfinished_since", "ALL"),
    }


def test_a_stack_is_protected_unless_its_operator_says_otherwise():
    """Reads the sources, because the runs switch the protection off to destroy their resources."""
    for file in ("table.tf", "protection.tf"):
        table = (MODULE / file).read_text(encoding="utf-8")
        assert re.search(r"^  deletion_protection_enabled = var\.deletion_protection$", table, re.MULTILINE), file
    variable = (MODULE / "variables.tf").read_text(encoding="utf-8").split('variable "deletion_protection"', 1)[1].split("\n}", 1)[0]
    assert re.search(r"^  default += true$", variable, re.MULTILINE)


@pytest.mark.parametrize("run", RUNS)
def test_keys_rotate_or_are_hmac_keys_and_have_a_deletion_window(run):
    keys = {name.removesuffix("[0]"): one for name, one in of(run, "aws_kms_key").items()}
    made = set() if run == "own_keys" else {"files", "operations"}
    assert made | {'links["1"]', 'upload_tokens["1"]'} <= set(keys)
    for name, one in keys.items():
        assert one["deletion_window_in_days"] == (7 if run == "all_options" else 30), name
        if name in made:
            assert one["enable_key_rotation"] is True, name
        else:
            assert (one["key_usage"], one["customer_master_key_spec"]) == ("GENERATE_VERIFY_MAC", "HMAC_256"), name
    ids = {re.sub(r"\W+", "-", name.replace("_", "-")).strip("-") for name in keys}
    aliases = {a["name"].removeprefix("alias/postern-"): a["target_key_id"] for a in of(run, "aws_kms_alias").values()}
    assert aliases == {one: one for one in ids}


@pytest.mark.parametrize("run", RUNS)
def test_each_log_is_encrypted_and_has_a_retention(run):
    groups = of(run, "aws_cloudwatch_log_group")
    functions = {f["function_name"]: f for f in of(run, "aws_lambda_function").values()}
    assert {g["name"] for g in groups.values()} == {f"/aws/lambda/{name}" for name in functions} | {"/aws/vendedlogs/postern/api"}
    for name, group in groups.items():
        assert group["kms_key_id"] == key(run, "operations"), name
        assert group["retention_in_days"] == (365 if run == "all_options" else 90), name
    for name, function in functions.items():
        assert function["logging_config"] == [{"log_format": "JSON", "log_group": f"/aws/lambda/{name}"}]


@pytest.mark.parametrize("run", ("cloudfront", "webhook", "all_options", "own_keys"))
def test_each_secret_is_encrypted_under_the_operations_key_and_can_be_recovered(run):
    secrets = of(run, "aws_secretsmanager_secret")
    assert secrets
    for name, secret in secrets.items():
        assert secret["kms_key_id"] == key(run, "operations") and secret["recovery_window_in_days"] == 7, name
        assert "name" not in secret and secret["name_prefix"].endswith("-"), name
