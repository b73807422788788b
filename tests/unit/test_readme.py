"""The README's tables, links and picture say what the code says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from gatekeeper import errors, wiring
from gatekeeper.cli.main import COMMANDS, EPILOG
from gatekeeper.cli.session import OUTCOMES
from gatekeeper.domain import Outcome
from gatekeeper.errors import GatekeeperError
from gatekeeper.runners.table import RUNNERS
from gatekeeper.settings import load, markdown
from tests.support.readme import README, ROOT, named, rows, section

DOCUMENTS = ("README.md", "SECURITY.md", "CHANGELOG.md", "AGENTS.md")

# --- tables -----------------------------------------------------------------------------


def test_every_command_has_its_row() -> None:
    """The table of commands is the list of `gatekeeper --help`, in the same order."""
    assert named("Commands", "command") == list(COMMANDS)


def _codes() -> Iterator[tuple[int, str]]:
    for code, outcomes, _ in rows("Exit codes", "code"):
        for number in code.split(","):
            for outcome in re.findall(r"`([a-z-]+)`", outcomes):
                yield int(number), outcome


def _error_classes() -> list[type[GatekeeperError]]:
    found = [each for each in vars(errors).values() if isinstance(each, type)]
    return [each for each in found if issubclass(each, GatekeeperError)]


def test_exit_codes_are_those_of_the_errors_and_outcomes() -> None:
    """Each class of error has its row with its code, each outcome is named, no code is made up."""
    values = {each: str(outcome) for each, outcome in OUTCOMES.items()}
    del values[errors.Interrupted]
    values[GatekeeperError] = "bug"
    from_errors = {(each.exit_code, outcome) for each, outcome in values.items()}
    assert set(_error_classes()) == {*values, errors.Interrupted}
    verdicts = {(0, "green"), (0, "accepted"), (0, "analyzed"), (1, "rejected"),
                (8, "not-reproduced"), (10, "accepted")}  # fmt: skip
    signals = {(130, "interrupted"), (143, "interrupted")}
    assert set(_codes()) == from_errors | verdicts | signals
    assert {outcome for _, outcome in _codes()} == {*map(str, Outcome)} - {"unfinished"}
    assert "`unfinished`" in section("Artifacts")


def test_the_help_names_the_same_codes() -> None:
    """`gatekeeper --help` ends with every code of the table but those of the signals."""
    told = {int(number) for number in re.findall(r"\b(\d+)\b", EPILOG)}
    assert told == {code for code, _ in _codes()} - {130, 143}


def test_every_artifact_has_its_row() -> None:
    """The files are those of wiring.FORMATS, and the folder and file that the journal adds."""
    files = named("Artifacts", "file")
    assert sorted(files) == sorted(
        [*(each.filename for each in wiring.FORMATS), "attempts/NN/", "bug.txt"]
    )


def test_the_settings_are_the_schema() -> None:
    """The table is what `settings.markdown()` makes, byte for byte."""
    assert markdown() in section("Configuration")


@pytest.mark.parametrize(
    ("title", "column", "names"),
    [
        ("Backends, and what leaves the machine", "backend", wiring.BACKENDS),
        ("Engines", "engine", wiring.ENGINES),
        ("How it judges", "guard", {**wiring.GUARDS, **wiring.INFORMED}),
        ("Test frameworks", "runner", RUNNERS),
    ],
    ids=["backends", "engines", "guards", "runners"],
)
def test_every_adapter_has_its_row(title: str, column: str, names: object) -> None:
    """Whoever adds an adapter tells what it is."""
    assert isinstance(names, dict)
    assert sorted(named(title, column)) == sorted(names)


def test_what_is_switched_is_a_setting() -> None:
    """Every `section.key` in the text and every GATEKEEPER_ variable is known."""
    known = {row[0] for row in load(env={}, flags={}).table()}
    sections = "|".join({key.partition(".")[0] for key in known})
    told = set(re.findall(rf"`(?:--set )?((?:{sections})\.[a-z_]+)[:=`]", README))
    assert len(told) > 5
    assert told <= known | {each.filename for each in wiring.FORMATS}


# --- text -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_files(name: str) -> None:
    """Every link is to a file of the repository, and there."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert "://" not in target
        assert (ROOT / target).exists(), target


def test_the_map_names_files_that_are_there() -> None:
    """Paths in backticks in AGENTS.md exist, from the root or inside the package."""
    text = (ROOT / "AGENTS.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`([\w./-]+(?:\.(?:py|md|toml)|/))`", text)) - {"benchmarks/"}
    assert len(told) > 15
    for path in told:
        assert (ROOT / path).exists() or (ROOT / "gatekeeper" / path).exists(), path


def test_the_picture_shows_the_flow_in_order() -> None:
    """The SVG is well-formed and names the steps as the README does."""
    drawing = ElementTree.parse(ROOT / "docs" / "flow.svg")
    named = [
        node.text for node in drawing.iter("{http://www.w3.org/2000/svg}text")
        if node.get("class") == "name"
    ]  # fmt: skip
    assert sorted(filter(None, named)) == sorted(
        ["Failure", "Diagnosis", "Proof", "Context", "Backend", "Candidates", "Guards", "Trials",
         "Verdict", "Artifacts"]
    )  # fmt: skip
    title = drawing.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text


def test_the_readme_can_be_read_in_one_sitting() -> None:
    """Without the table of settings, at most 400 lines, none of prose longer than 120."""
    text = README.replace(markdown(), "")
    assert text.count("\n") <= 400
    prose = [line for line in text.splitlines() if not line.startswith(("|", "!"))]
    assert max(map(len, prose)) <= 120
