"""How cases failed, and whether they fail in the same way in another run. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gatekeeper.domain import CaseId, CaseResult, CaseState, Run, RunReport
from gatekeeper.validation.bench import as_results, states_of, unreadable


def passes(run: Run, wanted: Sequence[CaseResult]) -> bool:
    """Whether every wanted case passes; the exit status is for the run of the whole suite."""
    states = states_of(run, wanted).values()
    return not unreadable(run) and all(state is CaseState.PASSED for state in states)


def leaning(run: Run, inventory: Run, wanted: Sequence[CaseResult]) -> Mapping[str, str]:
    """Where a run of the unchanged commit under other circumstances differs from the inventory.

    Key to clause: cases that passed and do not, and wanted ones that are not red as before.
    """
    if why := unreadable(run):
        return {"": f"on the unchanged commit, {why}"}
    before, after = inventory.report.states, run.report.states
    found = {
        str(id_): f"{id_} passes on the unchanged commit as usual, and not there"
        for id_, state in before.items()
        if state is CaseState.PASSED and after.get(id_) is not CaseState.PASSED
    }
    known = failures(run.report)
    for case in as_results([case.id for case in wanted], inventory.report):
        if known.get(case.id) != failure(case):
            found[str(case.id)] = f"{case.id} does not fail as usual on the unchanged commit there"
    return found


def unlike_before(run: Run, inventory: Run, wanted: Sequence[CaseResult]) -> str:
    """The wanted cases that are red otherwise than on the unchanged commit, as a subject and verb.

    "" where one is as it was, or is not red at all: what tells its surroundings falls back to
    what it was before.
    """
    now = failures(run.report)
    cases = as_results([case.id for case in wanted], inventory.report)
    bad = [case for case in cases if run.report.states.get(case.id) is not CaseState.PASSED]
    if unreadable(run) or any(now.get(case.id) in (None, failure(case)) for case in bad):
        return ""
    return f"{bad[0].id} fails" if bad else ""


Failure = tuple[str, tuple[str, ...]]


def failures(report: RunReport) -> Mapping[CaseId, Failure]:
    """How each red case failed."""
    return {case.id: failure(case) for case in report.failing}


def failure(case: CaseResult) -> Failure:
    """How a case failed, comparable between runs: its kind, and the words of its reason.

    Of the first line only, since pytest shortens the others unless CI is set; without paths and
    addresses, and sorted, as a set prints its elements in any order.
    """
    said = (case.message or case.details[-500:]).strip().partition("\n")[0]
    words = re.findall(r"\w+", re.sub(r"\S*[/\\]\S*|0x[0-9a-f]+", " ", said))
    return case.kind, tuple(sorted(words))


def not_passing(run: Run, wanted: Sequence[CaseResult]) -> tuple[str, bool]:
    """The wanted cases that do not pass, at most three by name, and whether they are several."""
    states = states_of(run, wanted)
    bad = [str(id_) for id_, state in states.items() if state is not CaseState.PASSED]
    more = f" and {len(bad) - 3} more" if len(bad) > 3 else ""
    return ", ".join(bad[:3]) + more, len(bad) > 1
