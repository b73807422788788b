"""What the artifacts say of a known failure and of a new one."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gatekeeper.domain import Band, Match, Outcome, Question, Scenario
from gatekeeper.formats.clarification_json import ClarificationJson
from gatekeeper.formats.dotenv import Dotenv
from gatekeeper.formats.report_md import ReportMarkdown
from gatekeeper.formats.scenario_json import ScenarioJson
from gatekeeper.scenarios import parse
from tests.support.reports import minimal

KNOWN = Scenario(
    "discount",
    "Tenths",
    affected_tests=("t::test_a",),
    invariants=("a percent is a hundredth",),
    accepted_fix_patterns=("divide by 100", "@@ -1 +1 @@\n-a\n+b"),
)


def match(band: Band, *, review: bool = True) -> Match:
    """A match of this band."""
    return Match(replace(KNOWN, review_required=review), 0.61, band, ("+0.61 because",))


def test_a_draft_is_an_artifact_that_approve_reads() -> None:
    """The artifact holds the ten keys of a scenario and is read back as the same scenario."""
    assert ScenarioJson().render(minimal(Outcome.ACCEPTED)) is None
    made = ScenarioJson().render(replace(minimal(Outcome.ACCEPTED), proposed=KNOWN))
    assert made is not None
    assert len(json.loads(made)) == 10
    assert replace(parse("x.json", made), path="") == KNOWN


@pytest.mark.parametrize(
    ("band", "said", "variable"),
    [
        (Band.HIGH, "This failure is known: `discount`", "GATEKEEPER_SCENARIO=discount"),
        (Band.MEDIUM, "This failure may be known: `discount`", "GATEKEEPER_SCENARIO=discount"),
        (Band.LOW, "hardly like any that is known; the nearest: `discount`", ""),
    ],
)
def test_how_sure_it_is_is_said(band: Band, said: str, variable: str) -> None:
    """Each band has its words; a low one has no advice, and no variable for later jobs."""
    report = replace(minimal(Outcome.ACCEPTED), match=match(band))
    shown = ReportMarkdown().render(report).decode()
    assert said in shown
    assert ("must hold: a percent is a hundredth" in shown) is (band is not Band.LOW)
    assert ("**It asks for a review:**" in shown) is (band is not Band.LOW)
    assert "@@ -1 +1 @@" not in shown
    assert (variable in Dotenv().render(report).decode().split("\n")) is True
    assert ("GATEKEEPER_SCENARIO" in Dotenv().render(report).decode()) is bool(variable)


def test_no_review_is_asked_for_where_none_is_required() -> None:
    """`review_required: false` leaves the note out."""
    report = replace(minimal(Outcome.ACCEPTED), match=match(Band.HIGH, review=False))
    assert "asks for a review" not in ReportMarkdown().render(report).decode()


@pytest.mark.parametrize("found", [None, match(Band.LOW), match(Band.MEDIUM)])
def test_the_questions_name_the_nearest_scenario(found: Match | None) -> None:
    """`clarification_request.json` has id and score of the nearest scenario, or null and 0."""
    report = replace(minimal(Outcome.CLARIFY), questions=(Question("What?"),), match=found)
    asked = json.loads(ClarificationJson().render(report) or b"{}")
    assert asked["candidate_scenario_id"] == ("discount" if found else None)
    assert asked["candidate_confidence"] == (0.61 if found else 0.0)
