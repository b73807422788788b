"""The machine's files: valid, deterministic, complete, for every outcome."""

from __future__ import annotations

import copy
import hashlib
import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import gatekeeper.formats
from gatekeeper.domain import CaseState, Decision, Outcome, Report, RunReport
from gatekeeper.formats.analysis_json import AnalysisJson
from gatekeeper.formats.context_txt import ContextText
from gatekeeper.formats.patch_diff import PatchDiff
from gatekeeper.formats.verdict_json import VerdictJson
from tests.support.reports import GOOD, RED, attempt, diff, full, minimal

SCHEMA: dict[str, Any] = json.loads(
    (Path(gatekeeper.formats.__file__).parent / "verdict.schema.json").read_bytes()
)


def strict(schema: Any) -> Any:
    """The schema with every key that it does not name forbidden."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(value) for key, value in schema.items()}
    if "properties" in closed and closed.get("type") == "object":
        closed["additionalProperties"] = False
    return closed


def verdict(report: Report) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(VerdictJson().render(report))
    return parsed


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("made", [minimal, full])
def test_verdict_fits_its_schema(outcome: Outcome, made: Any) -> None:
    """Whatever the outcome and however early the end, the schema holds and names every key."""
    found = verdict(made(outcome))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(strict(copy.deepcopy(SCHEMA))).validate(found)
    assert found["outcome"] == outcome


def test_the_schema_refuses() -> None:
    """The schema is no rubber stamp: a missing key, another outcome, a bad hash are refused."""
    good = verdict(full(Outcome.ACCEPTED))
    for key, value in (("outcome", "maybe"), ("exit_code", "0"), ("schema_version", 2)):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**good, key: value}, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({key: good[key] for key in good if key != "reason"}, SCHEMA)
    good["attempts"][0]["diff_sha256"] = "x"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(good, SCHEMA)


def test_verdict_is_a_pure_function() -> None:
    """The same report gives the same bytes, and they are UTF-8 without a lone surrogate."""
    content = VerdictJson().render(full(Outcome.ACCEPTED))
    assert content == VerdictJson().render(full(Outcome.ACCEPTED))
    assert content.endswith(b"}\n")
    assert "\\ud" not in content.decode("utf-8")


def test_what_verdict_says_of_an_attempt() -> None:
    """Before and after of each test, findings, reasons, hashes and commands are there."""
    found = verdict(full(Outcome.ACCEPTED))
    lost, unapplied, won = found["attempts"]
    assert [each["verdict"] for each in (lost, unapplied, won)] == [
        "rejected",
        "rejected",
        "accepted",
    ]
    change = won["trial"]["fail_to_pass"][0]
    assert (change["classname"], change["before"], change["after"]) == (
        RED.classname,
        "failure",
        "passed",
    )
    assert lost["trial"]["broken"] == [
        {"classname": GOOD.classname, "name": GOOD.name, "before": "passed", "after": None}
    ]
    assert won["diff_sha256"] == hashlib.sha256(diff()).hexdigest()
    assert (unapplied["diff_sha256"], unapplied["trial"]) == (None, None)
    assert won["findings"][0]["guard"] == "paths"
    assert won["trial"]["runs"][1]["command"] == "pytest -q | tee log"
    assert (found["base"], found["head"]) == ("e" * 40, "c" * 40)
    assert found["settings"][0]["source"] == "file"


def test_hashes_are_those_of_the_files() -> None:
    """What the verdict says of context.txt and patch.diff is true of these files."""
    report = full(Outcome.ACCEPTED)
    found = verdict(report)
    context = ContextText().render(report)
    patch = PatchDiff().render(report)
    assert context is not None
    assert patch is not None
    assert found["context"]["sha256"] == hashlib.sha256(context).hexdigest()
    assert found["context"]["bytes"] == len(context)
    assert found["attempts"][2]["diff_sha256"] == hashlib.sha256(patch).hexdigest()


def test_patch_is_that_of_the_accepted_attempt() -> None:
    """Byte for byte the diff of the accepted attempt; nothing where none was accepted."""
    report = full(Outcome.ACCEPTED)
    assert PatchDiff().render(report) == diff()
    assert PatchDiff().render(full(Outcome.REJECTED)) is None
    assert PatchDiff().render(Report("run", Outcome.BUG, 70, "", accepted="gone")) is None


def test_no_context_no_file() -> None:
    """Before a context was built there is no context.txt."""
    assert ContextText().render(minimal(Outcome.BUG)) is None


def test_analysis() -> None:
    """Counts, failed tests, category, suspects and confidence are what the report holds."""
    content = AnalysisJson().render(full(Outcome.ANALYZED))
    assert content is not None
    found = json.loads(content)
    assert found["counts"] == {"tests": 2, "passed": 1, "failures": 1, "errors": 0, "skipped": 0}
    assert [test["classname"] for test in found["failed_tests"]] == [RED.classname]
    assert (found["failed_tests"][0]["file"], found["failed_tests"][0]["line"]) == (
        "pkg/test_a.py",
        7,
    )
    assert (found["category"], found["suspects"][0]["path"]) == ("product-bug", "pkg/a.py")
    assert math.isclose(found["confidence"], 0.8)
    assert found["sources"][0]["state"] == "truncated"


def test_analysis_without_diagnosis() -> None:
    """Without a diagnosis the category is unknown; before a report was read there is no file."""
    found = json.loads(
        AnalysisJson().render(Report("a", Outcome.GREEN, 0, "", failures=RunReport())) or b""
    )
    assert (found["category"], found["confidence"], found["failed_tests"]) == ("unknown", 0, [])
    assert AnalysisJson().render(minimal(Outcome.UNREADABLE)) is None


def test_states_are_words() -> None:
    """Enumerations are written as the words that the documentation uses."""
    assert attempt("1", Decision.ACCEPTED).verdict.decision == "accepted"
    assert CaseState.FAILURE == "failure"
