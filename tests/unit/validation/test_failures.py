from __future__ import annotations

from dataclasses import replace

import pytest

from gatekeeper.domain import CaseResult, Ending, Run, RunReport
from gatekeeper.validation.failures import failure, leaning, not_passing, passes, unlike_before
from tests.support.runs import case, run


def red(name: str, message: str, kind: str = "") -> CaseResult:
    """A failing case with this reason."""
    return replace(case(name, "failure"), message=message, kind=kind)


def ran(*cases: CaseResult) -> Run:
    """A run of these cases."""
    return replace(run(""), report=RunReport(cases))


BUG = red("bug", "assert 29 == 30\n + where 29 = total()")
BEFORE = ran(BUG, case("ok", "passed"))
WANTED = [BUG]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("assert 29 == 30", "assert 29 == 30", True),
        ("assert 29 == 30", "assert 28 == 30", False),
        # pytest shortens what follows the first line unless CI is set.
        ("assert 29 == 30\n...Full output hidden", "assert 29 == 30\nall of it", True),
        ("no /workspace/a.txt", "no /home/gatekeeper/w12/a.txt", True),
        ("<A at 0x7f01> is wrong", "<A at 0x7f99> is wrong", True),
        ("assert {'a', 'b'} == set()", "assert {'b', 'a'} == set()", True),
    ],
)
def test_the_same_failure_is_known_again(one: str, other: str, same: bool) -> None:
    """Folders, addresses, the order in a set and what follows the first line do not count."""
    assert (failure(red("bug", one)) == failure(red("bug", other))) is same


@pytest.mark.parametrize(
    ("now", "key"),
    [
        (BEFORE, None),
        (ran(BUG, case("ok", "failure")), "t::ok"),
        (ran(BUG, case("ok", "skipped")), "t::ok"),
        (ran(BUG), "t::ok"),
        (ran(case("bug", "skipped"), case("ok", "passed")), "t::bug"),
        (ran(case("bug", "passed"), case("ok", "passed")), "t::bug"),
        (ran(red("bug", "KeyError: 'rate'"), case("ok", "passed")), "t::bug"),
        (ran(), ""),
        (replace(BEFORE, ending=Ending.TIMEOUT), ""),
    ],
    ids=["same", "red", "skipped", "gone", "bug skipped", "bug green", "otherwise", "none", "late"],
)
def test_a_project_leans_where_the_unchanged_commit_differs(now: Run, key: str | None) -> None:
    """What passed and does not, and what fails in another way, is the project's own."""
    assert list(leaning(now, BEFORE, WANTED)) == ([] if key is None else [key])


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (ran(BUG), ""),  # falls back to the bug: that is what a cheat does
        (ran(red("bug", "KeyError: 'rate'")), "t::bug fails"),
        (ran(case("bug", "skipped")), ""),
        (ran(case("bug", "passed")), ""),
        (ran(), ""),
    ],
    ids=["as before", "otherwise", "skipped", "green", "unreadable"],
)
def test_only_another_failure_is_an_excuse(now: Run, said: str) -> None:
    """A case that fails as it did before the patch, is skipped or is gone excuses nothing."""
    assert unlike_before(now, BEFORE, WANTED) == said


def test_what_does_not_pass_is_named_in_short() -> None:
    """Three names, and how many more; the exit status of the run is no matter."""
    five = ran(*(red(f"b{n}", "no") for n in range(5)), case("ok", "passed"))
    assert not_passing(five, five.report.failing) == ("t::b0, t::b1, t::b2 and 2 more", True)
    assert passes(replace(ran(case("bug", "passed")), exit_code=1), WANTED)
    assert not passes(ran(case("ok", "passed")), WANTED)
