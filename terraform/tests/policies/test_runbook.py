"""Tests that docs/runbook.md has a section for each alarm, with its real condition, and the text of each saved query.

The commands name only what the module makes, and the queries only fields that a function, Lambda or the API logs.
"""

from __future__ import annotations

import re
from functools import cache

import wiring
from emitted import ROOT, sources
from rendered import MODULE
from test_metrics import alarms

PAGE = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")

# What CloudWatch takes:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
LONGEST_DESCRIPTION = 1024

PARTS = ("\nCondition: ", "\n**Means.** ", "\n**Users see.** ", "\n**Find the cause.**", "\n**Mend it.**", "\n**It is mended when** ")

# What Lambda writes itself, as JSON: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
OF_LAMBDA = {"type", "record.status", "record.errorType", "record.requestId", "record.metrics.durationMs", "record.metrics.initDurationMs", "record.metrics.maxMemoryUsedMB"}
OF_LOGS = {"@timestamp", "@log", "@message"}
WORDS_OF_QUERIES = set(
    "fields filter sort limit stats asc desc by as and or in like count sum max earliest pct bin coalesce".split()
)


def sections() -> dict[str, str]:
    """Returns the section of each alarm by its heading, which is its anchor too."""
    part = PAGE.split("\n## Alarms\n", 1)[1].split("\n## ", 1)[0]
    return dict(re.findall(r"^### (\S+)\n(.*?)(?=^### |\Z)", part, re.MULTILINE | re.DOTALL))


@cache
def all_alarms() -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for run in wiring.RUNS:
        for name, alarm in alarms(run).items():
            found.setdefault(name, []).append(alarm)
    return found


def condition(alarm: dict) -> str:
    """Returns the condition of an alarm as its section must state it."""
    metric = f"`{alarm['namespace']}` `{alarm['metric_name']}`, {alarm['statistic'].lower()} of {alarm['period'] // 60} minutes"
    if alarm["comparison_operator"] == "LessThanThreshold":
        return f"{metric} < {alarm['threshold']}, {alarm['evaluation_periods']} times in a row, or no data"
    unit = {"ApproximateAgeOfOldestMessage": " seconds", "IteratorAge": " milliseconds"}.get(alarm["metric_name"], "")
    return f"{metric} ≥ {alarm['threshold']}{unit}"


def test_the_dashboard_links_the_console_and_names_every_saved_query():
    for run in wiring.RUNS:
        whole = wiring.whole(run)
        names = [re.search(r'"(.*)"', address)[1] for address in whole if address.startswith("aws_cloudwatch_query_definition.main[")]
        boards = [board["dashboard_body"] for address, board in whole.items() if address.startswith("aws_cloudwatch_dashboard.")]
        for board in boards:
            texts = [widget["properties"].get("markdown", "") for widget in board["widgets"]]
            linked = [text for text in texts if "#logsV2:logs-insights" in text]
            assert len(linked) == (1 if names else 0), run
            assert all(re.search(rf"[ ,]{name}[,.]", linked[0]) for name in names), run


def test_no_alarm_lacks_a_section_and_no_section_lacks_an_alarm():
    names = re.search(r"alarm_short_names = \[(.*?)\]", (MODULE / "watching.tf").read_text(encoding="utf-8"), re.DOTALL)[1]
    assert sorted(sections()) == sorted(all_alarms()) == re.findall(r'"([^"]+)"', names)


def test_each_section_has_every_part_in_order_and_the_real_condition():
    assert len(sections()) > 30
    thresholds = dict(re.findall(r"^ +(\w+) += optional\(number, (\d+)\)$", (MODULE / "variables.tf").read_text(encoding="utf-8"), re.MULTILINE))
    for name, text in sections().items():
        places = [text.find(part) for part in PARTS]
        assert -1 not in places and places == sorted(places), name
        plain = alarms("plain" if name in alarms("plain") else "webhook" if name in alarms("webhook") else "scanned")[name]
        said = re.search(r"^Condition: (.*?)(?: \(`alarm_thresholds\.(\w+)`\))?\.$", text, re.MULTILINE)
        assert said and said[1] == condition(plain), name
        scale = 1000 if plain["metric_name"] == "IteratorAge" else 1
        assert said[2] is None or int(thresholds[said[2]]) * scale == plain["threshold"], name


