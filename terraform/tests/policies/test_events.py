"""Tests which events the pipe makes of records of the table's stream.

The local AWS does not deliver from a pipe to a bus. So this file implements the rules of EventBridge Pipes, and
applies them to the rendered filters and the template. The records below are what the functions write, and the
events are what an app receives.

The rules are those of the EventBridge user guide: "Amazon EventBridge Pipes filtering", "input transformation"
(Pipes puts text in quotes, and leaves out a field whose path finds nothing) and "Dynamic path parameters". The
guide does not say that Pipes escapes the text in the quotes. So nothing is escaped here, and a record must not
contain text that needs an escape.
"""

from __future__ import annotations

import json
import re

import pytest
from rendered import snapshot

LINK_TYPES = ("Link Locked", "Link Opened", "Link Retargeted", "Link Revoked", "Link Used Up")
TYPES = (*LINK_TYPES, "Upload Available", "Upload Deleted", "Upload Rejected", "Upload Scan Failed")


def pipe() -> dict:
    """Returns the filters, the template and the bus of the pipe."""
    return snapshot("plain")["pipe"]


def passes(pattern, value) -> bool:
    """Whether a value matches an event pattern. An object has nested patterns, and a list has the allowed values."""
    if isinstance(pattern, dict):
        fields = {field: p for field, p in pattern.items() if field != "$or"}
        either = "$or" not in pattern or any(passes(p, value) for p in pattern["$or"])
        return isinstance(value, dict) and all(passes(p, value.get(k)) for k, p in fields.items()) and either
    for one in pattern:
        if isinstance(one, dict):
            if set(one) == {"prefix"}:
                if isinstance(value, str) and value.startswith(one["prefix"]):
                    return True
            elif set(one) != {"exists"}:
                raise NotImplementedError(f"{one} is not evaluated")
            elif (value is not None) == one["exists"]:
                return True
        elif value == one:
            return True
    return False


def at(path: str, record: dict):
    """Returns the value at a JSON path, or None."""
    value = record
    for step in path.removeprefix("$.").split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def quoted(value: str | None) -> str:
    """Returns a text in quotes, without escapes. The functions write only texts, and numbers as texts."""
    return "null" if value is None else f'"{value}"'


def event(record: dict) -> dict | None:
    """Returns the event that the pipe makes of a record, or None if no filter matches."""
    if not any(passes(pattern, record) for pattern in pipe()["filters"]):
        return None
    filled = re.sub(r'"(\w+)": <(\$[^>]+)>', lambda m: f'"{m[1]}": {quoted(at(m[2], record))}', pipe()["template"])
    detail = {field: value for field, value in json.loads(filled).items() if value is not None}
    bus = pipe()["bus"]
    detail_type = at(bus["detail_type"], record) if bus["detail_type"].startswith("$.") else bus["detail_type"]
    return {"source": bus["source"], "detail-type": detail_type, "detail": detail}


def record(name: str, **attributes) -> dict:
    return {"eventName": name, "dynamodb": {"Keys": {"pk": attributes["pk"]}, "NewImage": attributes}}


def text(value: str) -> dict:
    return {"S": value}


UPLOAD = {
    "pk": text("UPLOAD#5e9f0a52"),
    "upload_id": text("5e9f0a52"),
    "owner": text("https://login.example.com/ ada"),
    "filename": text("payslip.pdf"),
    "transition_id": text("t1"),
}


def announces(detail_type: str, change: str = "t1") -> dict:
    """Returns the value of the attribute `announces`, which the functions write for an event."""
    return {"M": {"type": text(detail_type), "id": text(change)}}



RECORDED = {
    "M": {
        "version_id": text("v1"),
        "size_bytes": {"N": "1234"},
        "sniffed_type": text("application/pdf"),
        "etag": text("e"),
        "recorded_at": text("2026-11-24T10:00:00.000Z"),
    }
}
TRACKS = {"M": {"track": {"BOOL": True}}}
OPENING = {
    "M": {
        "at": text("2026-11-24T10:00:00.000Z"),
        "client": text("browser"),
        "network": text("192.0.2.0/24"),
        "country": text("DE"),
    }
}
AVAILABLE = UPLOAD | {"state": text("available"), "announces": announces("Upload Available"), "recorded": RECORDED}


def test_each_type_of_event_has_a_filter_of_its_own():
    either = [item for one in pipe()["filters"] for item in one["dynamodb"]["NewImage"]["$or"]]
    assert sorted(item["announces"]["M"]["type"]["S"][0] for item in either) == list(TYPES)


@pytest.mark.parametrize("event_type", TYPES)
def test_an_item_of_another_kind_makes_no_event(event_type):
    """serve-link may announce the openings of a link, but no event of an upload."""
    revoked = {"M": {"at": text("2026-11-24T10:00:00.000Z"), "because": text("owner")}}
    states = ["available", "rejected", "pending", "deleted"]
    failed = {"M": {"version_id": text("v1"), "status": text("UNSUPPORTED"), "at": text("…")}}
    other = "UPLOAD#5e9f0a52" if event_type in LINK_TYPES else "LINK#4f2a"
    for state in states:
        attributes = AVAILABLE | {"state": text(state), "announces": announces(event_type), "event": text(event_type), "revoked": revoked, "scan_failed": failed}
        attributes |= {"terms": TRACKS, "last_opening": OPENING, "told_used_up": text("t1"), "told_locked": text("t1"), "retargeted_at": text("2026-11-24T10:00:00.000Z")}
        assert event(record("MODIFY", **attributes | {"pk": text(other)})) is None


