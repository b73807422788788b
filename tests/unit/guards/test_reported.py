from __future__ import annotations

import pytest

from gatekeeper.domain import CaseId, CaseResult, CaseState, RunReport
from gatekeeper.guards.reported import reported_tests
from tests.support.trees import candidate, tree

DOCTEST = 'def add(a, b):\n    """Add.\n\n    >>> add(1, 2)\n    3\n    """\n    return a - b\n'
CHECK = "from calc import add\n\n\ndef check_add():\n    assert add(1, 2) == 3\n"
INHERITS = "from base import Common\n\n\nclass CheckAdd(Common):\n    pass\n"
SCRIPT = "check('adds', () => equal(add(1, 2), 3))\n"


def report(*cases: tuple[str, str, str]) -> RunReport:
    """A report of passed cases: class name, name, file."""
    return RunReport(
        tuple(CaseResult(CaseId(c, n), CaseState.PASSED, file=file) for c, n, file in cases)
    )


@pytest.mark.parametrize(
    ("path", "old", "new", "case"),
    [
        ("checks/check_add.py", CHECK, CHECK.replace("3", "-1"), ("checks.check_add", "check_add")),
        ("checks/check_add.py", CHECK, None, ("checks.check_add", "check_add[1-2]")),
        ("checks/check_add.py", INHERITS, "", ("checks.check_add.CheckAdd", "check_it")),
        ("add.py", DOCTEST, DOCTEST.replace("    3\n", "    -1\n"), ("add", "add.add")),
        ("add.py", DOCTEST, DOCTEST.replace(">>> add(1, 2)\n    3", ""), ("add", "add.add")),
        ("checks/add.mjs", SCRIPT, SCRIPT.replace("3", "-1"), ("test", "adds")),
        ("guide.rst", ">>> 1 + 1\n3\n", ">>> 1 + 1\n2\n", ("", "guide.rst")),
    ],
    ids=["weakened", "deleted", "inherited", "example", "no example", "script", "text"],
)
@pytest.mark.parametrize("root", ["", "./", "/builds/group/project/"])
def test_a_file_that_the_report_names_as_a_test_is_not_changed(
    path: str, old: str, new: str | None, case: tuple[str, str], root: str
) -> None:
    """Whatever its name, and from wherever the report names it."""
    before, after = tree({path: old}), tree({} if new is None else {path: new})
    guard = reported_tests(report((*case, root + path)))
    findings = list(guard(candidate(before, after), before, after))
    assert [(f.guard, f.level, f.path) for f in findings] == [("paths", "block", path)]


@pytest.mark.parametrize(
    ("path", "old", "new", "case"),
    [
        ("add.py", DOCTEST, DOCTEST.replace("a - b", "a + b"), ("add", "add.add", "add.py")),
        ("add.py", DOCTEST, DOCTEST.replace("a - b", "a + b"), ("add", "add", "add.py")),
        ("add.py", CHECK, "", ("ruff", "ruff::format", "add.py")),
        ("add.py", CHECK, "", ("t", "check_add", "other/checks.py")),
        ("add.py", CHECK, "", ("t", "check_add", "")),
    ],
    ids=["doctest stays", "doctest of a module", "linter", "other file", "no file"],
)
def test_product_code_stays_free(path: str, old: str, new: str, case: tuple[str, str, str]) -> None:
    """A fix above a doctest, and a file that a linter's case names, are no change of a test."""
    before, after = tree({path: old}), tree({path: new})
    assert not list(reported_tests(report(case))(candidate(before, after), before, after))
