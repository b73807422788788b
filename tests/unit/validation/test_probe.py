"""What the two signals say, for every way in which the gate's own tests may end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import pytest

from gatekeeper import runners
from gatekeeper.domain import CaseId, CaseResult, CaseState, Completed, Ending, RunReport, RunSpec
from gatekeeper.runners.model import JUNIT, Reporting
from gatekeeper.validation.bench import Bench
from gatekeeper.validation.probe import Calibration, look, probe
from tests.support.trees import tree

FILES = {"test_a.py": "import shop\n\n\ndef test_bug():\n    assert shop.x() == 1\n"}
FAILING = (CaseResult(CaseId("test_a", "test_bug"), CaseState.FAILURE),)
GOOD = "bug=failure red=failure control=passed"


@dataclass
class Scripted:
    """A snapshot whose runs end as they are told; the canary's names are read off its file."""

    with_candidate: str
    without: str
    digest: str = ""
    trusted: list[tuple[str, ...]] = field(default_factory=list)

    def run(self, spec: RunSpec) -> Completed:
        """One run; the first is that of the candidate."""
        states = self.without if self.trusted else self.with_candidate
        self.trusted.append(tuple(each.path for each in spec.trusted))
        new = next(t for t in spec.trusted if t.path not in FILES).content or b""
        control, red = re.findall(r"def (test\w+)", new.decode())
        names = {"bug": "test_bug", "red": red, "control": control}
        pairs = (word.split("=") for word in states.split())
        cases = "".join(
            f'<testcase classname="test_a" name="{names.get(name, name)}">{_BODY[state]}</testcase>'
            for name, state in pairs
        )
        reports = ((spec.reports[0], f"<testsuite>{cases}</testsuite>".encode()),)
        return Completed(1, Ending.EXITED, b"", reports if states else (), 0.1)

    def warm(self) -> None:
        """Nothing to start."""


def _bench(snapshot: Scripted) -> Bench:
    plan = runners.Plan("pytest", "pytest", Reporting(f"pytest {JUNIT}"))
    return Bench(snapshot, plan, tree(FILES), 60, {})


_BODY = {"passed": "", "failure": "<failure/>", "skipped": "<skipped/>", "error": "<error/>"}


def told(after: str, before: str) -> tuple[str, str, int]:
    """Standing of the canary and of the altered tests, and how many runs it took."""
    snapshot = Scripted(after, before)
    bench = _bench(snapshot)
    _, (canary, altered) = probe(bench, FAILING, (), Calibration(bench, FAILING))
    assert all(each.why[0].isupper() for each in (canary, altered))
    assert all(each.why.endswith(".") for each in (canary, altered))
    return canary.standing.value, altered.standing.value, len(snapshot.trusted)


TABLE = [
    (GOOD, GOOD, "clean", "clean", 1),
    (GOOD.replace("bug=failure", "bug=error"), GOOD, "clean", "clean", 1),
    (GOOD.replace("bug=failure", "bug=passed"), GOOD, "clean", "against", 2),
    (GOOD.replace("bug=failure", "bug=passed"), "bug=passed", "clean", "missing", 2),
    (GOOD.replace("bug=failure", "bug=skipped"), GOOD, "clean", "against", 2),
    (GOOD.replace("bug=failure", ""), GOOD, "clean", "against", 2),
    (GOOD.replace("bug=failure", ""), "red=failure", "clean", "missing", 2),
    (GOOD.replace("red=failure", "red=passed"), GOOD, "against", "clean", 2),
    (GOOD.replace("red=failure", "red=skipped"), GOOD, "against", "clean", 2),
    (GOOD.replace("red=failure", ""), GOOD, "against", "clean", 2),
    (GOOD.replace("control=passed", ""), GOOD, "against", "clean", 2),
    (GOOD.replace("control=passed", "control=error"), GOOD, "against", "clean", 2),
    ("bug=failure", "bug=failure", "missing", "clean", 2),
    (GOOD.replace("control=passed", "control=error"), "red=passed", "missing", "clean", 2),
    ("bug=passed red=passed control=passed", GOOD, "against", "against", 2),
    ("", GOOD, "against", "missing", 2),
    ("", "", "missing", "missing", 2),
    ("bug=passed red=passed control=passed", "", "missing", "missing", 2),
]  # fmt: skip


@pytest.mark.parametrize(("after", "before", "canary", "altered", "runs"), TABLE)
def test_what_differs_without_the_candidate_speaks_against_it(
    after: str, before: str, canary: str, altered: str, runs: int
) -> None:
    """What is so on the unchanged commit as well is missing; that commit is run only if needed."""
    assert told(after, before) == (canary, altered, runs)


def test_a_module_in_error_is_red() -> None:
    """The report names the module instead of its tests."""
    after = GOOD.replace("bug=failure", "test_a=error")
    snapshot = Scripted(after, after)
    probed = look(_bench(snapshot), FAILING, (), "probe")
    module = CaseResult(CaseId("", "test_a"), CaseState.ERROR)
    report = RunReport(cases=(module,))
    known = replace(probed, run=replace(probed.run, report=report)).states()
    assert known == {FAILING[0].id: CaseState.ERROR}


def test_nothing_to_run_is_no_run() -> None:
    """Without a file of a failing test both signals are missing, and nothing is run."""
    snapshot = Scripted("", "")
    plan = runners.Plan("custom", "make", Reporting("make"))
    bench = Bench(snapshot, plan, tree({"README": ""}), 60, {})
    run, signals = probe(bench, FAILING, (), lambda: None)
    assert run is None
    assert not snapshot.trusted
    assert [each.standing.value for each in signals] == ["missing", "missing"]
