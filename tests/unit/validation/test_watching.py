"""What is believed of a record, and what it says of a candidate."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from gatekeeper.domain import (
    CaseId,
    CaseResult,
    CaseState,
    Ending,
    Record,
    Run,
    RunReport,
    SeenCase,
    Standing,
)
from gatekeeper.runners.watch import key_of
from gatekeeper.validation.watching import MAC, read_record, told, watch_signal

KEY = b"k" * 32
PASSED, FAILURE, ERROR = CaseState.PASSED, CaseState.FAILURE, CaseState.ERROR
A, B = CaseId("tests.test_a", "test_a"), CaseId("tests.test_a", "test_b")


def line(number: int, kind: str, *values: str, tag: str = "p0", key: bytes = KEY) -> bytes:
    """One line as the watch writes it."""
    text = ascii((tag, number, kind, *values)).encode()
    code = hmac.new(key_of(key, tag), text, hashlib.sha256).hexdigest()[:MAC]
    return code.encode() + b" " + text + b"\n"


BEGIN = line(0, "begin", "3.12.1")
CASE = line(1, "case", "tests.test_a", "test_a", "passed")
END = line(2, "end", "0")


def test_a_whole_record_is_read() -> None:
    """Cases, contacts, tampering and modules, each as it was told."""
    raw = BEGIN + b"".join(
        (
            line(1, "case", "tests.test_a", "test_a", "passed"),
            line(2, "contact", "looks at the call stack", "shop/a.py", "f"),
            line(3, "tamper", "replaced `_pytest.runner.x`", "shop/a.py", "g"),
            line(4, "modules", "json,sys"),
            line(5, "end", "0"),
        )
    )
    record = read_record(raw, KEY)
    assert record.cases == (SeenCase(A, PASSED),)
    assert [told(key) for key in record.contacts] == [("looks at the call stack", "shop/a.py", "f")]
    assert [told(k)[0] for k in record.tampering] == ["replaced `_pytest.runner.x`"]
    assert record.modules == {"json", "sys"}
    assert record.complete, record.note


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "holds nothing"),
        (BEGIN + CASE, "breaks off"),
        (BEGIN + END, "missing"),
        (BEGIN + CASE + CASE + END, "missing"),
        (BEGIN + CASE + END + CASE, "missing"),
        (BEGIN + line(1, "case", "a", "b", "passed", key=b"other") + END, "forged"),
        (BEGIN + CASE.replace(b"test_a'", b"test_b'") + END, "forged"),
        (BEGIN + b"hello\n" + CASE + END, "none of the watch"),
        (BEGIN + CASE + b"0" * 32 + b" " + b"(" * 5000 + b"\n" + END, "none of the watch"),
        (BEGIN + CASE + b"\xff\xfe ()\n" + END, "none of the watch"),
        (BEGIN + line(1, "fault", "KeyError") + END, "failed (KeyError)"),
        (BEGIN + CASE + END + line(0, "begin", "3", tag="p0.1"), "p0.1"),
    ],
)
def test_a_record_with_a_flaw_is_not_whole(raw: bytes, why: str) -> None:
    """Nothing, an end too early, gaps, repetitions, forgeries and rubbish: each is named."""
    record = read_record(raw, KEY)
    assert not record.complete
    assert why in record.note


@pytest.mark.parametrize(
    ("told_", "state"),
    [
        (["passed"], PASSED),
        (["raised yes", "passed"], FAILURE),
        (["raised yes", "failure"], FAILURE),
        (["raised yes", "again", "passed"], PASSED),  # run again by a plugin, and passed then
        (["raised yes", "raised no", "passed"], PASSED),
        (["passed", "error"], ERROR),  # its teardown failed
    ],
)
def test_who_raised_has_not_passed(told_: list[str], state: CaseState) -> None:
    """What was seen of the test itself counts more than what its report says."""
    words = [w.split() if w.startswith("raised") else ["case", w] for w in told_]
    lines = [line(n, w[0], *A_NAMES, w[1]) for n, w in enumerate(words, 1)]
    raw = BEGIN + b"".join(lines) + line(len(lines) + 1, "end", "0")
    record = read_record(raw, KEY)
    seen = run({A: PASSED}, record=record)
    assert record.complete, record.note
    assert record.cases[-1].state is state
    lied = state is not PASSED
    against = watch_signal(seen, run({A: FAILURE})).standing is Standing.AGAINST
    assert against == lied


A_NAMES = (A.classname, A.name)


def run(
    states: dict[CaseId, CaseState],
    seen: dict[CaseId, CaseState] | None = None,
    record: Record | None = None,
    **more: object,
) -> Run:
    """A run whose report says one thing and whose record says the same, or another."""
    report = RunReport(tuple(CaseResult(id_, state) for id_, state in states.items()))
    shown = states if seen is None else seen
    if record is None:
        fields = {"complete": True, **more}
        cases = tuple(SeenCase(id_, state) for id_, state in shown.items())
        record = Record(cases=cases, **fields)  # type: ignore[arg-type]
    return Run("suite", "pytest", 0, Ending.EXITED, 1.0, report, record=record)


STACK = frozenset({"looks at the call stack\tshop/a.py\tf"})
RUNNER = frozenset({"replaced `_pytest.reports.TestReport.failed`\tshop/a.py\tf"})
BORROWED = frozenset({"replaced `json.dumps`\tshop/a.py\tf"})
ELSEWHERE = frozenset({"replaced `json.dumps`\tshop/other.py\tf"})
GREEN, RED = {A: PASSED, B: PASSED}, {A: FAILURE, B: PASSED}


@pytest.mark.parametrize(
    ("candidate", "inventory", "standing", "why"),
    [
        (run(GREEN), run(RED), Standing.CLEAN, "2 case(s)"),
        (run(GREEN), run(RED, complete=False, note="n"), Standing.MISSING, "n."),
        (run(GREEN, complete=False, note="n"), run(RED), Standing.AGAINST, "n."),
        (run(GREEN, contacts=STACK), run(RED), Standing.AGAINST, "`shop/a.py` looks at"),
        (run(GREEN, contacts=STACK), run(RED, contacts=STACK), Standing.CLEAN, ""),
        (run(GREEN, tampering=RUNNER), run(RED), Standing.AGAINST, "TestReport.failed"),
        (run(GREEN, tampering=RUNNER), run(RED, tampering=RUNNER), Standing.CLEAN, ""),
        (run(GREEN, tampering=BORROWED), run(RED), Standing.AGAINST, "json.dumps"),
        (run(GREEN, tampering=ELSEWHERE), run(RED), Standing.CLEAN, ""),
        (run(GREEN, seen=RED), run(RED), Standing.AGAINST, "otherwise (failure)"),
        (run(GREEN, seen={B: PASSED}), run(RED), Standing.AGAINST, "was not seen"),
        (run(GREEN, seen={B: PASSED}), run(RED, seen={B: PASSED}), Standing.CLEAN, ""),
        (run(GREEN, seen=RED), run(GREEN, seen=RED), Standing.CLEAN, ""),
    ],
)
def test_what_is_new_speaks_against_a_candidate(
    candidate: Run, inventory: Run, standing: Standing, why: str
) -> None:
    """Only what the unchanged commit did not do, by files that the candidate changes."""
    signal = watch_signal(candidate, inventory, {"shop/a.py"})
    assert signal.standing is standing, signal
    assert why in signal.why


def test_a_file_that_the_candidate_leaves_alone_may_do_what_its_author_wrote() -> None:
    """The fix lets the tests get further: what they reach then is not the candidate's doing."""
    signal = watch_signal(run(GREEN, contacts=STACK), run(RED), {"shop/fixed.py"})
    assert signal.standing is Standing.CLEAN
