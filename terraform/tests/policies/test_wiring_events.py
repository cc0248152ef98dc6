"""Rules for the settings of queues, streams, the pipe and the schedule: a failed message is not lost, and it does
not make other messages run again."""

from __future__ import annotations

import json

import pytest
from rendered import MODULE
from wiring import RUNS, WEBHOOK_RUNS, of, whole

DESCRIPTION = json.loads((MODULE / "description.json").read_text(encoding="utf-8"))
FOURTEEN_DAYS = 14 * 24 * 3600
QUEUE = "arn:aws:sqs:us-east-1:111122223333:"
TABLE_STREAM = "arn:aws:dynamodb:us-east-1:111122223333:table/postern/stream/2026-01-01T00:00:00.000"


@pytest.mark.parametrize("run", RUNS)
def test_each_queue_has_a_queue_for_dead_letters_that_keeps_them_as_long_as_sqs_can(run):
    queues = {q["name"]: q for q in of(run, "aws_sqs_queue").values()}
    for name, queue in queues.items():
        assert queue["sqs_managed_sse_enabled"] is True, name
        if name.endswith("-dead"):
            assert queue["message_retention_seconds"] == FOURTEEN_DAYS, name
        else:
            assert queue["redrive_policy"]["deadLetterTargetArn"] == f"{QUEUE}{name}-dead", name
            assert queue["redrive_policy"]["maxReceiveCount"] >= 5, name
            assert f"{name}-dead" in queues


@pytest.mark.parametrize("run", RUNS)
def test_a_dead_letter_queue_accepts_messages_of_its_own_queue_only(run):
    allowed = of(run, "aws_sqs_queue_redrive_allow_policy")
    assert len(allowed) == (2 if run in WEBHOOK_RUNS else 1)
    for allow in allowed.values():
        source = allow["queue_url"].rsplit("/", 1)[1].removesuffix("-dead")
        assert allow["redrive_allow_policy"] == {"redrivePermission": "byQueue", "sourceQueueArns": [QUEUE + source]}


@pytest.mark.parametrize("run", RUNS)
def test_a_function_that_takes_batches_says_which_messages_failed(run):
    mappings = of(run, "aws_lambda_event_source_mapping")
    assert len(mappings) == (3 if run in WEBHOOK_RUNS else 2)
    for name, mapping in mappings.items():
        assert mapping["function_response_types"] == ["ReportBatchItemFailures"], name
        assert mapping.get("enabled", True) is True, name


@pytest.mark.parametrize("run", RUNS)
def test_a_message_stays_hidden_while_a_function_handles_it(run):
    """AWS recommends six times the timeout of the function, plus the batch window."""
    queues = {QUEUE + q["name"]: q for q in of(run, "aws_sqs_queue").values()}
    functions = {f["function_name"]: f for f in of(run, "aws_lambda_function").values()}
    for name, mapping in of(run, "aws_lambda_event_source_mapping").items():
        if mapping["event_source_arn"] in queues:
            timeout_s = functions[mapping["function_name"].rsplit(":", 1)[1]]["timeout"]
            least = 6 * timeout_s + mapping.get("maximum_batching_window_in_seconds", 0)
            assert queues[mapping["event_source_arn"]]["visibility_timeout_seconds"] >= least, name


@pytest.mark.parametrize("run", RUNS)
def test_the_recorder_reads_the_stream_for_deleted_uploads_and_failures_go_to_a_queue(run):
    mapping = whole(run)["aws_lambda_event_source_mapping.removals"]
    assert mapping["event_source_arn"] == TABLE_STREAM
    assert mapping["function_name"].endswith(":postern-record-upload")
    assert mapping["destination_config"] == [{"on_failure": [{"destination_arn": f"{QUEUE}postern-removals-dead"}]}]
    assert mapping["bisect_batch_on_function_error"] is True
    assert 1 <= mapping["maximum_retry_attempts"] <= 100
    assert mapping["starting_position"] == "TRIM_HORIZON"
    ((one,),) = (criteria["filter"] for criteria in mapping["filter_criteria"])
    assert one["pattern"]["dynamodb"] == {"Keys": {"pk": {"S": [{"prefix": "UPLOAD#"}]}}, "NewImage": {"state": {"S": ["deleting"]}}}


@pytest.mark.parametrize("run", RUNS)
def test_the_bucket_reports_what_came_and_what_was_marked_below_uploads(run):
    notification = whole(run)["aws_s3_bucket_notification.files"]
    (queue,) = notification["queue"]
    assert set(queue["events"]) == {"s3:ObjectCreated:*", "s3:ObjectRemoved:Delete", "s3:LifecycleExpiration:Delete"}
    assert queue["filter_prefix"] == "uploads/" and "filter_suffix" not in queue
    assert queue["queue_arn"] == f"{QUEUE}postern-uploads"
    assert notification["eventbridge"] is (run in ("scanned", "webhook", "all_options", "own_keys"))
    uploads = whole(run)["aws_lambda_event_source_mapping.uploads"]
    assert uploads["event_source_arn"] == queue["queue_arn"] and uploads["function_name"].endswith(":postern-record-upload")


