"""pytest, and unittest run by it: a module beside that of a failing test."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gatekeeper.domain import CaseId, CaseResult, CaseState, Overlay
from gatekeeper.ports import Tree
from gatekeeper.runners import pytest
from gatekeeper.runners.gatemade import Canary, Names, text_of

NONE = "no file of a failing test is known, beside which pytest would find another"


def make(failing: Sequence[CaseResult], tree: Tree, names: Names) -> Canary | str:
    """Functions like the failing one, or a TestCase where it is in one; or why there is none."""
    for case in failing:
        ids = pytest.node_ids((case,), tree)
        path, *inside = (ids or ("",))[0].partition("[")[0].split("::")
        if path.endswith(".py"):
            break
    else:
        return NONE
    name = inside[-1] if inside else "test"
    red, control = (f"{name}_{names.letters(which)}" for which in ("red", "control"))
    owner = inside[0] if len(inside) > 1 else ""
    beside = beside_of(path, names.letters("file"))
    if owner and _is_testcase(text_of(tree, path), owner):
        owner = f"{owner}{names.letters('class').title()}"
        text = _testcase(owner, red, control, names)
    else:
        owner, text = "", _functions(red, control, names)
    module = beside.removesuffix(".py").replace("/", ".")
    cases = tuple(
        CaseResult(
            CaseId(f"{module}.{owner}" if owner else module, each), CaseState.FAILURE, file=beside
        )
        for each in (red, control)
    )
    return Canary(Overlay(beside, text.encode()), red, control, cases)


def beside_of(path: str, letters: str) -> str:
    """A file in the same folder whose name is built alike: `test_a.py`, `test_a_LETTERS.py`."""
    folder, slash, name = path.rpartition("/")
    stem, dot, ending = name.partition(".")
    built = re.fullmatch(r"(.*?)((?:[-_](?:tests?|specs?))?)", stem, re.IGNORECASE)
    before, after = (built[1], built[2]) if built and built[1] else (stem, "")
    return f"{folder}{slash}{before}{'-' if '-' in stem else '_'}{letters}{after}{dot}{ending}"


def _is_testcase(text: str, owner: str) -> bool:
    return re.search(rf"(?m)^class {re.escape(owner)}\(.*TestCase\b", text) is not None


def _values(names: Names) -> tuple[str, str, str]:
    given = [names.number(each) % 1000 for each in ("a", "b", "c")]
    right = sorted(given)
    return repr(given), repr(right), repr([*right, names.number("d")])


def _functions(red: str, control: str, names: Names) -> str:
    given, right, wrong = _values(names)
    return (
        f"def {control}():\n    assert sorted({given}) == {right}\n\n\n"
        f"def {red}():\n    assert sorted({given}) == {wrong}\n"
    )


def _testcase(owner: str, red: str, control: str, names: Names) -> str:
    given, right, wrong = _values(names)
    return (
        f"import unittest\n\n\nclass {owner}(unittest.TestCase):\n"
        f"    def {control}(self):\n        self.assertEqual(sorted({given}), {right})\n\n"
        f"    def {red}(self):\n        self.assertEqual(sorted({given}), {wrong})\n"
    )
