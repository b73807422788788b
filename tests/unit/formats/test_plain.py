"""junit.xml and gatekeeper.env: what the pipeline reads."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gatekeeper.domain import CaseId, CaseResult, CaseState, Outcome, RunReport
from gatekeeper.escape import xml_attribute, xml_text
from gatekeeper.formats.dotenv import Dotenv
from gatekeeper.formats.junit_xml import JUnitXml
from gatekeeper.intake.junit import read_reports
from tests.support.reports import HOSTILE, full, minimal, run


def read_back(content: bytes | None) -> RunReport:
    assert content is not None
    return read_reports([("junit.xml", content)])


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Outcome.ACCEPTED, CaseState.PASSED), (Outcome.REJECTED, CaseState.FAILURE)],
)
def test_junit_is_that_of_the_deciding_run(outcome: Outcome, state: CaseState) -> None:
    """The accepted candidate's suite, else the last trial's; valid whatever the names hold."""
    report = read_back(JUnitXml().render(full(outcome)))
    assert [source.state for source in report.sources] == ["read"]
    assert [case.state for case in report.cases] == [CaseState.PASSED, state]
    red = report.cases[1]
    assert (red.file, red.line, red.suite) == ("pkg/test_a.py", 7, "pkg")
    assert "<img src=x onerror=alert(1)>" in red.id.name
    assert "\ufffd" in red.id.name


def test_junit_of_the_inventory() -> None:
    """Where no candidate ran, it is the inventory of the unchanged commit; else no file."""
    report = replace(full(Outcome.REJECTED), attempts=())
    assert read_back(JUnitXml().render(report)).counts.failures == 1
    assert JUnitXml().render(minimal(Outcome.BACKEND)) is None


def test_junit_keeps_every_state_and_text() -> None:
    """States, message, kind and line breaks survive; an error without a case stays visible."""
    cases = tuple(
        CaseResult(CaseId("c", state), state, "m\n1", "K", "d\t<&>\n]]>", "o", seconds=1.5)
        for state in CaseState
        if state is not CaseState.PASSED
    )
    orphan = CaseResult(CaseId("s", "(suite)"), CaseState.ERROR, "gone")
    inventory = replace(
        run("inventory", CaseState.PASSED), report=RunReport(cases, suite_errors=(orphan,))
    )
    back = read_back(JUnitXml().render(replace(minimal(Outcome.GREEN), inventory=inventory)))
    assert [case.state for case in back.cases] == [case.state for case in (*cases, orphan)]
    for case, read in zip(cases, back.cases, strict=False):
        assert (read.message, read.kind, read.details) == (case.message, case.kind, case.details)
        assert (read.output, read.seconds) == ("o", 1.5)


def test_xml_escapes() -> None:
    """What XML cannot hold is replaced; an attribute keeps its line breaks."""
    assert xml_text("a<b>\x00\ud800\r\n") == "a&lt;b&gt;\ufffd\ufffd&#13;\n"
    assert xml_attribute("\"'\n\t") == "&quot;&#x27;&#10;&#9;"


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("made", [minimal, full])
def test_dotenv_is_what_gitlab_takes(outcome: Outcome, made: object) -> None:
    """At most 20 variables and 5 KB; names and values without anything that needs quotes."""
    report = replace(made(outcome), model=HOSTILE * 50)  # type: ignore[operator]
    content = Dotenv().render(report)
    lines = content.decode("ascii").splitlines()
    assert len(lines) <= 20
    assert len(content) <= 5 * 1024
    for line in lines:
        assert re.fullmatch(r"GATEKEEPER_[A-Z_]+=[A-Za-z0-9._:/@+-]+", line)
    assert f"GATEKEEPER_OUTCOME={outcome}" in lines


def test_dotenv_of_an_accepted_run() -> None:
    """A later job learns what was accepted, from which commits, and where the patch is."""
    lines = Dotenv().render(full(Outcome.ACCEPTED)).decode().splitlines()
    assert {
        "GATEKEEPER_EXIT_CODE=0",
        "GATEKEEPER_ACCEPTED=2.2",
        "GATEKEEPER_PATCH=patch.diff",
        "GATEKEEPER_CATEGORY=product-bug",
        "GATEKEEPER_FAILED_TESTS=1",
        "GATEKEEPER_ATTEMPTS=3",
        f"GATEKEEPER_BASE={'e' * 40}",
        f"GATEKEEPER_HEAD={'c' * 40}",
    } <= set(lines)
    assert not any(
        line.startswith("GATEKEEPER_PATCH")
        for line in Dotenv().render(full(Outcome.REJECTED)).decode().splitlines()
    )