@pytest.mark.parametrize("run", RUNS)
def test_the_recorder_is_called_every_hour_and_a_run_that_fails_is_kept(run):
    schedule = whole(run)["aws_scheduler_schedule.tidy"]
    (target,) = schedule["target"]
    assert schedule.get("state", "ENABLED") == "ENABLED" and schedule["schedule_expression"] == "rate(1 hour)"
    assert target["arn"].endswith(":function:postern-record-upload") and target["input"] == {"task": "tidy"}
    assert target["role_arn"].endswith("-schedule")
    assert target["dead_letter_config"] == [{"arn": f"{QUEUE}postern-tidy-dead"}]
    # After an hour, the next call does the same work, so no retry is needed.
    assert 0 < target["retry_policy"][0]["maximum_event_age_in_seconds"] <= 3600
    config = whole(run)["aws_lambda_function_event_invoke_config.recorder"]
    assert config["function_name"] == "postern-record-upload"
    assert config["destination_config"] == [{"on_failure": [{"destination": f"{QUEUE}postern-tidy-dead"}]}]
    assert config["maximum_retry_attempts"] == 2 and config["maximum_event_age_in_seconds"] <= 3600


@pytest.mark.parametrize("run", RUNS)
def test_the_pipe_sends_changes_of_the_table_to_the_bus_and_failures_to_a_queue(run):
    pipe = whole(run)["aws_pipes_pipe.app[0]"]
    (source,) = pipe["source_parameters"]
    (stream,) = source["dynamodb_stream_parameters"]
    assert pipe.get("desired_state", "RUNNING") == "RUNNING"
    assert pipe["source"] == TABLE_STREAM and pipe["target"].endswith(":event-bus/postern")
    assert stream["dead_letter_config"] == [{"arn": f"{QUEUE}postern-app-events-dead"}]
    assert stream["on_partial_batch_item_failure"] == "AUTOMATIC_BISECT"
    assert 1 <= stream["maximum_retry_attempts"] <= 100
    # Without a filter, the pipe would make an event of every write. A pipe can have five filters.
    assert len(source["filter_criteria"][0]["filter"]) == 2
    # AWS allows a pattern at most 4,096 characters.
    assert all(len(json.dumps(one["pattern"])) < 4096 for one in source["filter_criteria"][0]["filter"])


def test_results_of_scans_of_our_bucket_come_to_the_recorder():
    run = whole("scanned")
    rule, target = run["aws_cloudwatch_event_rule.scans[0]"], run["aws_cloudwatch_event_target.scans[0]"]
    assert rule.get("state", "ENABLED") == "ENABLED" and "event_bus_name" not in rule
    assert rule["event_pattern"] == {
        "source": ["aws.guardduty"],
        "detail-type": ["GuardDuty Malware Protection Object Scan Result"],
        "detail": {"s3ObjectDetails": {"bucketName": ["postern-files-111122223333-us-east-1"]}},
    }
    assert target["rule"] == rule["name"] and target["arn"] == f"{QUEUE}postern-uploads"


@pytest.mark.parametrize("run", WEBHOOK_RUNS)
def test_the_webhook_has_its_events_and_loses_none(run):
    there = whole(run)
    rule, target, mapping = (
        there[a] for a in ("aws_cloudwatch_event_rule.webhook[0]", "aws_cloudwatch_event_target.webhook[0]", "aws_lambda_event_source_mapping.webhook[0]")
    )
    asked = ["Upload Available"] if run == "webhook" else sorted(i["announces"]["M"]["type"]["S"][0] for f in _pipe_filters(run) for i in f["pattern"]["dynamodb"]["NewImage"]["$or"])
    assert rule.get("state", "ENABLED") == "ENABLED" and rule["event_bus_name"] == target["event_bus_name"] == "postern"
    assert rule["event_pattern"] == {"source": ["postern"], "detail-type": asked}
    assert target["rule"] == rule["name"] and target["arn"] == f"{QUEUE}postern-webhook" and "input_path" not in target
    assert target["dead_letter_config"] == [{"arn": f"{QUEUE}postern-webhook-dead"}]
    assert mapping["event_source_arn"] == f"{QUEUE}postern-webhook" and mapping["function_name"].endswith(":postern-send-webhook")
    assert mapping["scaling_config"] == [{"maximum_concurrency": 5 if run == "all_options" else 2}]


def _pipe_filters(run: str) -> list[dict]:
    return whole(run)["aws_pipes_pipe.app[0]"]["source_parameters"][0]["filter_criteria"][0]["filter"]


def test_the_recorders_concurrency_is_bounded_where_that_is_asked():
    assert "scaling_config" not in whole("plain")["aws_lambda_event_source_mapping.uploads"]
    assert whole("all_options")["aws_lambda_event_source_mapping.uploads"]["scaling_config"] == [{"maximum_concurrency": 5}]