def test_each_alarm_names_its_section_and_cloudwatch_takes_its_description():
    for name, of_runs in all_alarms().items():
        for alarm in of_runs:
            assert alarm["alarm_description"].endswith(f" docs/runbook.md#{name}"), name
            assert len(alarm["alarm_description"]) <= LONGEST_DESCRIPTION, name


def saved() -> list[tuple[str, dict]]:
    """Returns the name and the arguments of each saved query, of every run."""
    prefix = 'aws_cloudwatch_query_definition.main["'
    return [(a.removeprefix(prefix).removesuffix('"]'), v) for run in wiring.RUNS for a, v in wiring.whole(run).items() if a.startswith(prefix)]


def test_each_saved_query_is_in_the_runbook_word_for_word():
    written = dict(re.findall(r"^<!-- query: ([\w-]+) -->\n```\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL))
    assert written.keys() == {name for name, _ in saved()}
    run = set(re.findall(r"(?:^ *|`)(?:HOURS=\d+ )?saved ([a-z][a-z-]*)", PAGE, re.MULTILINE))
    assert len(run) > 10 and run <= written.keys()
    for name, query in saved():
        assert query["query_string"] == written[name], name
        assert query["name"] == f"postern/{name}"
        assert query["log_group_names"] and set(query["log_group_names"]) <= log_groups()


@cache
def log_groups() -> set[str]:
    return {v["name"] for run in wiring.RUNS for a, v in wiring.whole(run).items() if a.startswith("aws_cloudwatch_log_group.")}


@cache
def logged() -> tuple[set[str], set[str]]:
    """Returns the fields and the messages of every log line, from the Rust sources and the access log's format."""
    texts = "\n".join("\n".join(sources(ROOT / folder).values()) for folder in ("functions", "shared"))
    lines = [_in_parentheses(rest) for rest in re.split(r"tracing::(?:info|warn|error)!\(", texts)[1:]]
    assert len(lines) > 20
    fields = {word for line in lines for word in re.findall(r"(?:^|[,(\s])(\w+)(?= =|,)", line)}
    spans = {f"span.{name}" for name in re.findall(r"(\w+) = Empty", texts)}
    access = set(re.findall(r"^ +(\w+) += \"\$context", (MODULE / "api.tf").read_text(encoding="utf-8"), re.MULTILINE))
    assert spans and access
    messages = {message for line in lines for message in re.findall(r'"([^"]+)"', line)}
    return fields | spans | access | {"level", "message"}, messages


def _in_parentheses(text: str) -> str:
    """Returns the arguments of a macro. The parentheses in the texts of our macros come in pairs."""
    depth = 1
    for at, sign in enumerate(text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return text[:at]
    raise AssertionError("a macro does not end")


def test_a_query_uses_fields_and_texts_that_are_logged():
    known, messages = logged()
    assert len(saved()) > 10
    for name, query in saved():
        text = query["query_string"]
        assert set(re.findall(r'message = "([^"]+)"', text)) <= messages, name
        own = set(re.findall(r" as (\w+)", text))
        names = set(re.findall(r"@?[A-Za-z_][\w.]*", re.sub(r'"[^"]*"', "", text)))
        assert names - own - WORDS_OF_QUERIES - OF_LAMBDA - OF_LOGS - known == set(), name


def test_the_commands_name_only_what_the_module_makes():
    made = set()
    for run in wiring.RUNS:
        for values in wiring.whole(run).values():
            made |= {values[key] for key in ("name", "function_name", "alarm_name") if isinstance(values.get(key), str)}
    # The region of a role's name stands in a variable of the shell.
    made |= {name.replace("us-east-1", "$AWS_REGION") for name in made}
    blocks = re.findall(r"```sh\n(.*?)```|`([^`\n]+)`", PAGE, re.DOTALL)
    text = "\n".join(one or other for one, other in blocks)
    # A name that ends in a variable or in a hyphen is the beginning of several names.
    named = {name for name in re.findall(r'(?<![\w/])(?:alias/|/aws/lambda/|/aws/vendedlogs/)?postern[-/][\w$/-]*[\w]', text) if not name.endswith(("-$1", "-$F", "/$1"))}
    named -= {"postern-cli", "alias/postern-links", "alias/postern-upload-tokens", "postern-upload", "/aws/vendedlogs/postern"}
    assert len(named) > 15
    assert sorted(name for name in named if name not in made) == []