def test_an_available_upload():
    assert event(record("MODIFY", **AVAILABLE)) == {
        "source": "postern",
        "detail-type": "Upload Available",
        "detail": {
            "transition_id": "t1",
            "owner": "https://login.example.com/ ada",
            "upload_id": "5e9f0a52",
            "state": "available",
            "version_id": "v1",
            "size_bytes": "1234",
            "content_type": "application/pdf",
        },
    }


def test_a_rejected_upload():
    rejection = {"M": {"version_id": text("v0"), "reason": text("size_out_of_range"), "detail": text("…"), "rejected_at": text("…")}}
    told = event(record("MODIFY", **UPLOAD, state=text("rejected"), announces=announces("Upload Rejected"), rejection=rejection))
    assert told["detail-type"] == "Upload Rejected"
    assert told["detail"] == {
        "transition_id": "t1",
        "owner": "https://login.example.com/ ada",
        "upload_id": "5e9f0a52",
        "state": "rejected",
        "rejected_version_id": "v0",
        "reason": "size_out_of_range",
    }


@pytest.mark.parametrize("state", ["pending", "rejected", "expired"])
def test_a_failed_scan(state):
    failed = {"M": {"version_id": text("v1"), "status": text("UNSUPPORTED"), "at": text("…")}}
    told = event(record("MODIFY", **UPLOAD, state=text(state), announces=announces("Upload Scan Failed"), scan_failed=failed))
    assert told["detail-type"] == "Upload Scan Failed"
    assert told["detail"] == {
        "transition_id": "t1",
        "owner": "https://login.example.com/ ada",
        "upload_id": "5e9f0a52",
        "state": state,
        "scan_version_id": "v1",
        "scan_status": "UNSUPPORTED",
    }


@pytest.mark.parametrize("state", ["available", "deleting", "deleted"])
def test_a_failed_scan_of_an_upload_that_is_already_decided_makes_no_event(state):
    failed = {"M": {"version_id": text("v1"), "status": text("UNSUPPORTED"), "at": text("…")}}
    assert event(record("MODIFY", **UPLOAD, state=text(state), announces=announces("Upload Scan Failed"), scan_failed=failed)) is None
    assert event(record("MODIFY", **UPLOAD, state=text("pending"), announces=announces("Upload Scan Failed"))) is None


def test_a_deleted_upload():
    told = event(record("MODIFY", **UPLOAD, state=text("deleted"), announces=announces("Upload Deleted")))
    assert told["detail-type"] == "Upload Deleted" and told["detail"]["upload_id"] == "5e9f0a52"


def test_a_revoked_link():
    link = {
        "pk": text("LINK#4f2a"),
        "link_id": text("4f2a"),
        "upload_id": text("5e9f0a52"),
        "owner": text("https://login.example.com/ ada"),
        "version_id": text("v1"),
        "transition_id": text("t2"),
    }
    assert event(record("INSERT", **link)) is None
    revoked = {"M": {"at": text("2026-11-24T10:00:00.000Z"), "because": text("revoked")}}
    forged = link | {"announces": announces("Link Revoked", "t2"), "revoked": revoked}
    assert event(record("MODIFY", **forged)) is None, "serve-link may write these two attributes"
    told = event(record("MODIFY", **forged, event=text("Link Revoked")))
    assert told["detail-type"] == "Link Revoked"
    assert told["detail"] == {
        "transition_id": "t2",
        "owner": "https://login.example.com/ ada",
        "upload_id": "5e9f0a52",
        "link_id": "4f2a",
        "revoked_at": "2026-11-24T10:00:00.000Z",
        "revoked_because": "revoked",
    }


LINK = {
    "pk": text("LINK#4f2a"),
    "link_id": text("4f2a"),
    "upload_id": text("5e9f0a52"),
    "owner": text("https://login.example.com/ ada"),
    "version_id": text("v1"),
    "transition_id": text("t2"),
    "opens": {"N": "3"},
    "last_opening": OPENING,
    "told_recipient": text("Ada %22Lovelace%22"),
}


def test_an_opening_of_a_link_that_tracks():
    opened = LINK | {"announces": announces("Link Opened", "t9"), "terms": TRACKS}
    told = event(record("MODIFY", **opened))
    assert told["detail-type"] == "Link Opened"
    assert told["detail"] == {
        "transition_id": "t9",
        "owner": "https://login.example.com/ ada",
        "upload_id": "5e9f0a52",
        "link_id": "4f2a",
        "opens": "3",
        "opened_at": "2026-11-24T10:00:00.000Z",
        "client": "browser",
        "network": "192.0.2.0/24",
        "country": "DE",
        "recipient": "Ada %22Lovelace%22",
    }


