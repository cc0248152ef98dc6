"""Tests the settings of each function, and the values of its environment variables, which come from the stack or
from its options. A test in Rust (`described_tests.rs`) checks that a function reads exactly these variables."""

from __future__ import annotations

import json
import re

import pytest
from emitted import FUNCTIONS, ROOT, sources
from rendered import MODULE
from wiring import RUNS, WEBHOOK_RUNS, key, of

DESCRIPTION = json.loads((MODULE / "description.json").read_text(encoding="utf-8"))
KEY = "arn:aws:kms:us-east-1:111122223333:key/"
ROLE = "arn:aws:iam::111122223333:role/postern-us-east-1-"
QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/111122223333/postern-"
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:postern/"

# For each coordinate of description.json: its value without options (`plain`), and its other values by run.
VALUES: dict[str, dict[str, str]] = {
    "allowed_types": {"plain": "*/*", "all_options": "image/*,application/pdf"},
    "brand": {"plain": "none", "all_options": '{"color":"#0b57d0","logo_url":"https://cdn.example.com/logo.png","name":"Example"}'},
    "bucket_name": {"plain": "postern-files-111122223333-us-east-1"},
    "cloudfront_domain": {"plain": "", "cloudfront": "cdn.example.com", "all_options": "d111111abcdef8.cloudfront.net", "own_keys": "d111111abcdef8.cloudfront.net"},
    "cloudfront_key_pair_id": {"plain": "", "cloudfront": "KEYA", "all_options": "KEYA", "own_keys": "KEYA"},
    "cloudfront_secret_arn": {"plain": ""} | dict.fromkeys(("cloudfront", "all_options", "own_keys"), f"{SECRET}cloudfront/a-AbCdEf"),
    "cloudfront_window_s": {"plain": "30", "front": "45"},
    "content_scan": {"plain": "off", "scanned": "required"},
    "download_signer_role_arn": {"plain": f"{ROLE}download-signer"},
    "files_key_arn": {"plain": f"{KEY}files", "own_keys": key("own_keys", "files")},
    "form_ttl_s": {"plain": "900", "front": "600"},
    "link_base_url": {"plain": "https://api1.execute-api.us-east-1.amazonaws.com", "front": "https://files.example.com"},
    "link_check_object": {"plain": "false", "all_options": "true"},
    "link_page": {"plain": "auto", "all_options": "always"},
    "link_keys": {"plain": f"1={KEY}links-1", "all_options": f"1={KEY}links-1,2={KEY}links-2"},
    "link_track": {"plain": "false", "all_options": "true"},
    "link_url_ttl_max_s": {"plain": "900", "front": "300"},
    "link_url_ttl_s": {"plain": "60", "front": "90"},
    "max_image_pixels": {"plain": "0", "all_options": "100000000"},
    "max_size_bytes": {"plain": "1073741824", "all_options": "5000000000000"},
    "owner_bytes_per_day": {"plain": "none", "all_options": "1000000000"},
    "owner_claim": {"plain": "sub", "all_options": "tenant"},
    "owner_pending_uploads": {"plain": "none", "all_options": "10"},
    "redirect_origins": {"plain": "none", "all_options": "https://app.example.com"},
    "signer_session_s": {"plain": "3600", "front": "1800"},
    "table_name": {"plain": "postern"},
    "track_network": {"plain": "none", "all_options": "prefix"},
    "upload_signer_role_arn": {"plain": f"{ROLE}upload-signer"},
    "upload_token_keys": {"plain": f"1={KEY}upload-tokens-1", "all_options": f"1={KEY}upload-tokens-1,2={KEY}upload-tokens-2"},
    "viewer_header": {"plain": "", "front": "cloudfront-viewer-address"},
    "webhook_dead_letter_queue_url": {"plain": f"{QUEUE_URL}webhook-dead"},
    "webhook_queue_url": {"plain": f"{QUEUE_URL}webhook"},
    "webhook_secret_arn": {"plain": f"{SECRET}webhook-a-AbCdEf"},
    "webhook_url": {"plain": "https://app.example.com/hooks"},
}


def functions(run: str) -> dict[str, dict]:
    return {address[6:-2]: values for address, values in of(run, "aws_lambda_function").items()}


@pytest.mark.parametrize("run", RUNS)
def test_each_variable_has_the_value_of_the_stack_or_of_its_option(run):
    for name, function in functions(run).items():
        asked = DESCRIPTION["functions"][name]["environment"]
        expected = {variable: VALUES[c].get(run, VALUES[c]["plain"]) for variable, c in asked.items()}
        assert function["environment"] == [{"variables": expected}], name


def test_no_function_reads_its_environment_beside_its_configuration():
    """The sources may read only a variable that Lambda sets, and the variables of the configuration (`name`)."""
    texts = {path: text for name in FUNCTIONS for path, text in sources(ROOT / "functions" / name).items()}
    read = {variable for text in texts.values() for variable in re.findall(r'env::var(?:_os)?\(([^)]*)\)', text)}
    assert read == {'"AWS_LAMBDA_FUNCTION_NAME"', "name"}


@pytest.mark.parametrize("run", RUNS)
def test_each_function_runs_as_its_own_role_for_as_long_as_the_description_says(run):
    there = functions(run)
    assert set(there) == set(FUNCTIONS) - (set() if run in WEBHOOK_RUNS else {"send-webhook"})
    for name, function in there.items():
        assert function["role"] == ROLE + name and function["function_name"] == f"postern-{name}"
        assert function["timeout"] == DESCRIPTION["functions"][name]["timeout_s"]
        assert (function["runtime"], function["handler"]) == ("provided.al2023", "bootstrap")
        package = function.get("filename") or (function["s3_bucket"], function["s3_key"], function["s3_object_version"])
        from_s3 = run == "all_options" and name == "record-upload"
        assert package == (("my-packages", "record-upload.zip", "abc") if from_s3 else "tests/fixtures/package.zip"), name
        # Without the hash of the package, Terraform would not deploy a changed package.
        assert function["source_code_hash"].startswith("47DEQpj8" if from_s3 else "Uh0dDIzF"), name
        assert function.get("tracing_config") == ([{"mode": "Active"}] if run == "all_options" else None), name


def test_memory_and_concurrency_are_what_was_asked():
    asked = functions("all_options")
    assert {name: f["reserved_concurrent_executions"] for name, f in asked.items()} == {name: 20 if name == "serve-link" else -1 for name in FUNCTIONS}
    assert asked["record-upload"]["memory_size"] == 1024
    assert {name: f["memory_size"] for name, f in functions("webhook").items()} == {name: 512 if name == "record-upload" else 256 for name in FUNCTIONS}


def test_each_role_has_the_boundary_that_was_named():
    boundary = "arn:aws:iam::111122223333:policy/boundary"
    assert {name: r.get("permissions_boundary") for name, r in of("all_options", "aws_iam_role").items()} == dict.fromkeys(of("all_options", "aws_iam_role"), boundary)
    assert {r.get("permissions_boundary") for r in of("plain", "aws_iam_role").values()} == {None}


@pytest.mark.parametrize("run", RUNS)
def test_each_policy_belongs_to_the_role_that_its_name_says(run):
    for address, policy in of(run, "aws_iam_role_policy").items():
        kind = re.sub(r"\[.*", "", address)
        owner = {
            "function_logs": re.sub(r'.*\["|"\]', "", address),
            "pipe": "app-events",
            "serve_link_cloudfront": "serve-link",
        }.get(kind, kind.replace("_", "-"))
        assert policy["role"] == f"postern-us-east-1-{owner}", address
