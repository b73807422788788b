"""The risk beside a verdict: every item has its points and its reason, and the sum is the score."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace

import pytest

from gatekeeper.domain import (
    Attempt,
    Candidate,
    CaseChange,
    CaseId,
    CaseState,
    Category,
    Decision,
    Diagnosis,
    Draft,
    FileChange,
    Finding,
    Level,
    Risk,
    Signal,
    Standing,
    Suspect,
    Trial,
    Verdict,
)
from gatekeeper.risk import assess

CODE = [f"line {n}\n" for n in range(1, 101)]
ACCEPTED = Verdict(Decision.ACCEPTED, ())
REJECTED = Verdict(Decision.REJECTED, ())
CASE = CaseId("tests.test_cart", "test_total")
PROVEN = Trial(
    fail_to_pass=(CaseChange(CASE, CaseState.FAILURE, CaseState.PASSED),), pass_to_pass=3
)


def candidate(changes: dict[str, dict[int, str]]) -> Candidate:
    """A candidate that changes these lines (1-based) of files of a hundred lines."""
    diff, files = b"", []
    for path, lines in changes.items():
        after = [lines.get(n, text) for n, text in enumerate(CODE, 1)]
        shown = difflib.unified_diff(CODE, after, f"a/{path}", f"b/{path}")
        diff += f"diff --git a/{path} b/{path}\n".encode() + "".join(shown).encode()
        files.append(
            FileChange(path, "M", "100644", "100644", added=len(lines), removed=len(lines))
        )
    return Candidate("1.1", Draft(), "base", str(sorted(changes.items())), tuple(files), diff)


def attempt(
    changes: dict[str, dict[int, str]] | None = None, id_: str = "1.1", label: str = ""
) -> Attempt:
    made = candidate(changes or {"shop/cart.py": {50: "fixed\n"}})
    return Attempt(id_, 1, Draft(label=label), ACCEPTED, made, (), PROVEN)


def diagnosis(*places: tuple[str, int | None]) -> Diagnosis:
    suspects = tuple(Suspect(path, line, line, 0.9, "in the stack trace") for path, line in places)
    return Diagnosis(Category.PRODUCT_BUG, "", suspects)


def warned(*guards: str) -> Attempt:
    found = tuple(Finding(guard, Level.WARN, f"seen by {guard}.") for guard in guards)
    return replace(attempt(), findings=found)


def tried(trial: Trial) -> Attempt:
    return replace(attempt(), trial=trial)


def signals(*pairs: tuple[str, Standing, str]) -> Attempt:
    return tried(replace(PROVEN, signals=tuple(Signal(*pair) for pair in pairs)))


MANY = {"shop/cart.py": {n: f"other {n}\n" for n in range(1, 101)}}
ELSEWHERE = attempt({"shop/tax.py": {50: "fixed\n"}}, "1.2")
BESIDE = attempt({"shop/cart.py": {52: "otherwise\n"}}, "1.2")
SAME = attempt({"shop/cart.py": {50: "  fixed \n"}}, "1.2")

CASES = [
    ("a small fix of the suspected line", attempt(), diagnosis(("shop/cart.py", 48)), (), 0, ""),
    ("no diagnosis", attempt(), None, (), 0, ""),
    ("no suspects", attempt(), diagnosis(), (), 0, ""),
    ("a suspect without a line", attempt(), diagnosis(("shop/cart.py", None)), (), 0, ""),
    ("far from the suspected line", attempt(), diagnosis(("shop/cart.py", 3)), (), 5, "cart.py:3"),
    ("one of two suspects", attempt(), diagnosis(("a.py", 1), ("shop/cart.py", 50)), (), 0, ""),
    ("another file", attempt(), diagnosis(("shop/tax.py", 50)), (), 15, "`shop/tax.py`"),
    ("a literal", warned("literals"), None, (), 20, "guard literals warns"),
    ("two literals", warned("literals", "literals"), None, (), 40, "seen by literals."),
    ("many warnings", warned(*["literals"] * 9), None, (), 45, "+5 guard literals"),
    ("another warning", warned("modes"), None, (), 5, "+5 guard modes warns: seen by modes."),
    ("size", attempt(MANY), None, (), 15, "200 lines"),
    ("revert", attempt(label="revert"), None, (), 10, "takes the author's change back"),
    ("two fixes at two places", attempt(), None, (ELSEWHERE,), 15, "candidate 1.2 passes as well"),
    ("two fixes of one place", attempt(), None, (BESIDE,), 5, "the same place in another way"),
    ("two ways to lay one fix out", attempt(), None, (SAME,), 0, ""),
    ("itself", attempt(), None, (attempt(),), 0, ""),
    ("rejected rival", attempt(), None, (replace(ELSEWHERE, verdict=REJECTED),), 0, ""),
    ("rival that git refused", attempt(), None, (replace(ELSEWHERE, candidate=None),), 0, ""),
    ("clean signals", signals(("canary", Standing.CLEAN, "It was red.")), None, (), 0, ""),
    ("signals that are off", signals(("checks", Standing.OFF, "None.")), None, (), 0, ""),
    ("a missing signal", signals(("canary", Standing.MISSING, "No way.")), None, (), 5, "No way."),
    (
        "many missing signals",
        signals(*((f"s{n}", Standing.MISSING, "") for n in range(9))), None, (), 20, "s3 is miss",
    ),
    ("doubt of a judge", signals(("judge", Standing.AGAINST, "Odd.")), None, (), 25, "Odd."),
    ("no time", signals(("durations", Standing.CLEAN, "9 s, now 0 s.")), None, (), 10, "9 s"),
    ("usual time", signals(("durations", Standing.CLEAN, "")), None, (), 0, ""),
    ("a single test", tried(replace(PROVEN, pass_to_pass=0)), None, (), 10, "no test that passed"),
    ("excused cases", tried(replace(PROVEN, excused=(CASE,))), None, (), 5, "1 broken case(s)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "found", "others", "score", "why"), [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)  # fmt: skip
def test_each_sign_has_its_points(
    one: Attempt, found: Diagnosis | None, others: tuple[Attempt, ...], score: int, why: str
) -> None:
    """The score is what the reasons add up to, and they say what was seen."""
    risk = assess(one, found, others)
    assert risk.score == score
    assert sum(int(m[1]) for r in risk.reasons if (m := re.match(r"\+(\d+) ", r))) == score
    assert why in " ".join(risk.reasons)
    assert bool(risk.reasons) is bool(score)


def test_everything_at_once_is_a_hundred() -> None:
    """The score has an end, the reasons go on."""
    one = replace(
        warned(*["literals"] * 3),
        candidate=candidate(MANY),
        draft=Draft(label="revert"),
        trial=Trial(signals=tuple(Signal(f"s{n}", Standing.AGAINST) for n in range(3))),
    )
    risk = assess(one, diagnosis(("shop/tax.py", 1)), (ELSEWHERE,))
    assert risk.score == 100
    assert len(risk.reasons) == 10


def test_without_a_candidate_there_is_nothing_to_say() -> None:
    """What git refused has no risk."""
    assert assess(replace(attempt(), candidate=None), diagnosis(("a", 1)), ()) == Risk(0)


def test_a_new_file_and_a_binary_are_read() -> None:
    """A path without an old side, and a diff without hunks, are no error."""
    new = b"diff --git a/n.py b/n.py\nnew file mode 100644\n--- /dev/null\n"
    new += b"+++ b/n.py\n@@ -0,0 +1 @@\n+x\n"
    binary = (
        b"diff --git a/x.bin b/x.bin\nindex 1..2 100644\nBinary files a/x.bin and b/x.bin differ\n"
    )
    for diff in (new, binary, b""):
        made = replace(candidate({}), diff=diff, tree="t")
        assert assess(replace(attempt(), candidate=made), None, (ELSEWHERE,)).score == 15
