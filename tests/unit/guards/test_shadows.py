"""New names that take the place of the runner, the interpreter's start or the library."""

from __future__ import annotations

import pytest

from gatekeeper.guards.shadows import no_shadowing
from tests.support.trees import candidate, tree

BASE = {
    "src/shop/__init__.py": "", "src/shop/core.py": "", "pyproject.toml": "", "types.py": "x\n",
    "service/setup.py": "", "service/code.py": "", "src/queue/__init__.py": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "blocks"),
    [
        ("sitecustomize.py", True), ("src/shop/usercustomize.py", True), ("a.pth", True),
        ("sitecustomize/__init__.py", True), ("pytest.py", True), ("src/pytest.py", True),
        ("_pytest/__init__.py", True), ("pluggy/__init__.py", True), ("unittest.py", True),
        ("src/unittest/__init__.py", True), ("json.py", True), ("src/json/__init__.py", True),
        ("service/json.py", True), ("service/pluggy.cpython-311-x86_64-linux-gnu.so", True),
        ("src/shop/__pycache__/core.cpython-311.pyc", True), ("src/shop/core.pyc", True),
        ("evil-1.0.dist-info/entry_points.txt", True), ("src/shop/json.py", False),
        ("src/shop/pytest.py", False), ("src/shop/types.py", False), ("src/shop/new.py", False),
        ("helpers.py", False), ("src/basket.py", False), ("src/shop/unittest/__init__.py", False),
        ("docs/calendar.py", False), ("json/data.txt", False), ("src/queue/more.py", False),
        ("web/src/json.js", False), ("types.py", False), ("service/code.py", False),
    ],
)  # fmt: skip
def test_new_name_that_shadows_is_blocked(path: str, blocks: bool) -> None:
    """Only what Python would load in place of something else is a finding."""
    before = tree(BASE)
    after = tree({**BASE, path: "changed\n"})
    guard = no_shadowing()
    findings = list(guard(candidate(before, after), before, after))
    assert [f.path for f in findings] == ([path] if blocks else [])


def test_deleting_a_shadowing_file_is_free() -> None:
    """Taking such a file away is an honest repair."""
    before, after = tree({"json.py": "x"}), tree({})
    assert list(no_shadowing()(candidate(before, after), before, after)) == []
