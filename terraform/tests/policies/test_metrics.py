"""Tests that the metrics of the alarms and of the dashboard exist: a function emits them, or AWS documents them.

AWS accepts an alarm on a metric that does not exist, and such an alarm never goes off.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import wiring
from emitted import ROOT, emitted, vocabulary

DOCUMENTED = json.loads((Path(__file__).parent / "aws_metrics.json").read_text(encoding="utf-8"))


def alarms(run: str) -> dict[str, dict]:
    prefix = 'aws_cloudwatch_metric_alarm.main["'
    return {a.removeprefix(prefix).removesuffix('"]'): v for a, v in wiring.whole(run).items() if a.startswith(prefix)}


def names(run: str, kind: str, attribute: str) -> set[str]:
    return {v[attribute] for a, v in wiring.whole(run).items() if a.startswith(kind + ".")}


def graphed(run: str) -> list[tuple]:
    """Returns the namespace, the name and the dimensions of each metric on the dashboard."""
    found = []
    for board in [v for a, v in wiring.whole(run).items() if a.startswith("aws_cloudwatch_dashboard.")]:
        for widget in board["dashboard_body"]["widgets"]:
            for metric in widget["properties"].get("metrics", []):
                parts = [part for part in metric if isinstance(part, str)]
                if parts:
                    found.append((parts[0], parts[1], dict(zip(parts[2::2], parts[3::2], strict=True))))
                else:
                    found += _searched(metric[0]["expression"])
    return found


def _searched(expression: str) -> list[tuple]:
    """Returns the metric of a search, with its namespace and the dimensions for which the search gives a value."""
    namespace, *keys = re.search(r"\{([^}]*)\}", expression)[1].split(",")
    given = dict(re.findall(r'(\w+)="([^"]*)"', expression))
    return [(namespace, given["MetricName"], {key: given[key] for key in keys if key in given})]


def missing(run: str, namespace: str, metric: str, dimensions: dict[str, str]) -> str | None:
    """Returns the reason why there is no such metric, or None if there is one."""
    spelled, own, dimension = vocabulary()
    if namespace == own:
        functions = {f"postern-{name}" for name in emitted().get(metric, ())} & names(run, "aws_lambda_function", "function_name")
        if metric not in spelled:
            return f"no function counts {metric}"
        if set(dimensions) != {dimension} or dimensions[dimension] not in functions:
            return f"{metric} is emitted by {sorted(functions)} under {dimension}, not under {dimensions}"
        return None
    if namespace not in DOCUMENTED:
        return f"aws_metrics.json has no namespace {namespace}"
    known = DOCUMENTED[namespace]
    if metric not in known["metrics"] or sorted(dimensions) not in known["dimensions"]:
        return f"{known['page']} has no {metric} under {sorted(dimensions)}"
    there = {
        "QueueName": names(run, "aws_sqs_queue", "name"),
        "FunctionName": names(run, "aws_lambda_function", "function_name"),
        "ApiId": names(run, "aws_apigatewayv2_stage", "api_id"),
    }
    strange = {k: v for k, v in dimensions.items() if k in there and v not in there[k]}
    return f"the stack has no {strange}" if strange else None


@pytest.mark.parametrize("run", wiring.RUNS)
def test_each_alarm_watches_a_metric_that_exists(run):
    wrong = {name: missing(run, a["namespace"], a["metric_name"], a["dimensions"]) for name, a in alarms(run).items()}
    assert {name: why for name, why in wrong.items() if why} == {}


@pytest.mark.parametrize("run", wiring.RUNS)
def test_each_graph_shows_a_metric_that_exists(run):
    assert len(graphed(run)) > 20
    wrong = [why for namespace, metric, dimensions in graphed(run) if (why := missing(run, namespace, metric, dimensions))]
    assert wrong == []


@pytest.mark.parametrize("run", wiring.RUNS)
def test_each_alarm_has_the_statistic_and_the_comparison_of_its_kind(run):
    """An alarm on a count uses the sum, and an alarm on an age or a level the maximum. Missing data is not a fault,
    except for the alarm that watches the hourly run."""
    levels = {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible", "IteratorAge"}
    for name, alarm in alarms(run).items():
        assert alarm["statistic"] == ("Maximum" if alarm["metric_name"] in levels else "Sum"), name
        told = (alarm["comparison_operator"], alarm["treat_missing_data"], alarm["period"], alarm["evaluation_periods"])
        if name == "tidy-missing":
            assert told == ("LessThanThreshold", "breaching", 3600, 3)
        else:
            assert told == ("GreaterThanOrEqualToThreshold", "notBreaching", 300, 1), name
        assert alarm["threshold"] >= 1, name


def test_an_alarm_on_what_must_never_happen_has_a_threshold_of_one():
    for name, alarm in alarms("all_options").items():
        if name.startswith("dead-") or alarm["metric_name"] in {"OrphanedVersions", "UnreadableItems", "VanishedVersions", "ThreatsInPinned", "FailedScans"}:
            assert alarm["threshold"] == 1, name


@pytest.mark.parametrize("run", wiring.RUNS)
def test_each_queue_for_dead_letters_and_each_function_has_its_alarms(run):
    watched = {(a["namespace"], a["metric_name"], *a["dimensions"].values()) for a in alarms(run).values()}
    dead = {name for name in names(run, "aws_sqs_queue", "name") if name.endswith("-dead")}
    functions = names(run, "aws_lambda_function", "function_name")
    assert len(dead) >= 3 and len(functions) >= 3
    needed = {("AWS/SQS", "ApproximateNumberOfMessagesVisible", name) for name in dead}
    needed |= {("AWS/Lambda", metric, name) for metric in ("Errors", "Throttles") for name in functions}
    needed |= {("AWS/SQS", "ApproximateAgeOfOldestMessage", "postern-uploads"), ("AWS/Lambda", "IteratorAge", "postern-record-upload")}
    needed |= {("AWS/ApiGateway", "5xx", api) for api in names(run, "aws_apigatewayv2_stage", "api_id")}
    assert needed - watched == set()


@pytest.mark.parametrize("run", ("plain", "webhook"))
def test_an_alarm_goes_off_at_its_documented_figure(run):
    """These are the defaults in the description of alarm_thresholds. The lag of the stream is in milliseconds."""
    figures = {
        "api-server-errors": 5,
        "failed-webhooks": 10,
        "forged-tokens": 50,
        "oldest-event": 900,
        "rejected-uploads": 25,
        "stream-lag": 3600 * 1000,
        "surplus-versions": 10,
    }
    assert {name: a["threshold"] for name, a in alarms(run).items()} == {name: figures.get(name, 1) for name in alarms(run)}


def test_every_alarm_notifies_the_topic_when_it_begins_and_when_it_ends():
    """In this run, one alarm has its own actions and threshold."""
    topic = "arn:aws:sns:us-east-1:111122223333:"
    told = {name: (a.get("alarm_actions"), a.get("ok_actions")) for name, a in alarms("all_options").items()}
    own = {"forged-tokens": "security"}
    assert told == {name: ([topic + own.get(name, "alarms")],) * 2 for name in told}
    assert alarms("all_options")["forged-tokens"]["threshold"] == 7


def test_the_documents_list_the_functions_and_the_alarms_of_every_metric():
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| \w+ \| ([\w, -]+) \|.*\| (?:`([\w`, -]+)` )?\|$", page, re.MULTILINE)
    assert {name: set(functions.split(", ")) for name, functions, _ in rows} == emitted()
    own, there = vocabulary()[1], {}
    for name, alarm in [found for run in wiring.RUNS for found in alarms(run).items()]:
        if alarm["namespace"] == own:
            there.setdefault(alarm["metric_name"], set()).add(name)
    assert {name: set(told.split("`, `")) for name, _, told in rows if told} == there
