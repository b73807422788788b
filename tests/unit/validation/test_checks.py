from __future__ import annotations

from dataclasses import replace

import pytest

from gatekeeper.domain import Ending, Run, Standing
from gatekeeper.validation.checks import unusable, weigh_check
from tests.support.runs import run

OLD = "a.py:1:1: F401 `os` imported but unused\n"
NEW = "a.py:9:1: F841 `x` is never used\n"


def ended(code: int, output: str = "", ending: Ending = Ending.EXITED) -> Run:
    """A run of a check."""
    return replace(run("", exit_code=code, ending=ending), output=output, note="stopped after 9 s")


FINE = ended(0, "All checks passed!\n")
MANY = "".join(f"a.py:{n}:1: F84{n} `x{n}` is never used\n" for n in range(8))


@pytest.mark.parametrize(
    ("before", "now", "standing", "why"),
    [
        (FINE, FINE, Standing.CLEAN, ""),
        (FINE, ended(1, NEW), Standing.AGAINST, "before: a.py:9: F841 `x` is never used."),
        (FINE, ended(1, MANY), Standing.AGAINST, "and 3 more."),
        (FINE, ended(2, "it crashed\n"), Standing.AGAINST, "ends with 2, and with 0 as usual: it"),
        (FINE, ended(137, "", Ending.TIMEOUT), Standing.AGAINST, "comes to no end"),
        (ended(1, OLD), ended(1, OLD), Standing.CLEAN, ""),
        (ended(1, OLD), ended(0), Standing.CLEAN, ""),
        (ended(1, OLD), ended(1, OLD.replace(":1:", ":40:")), Standing.CLEAN, ""),
        (ended(1, OLD), ended(1, OLD + NEW), Standing.AGAINST, "a.py:9: F841"),
        (ended(1, OLD), ended(1, OLD + OLD.replace(":1:", ":5:")), Standing.AGAINST, "a.py:5:"),
        (ended(1, OLD + NEW), ended(1, NEW), Standing.CLEAN, ""),
        (ended(1, OLD), ended(127, "sh: ruff: not found"), Standing.AGAINST, "ends with 127"),
        # A linter that is content has said what its findings are worth: warnings.
        (FINE, ended(0, NEW), Standing.CLEAN, ""),
        (ended(1, OLD), ended(1, f"[... 9 bytes left out ...]\n{NEW}"), Standing.MISSING, "more"),
    ],
)
def test_only_what_is_new_counts(before: Run, now: Run, standing: Standing, why: str) -> None:
    """Old findings are nobody's fault, wherever they stand now; new ones are told with place."""
    signal = weigh_check("lint", before, now)
    assert signal.standing is standing
    assert why in signal.why
    assert bool(signal.why) is (standing is not Standing.CLEAN)


@pytest.mark.parametrize(
    ("before", "why"),
    [
        (FINE, ""),
        (ended(1, OLD), ""),
        (ended(127, "sh: 1: ruff: not found\n"), "not in the image (sh: 1: ruff: not found)"),
        (ended(1, "/usr/bin/python3: No module named ruff\n"), "No module named ruff"),
        (ended(2, ""), "ends with 2 on the unchanged commit already (no output)"),
        (ended(137, "", Ending.TIMEOUT), "no end (stopped after 9 s)"),
    ],
)
def test_a_check_that_never_worked_proves_nothing(before: Run, why: str) -> None:
    """A check without its program, or one that is red without a word, is said to be missing."""
    said = unusable("lint", before)
    assert why in said
    assert bool(said) is bool(why)


def test_what_a_check_prints_is_one_bounded_line() -> None:
    """Control characters and endless messages of the code under test do not reach the reader."""
    nasty = "a.py:1:1: F401 \x1b]0;title\x07" + "A" * 5000 + "\n"
    why = weigh_check("lint", FINE, ended(1, nasty)).why
    assert why.isprintable()
    assert len(why) < 300
