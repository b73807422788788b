"""What a backend is not told of."""

from __future__ import annotations

import dataclasses

import pytest

from gatekeeper.context.builder import Allowance, Known, build_context
from gatekeeper.context.held_out import hold_out
from gatekeeper.domain import (
    CaseId,
    CaseResult,
    CaseState,
    Context,
    Delta,
    FileChange,
    Passage,
    RunReport,
)
from gatekeeper.redact import Redactor
from tests.support.trees import tree

NUMBERS = range(1, 9)
FILES = {
    "shop/price.py": "def gross(net):\n    return net\n",
    "tests/test_price.py": "from shop.price import gross\n"
    + "".join(f"\n\ndef test_{n}():\n    assert gross({n}7) == {n}8\n" for n in NUMBERS),
}
DIFF = "diff --git a/tests/test_price.py b/tests/test_price.py\n--- a/tests/test_price.py\n"
DIFF += "+++ b/tests/test_price.py\n@@ -0,0 +1,2 @@\n" + "".join(
    f"+    assert gross({n}7) == {n}8\n" for n in NUMBERS
)
DELTA = Delta(
    head="abc",
    tree="t",
    base="def",
    files=(FileChange("tests/test_price.py", "M", "100644", "100644", added=8),),
    diff=DIFF.encode(),
)


LOG = Passage("job.log", 7, 7, tuple(f"E   assert {n}7 == {n}8" for n in NUMBERS))


def failing(*names: str, kind: str = "AssertionError") -> tuple[CaseResult, ...]:
    """Failing cases of tests/test_price.py."""
    return tuple(
        CaseResult(
            CaseId("tests.test_price", f"test_{name}"),
            CaseState.FAILURE,
            message=f"assert {name}7 == {name}8",
            kind=kind,
            details=f"    def test_{name}():\n>       assert gross({name}7) == {name}8\n",
            file="tests/test_price.py",
        )
        for name in names
    )


def built(cases: tuple[CaseResult, ...], share: float) -> Context:
    """The context of these failures."""
    allowance = Allowance(20_000, share)
    report = RunReport(cases=cases)
    known = Known(passages=(LOG,))
    return build_context(report, cases, DELTA, tree(FILES), known, allowance, Redactor({}))


def test_a_log_is_told_only_where_nothing_is_held_out() -> None:
    """A raw log quotes every case in its own way, so none of it is told beside held-out ones."""
    cases = failing(*map(str, NUMBERS))
    assert "# FAILURE_LOG: job.log (lines 7-14)" in built(cases, 0).text
    assert "FAILURE_LOG" not in built(cases, 0.25).text


def test_nothing_of_a_held_out_case_is_in_the_context() -> None:
    """Neither its name, its message, its source nor the author's diff of it is sent."""
    cases = failing(*map(str, NUMBERS))
    context = built(cases, 0.25)
    assert len(context.held_out) == 2
    assert "held_out: 2 more" in context.text
    for id_ in context.held_out:
        number = id_.name.removeprefix("test_")
        for told in (f"test_{number}", f"{number}7", f"{number}8"):
            assert told not in context.text, told
    shown = {case.id for case in cases} - set(context.held_out)
    for id_ in shown:
        assert f"def {id_.name}():" in context.text


@pytest.mark.parametrize(
    ("cases", "share", "held"),
    [
        (failing(*"12345678"), 0.25, 2),
        (failing(*"12345678"), 0.5, 4),
        (failing(*"12345678"), 0.0, 0),
        (failing(*"123"), 0.25, 1),
        (failing(*"12"), 0.5, 0),
        (failing(*"12") + failing(*"34", kind="KeyError"), 0.5, 0),
        (failing(*"123") + failing(*"4", kind="KeyError"), 0.25, 1),
        (failing("1", "1[a]", "1[b]", "1[c]"), 0.5, 0),
    ],
    ids=["a quarter", "half", "off", "at least one", "too few", "two causes", "one cause of two",
         "one test with parameters"],
)  # fmt: skip
def test_only_tests_that_fail_as_others_do_are_held_out(
    cases: tuple[CaseResult, ...], share: float, held: int
) -> None:
    """Of each cause most tests are shown, so that no backend must guess what nothing shows."""
    chosen = hold_out(cases, share, tree(FILES))
    assert len(chosen) == held
    assert all(case.kind != "KeyError" for case in chosen)


def test_the_choice_is_the_same_every_time() -> None:
    """Neither the order of the cases nor their messages decide which are held out."""
    cases = failing(*map(str, NUMBERS))
    other = tuple(dataclasses.replace(case, details="other") for case in reversed(cases))
    one, two = (hold_out(each, 0.25, tree(FILES)) for each in (cases, other))
    assert {case.id for case in one} == {case.id for case in two}


def test_a_test_that_cannot_be_told_from_its_file_is_shown() -> None:
    """Where the source cannot be hidden, holding the case out would be a pretence."""
    cases = tuple(
        dataclasses.replace(case, id=CaseId("tests.test_price", f"made up {n}"))
        for n, case in enumerate(failing(*"1234"))
    )
    assert not hold_out(cases, 0.5, tree(FILES))
