"""unittest writes no JUnit; pytest runs such tests as they are and does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gatekeeper.domain import CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners import pytest, shell
from gatekeeper.runners.model import Found, Reporting, Runner


def find(tree: Tree) -> Found | None:
    """By a test file that imports unittest."""
    for path in sorted(tree.paths()):
        if not path.rpartition("/")[2].startswith("test") or not path.endswith(".py"):
            continue
        text = (tree.read(path) or b"").decode("utf-8", "replace")
        if re.search(r"(?m)^\s*(import|from) unittest\b", text):
            why = f"{path} imports unittest; pytest runs it and writes the report"
            return Found("python3 -m pytest", why, pytest.IMAGE, setup=pytest.install(tree))
    return None


def report(command: str) -> Reporting | None:
    """The same as for pytest: `python -m unittest` itself has no report to give."""
    return pytest.report(command)


def narrow(command: str, cases: Sequence[CaseResult], tree: Tree) -> str | None:
    """The same as for pytest."""
    return pytest.narrow(command, cases, tree)


def runs_plain(command: str) -> bool:
    """Whether the command is `python -m unittest`, which cannot report."""
    return bool(shell.calls(command, shell.called("unittest")))


RUNNER = Runner("unittest", find, report, narrow, pytest.RUNNER.nothing_ran)