@pytest.mark.parametrize("terms", [{"M": {}}, {"M": {"track": {"BOOL": False}}}, {"M": {"max_opens": {"N": "3"}}}])
def test_an_opening_of_a_link_that_only_counts_makes_no_event(terms):
    """serve-link writes `announces` before it knows whether the link tracks."""
    assert event(record("MODIFY", **LINK, announces=announces("Link Opened", "t9"), terms=terms)) is None


def test_a_link_with_another_upload_as_its_target():
    led = LINK | {"announces": announces("Link Retargeted", "t8"), "event": text("Link Retargeted")}
    assert event(record("MODIFY", **led)) is None
    led |= {"retargeted_at": text("2026-11-24T11:00:00.000Z"), "previous_upload_id": text("0000aaaa")}
    told = event(record("MODIFY", **led))
    assert told["detail-type"] == "Link Retargeted" and told["detail"]["transition_id"] == "t8"
    assert (told["detail"]["previous_upload_id"], told["detail"]["upload_id"]) == ("0000aaaa", "5e9f0a52")


@pytest.mark.parametrize(("detail_type", "told"), [("Link Used Up", "told_used_up"), ("Link Locked", "told_locked")])
def test_a_link_that_is_used_up_or_locked(detail_type, told):
    state = LINK | {"announces": announces(detail_type, "t7")}
    assert event(record("MODIFY", **state)) is None
    said = event(record("MODIFY", **state | {told: text("t7")}))
    assert said["detail-type"] == detail_type and said["detail"]["transition_id"] == "t7"
    assert said["detail"]["link_id"] == "4f2a" and said["detail"]["opens"] == "3"


@pytest.mark.parametrize("event_type", ["Link Retargeted", "Link Revoked", "Upload Available", "Upload Deleted"])
def test_serve_link_announces_nothing_but_openings(event_type):
    """Its role may write all attributes of a link's item except `event` and the keys of the indexes."""
    revoked = {"M": {"at": text("2026-11-24T10:00:00.000Z"), "because": text("revoked")}}
    forged = LINK | {"announces": announces(event_type), "revoked": revoked, "state": text("available"), "terms": TRACKS}
    forged |= {"told_used_up": text("t7"), "told_locked": text("t7"), "retargeted_at": text("2026-11-24T10:00:00.000Z")}
    assert event(record("MODIFY", **forged)) is None


@pytest.mark.parametrize("state", ["pending", "expired", "deleting"])
def test_a_state_without_an_event_makes_no_event(state):
    assert event(record("MODIFY", **UPLOAD, state=text(state))) is None
    # The same holds if the item still has the `announces` of an earlier state.
    assert event(record("MODIFY", **UPLOAD, state=text(state), announces=announces("Upload Available"))) is None


def test_an_unknown_type_makes_no_event():
    assert event(record("MODIFY", **(AVAILABLE | {"announces": announces("Upload Eaten")}))) is None


def test_an_expired_record_makes_no_event():
    assert event(record("REMOVE", **AVAILABLE)) is None


def test_an_event_names_no_file():
    assert "payslip" not in json.dumps(event(record("MODIFY", **AVAILABLE)))


def test_an_event_has_the_path_of_an_upload_that_was_given_one():
    """The record has the path encoded (`RelativePath` in shared/postern/src/value/relative_path.rs)."""
    told = event(record("MODIFY", **AVAILABLE, told_path=text("letters/5%25 %22net%22/payslip.pdf")))
    assert told["detail"] == event(record("MODIFY", **AVAILABLE))["detail"] | {"path": "letters/5%25 %22net%22/payslip.pdf"}


def test_a_repeated_write_repeats_the_transition():
    """For a surplus version, the recorder writes the item again, so the pipe makes a second event. It has the same
    `transition_id`, so a consumer can ignore it."""
    again = event(record("MODIFY", **AVAILABLE, surplus={"SS": ["v2"]}))
    assert again == event(record("MODIFY", **AVAILABLE))


def test_text_that_needs_an_escape_would_change_the_event():
    """This is why the API refuses such a claim: `Owner::of_claim` in shared/postern/src/value/id.rs."""
    forged = AVAILABLE | {"owner": text('https://login.example.com/#ada", "upload_id": "another')}
    assert event(record("MODIFY", **forged))["detail"]["owner"] == "https://login.example.com/#ada"
    with pytest.raises(json.JSONDecodeError):
        event(record("MODIFY", **(AVAILABLE | {"owner": text("https://login.example.com/#DOMAIN\\ada")})))


@pytest.mark.parametrize("claim", ["ada", "auth0|5f7c", "Ada Lovelace", "ünï@example.com", "<$.x>", "o'neill", "{}[]:,"])
def test_a_claim_that_the_api_takes_arrives_as_it_is(claim):
    owner = f"https://login.example.com/#{claim}"
    assert event(record("MODIFY", **(AVAILABLE | {"owner": text(owner)})))["detail"]["owner"] == owner
