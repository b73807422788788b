"""The commands of the runners, really run: the report appears, and selecting reruns what failed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from gatekeeper import process, runners
from gatekeeper.domain import CaseState, RunReport
from gatekeeper.intake.junit import read_reports
from gatekeeper.settings import SandboxSection, SuiteSection

TOOLS = Path(__file__).parents[2] / ".cache" / "npm-tools" / "node_modules" / ".bin"


class Folder:
    """The files of a folder, as they were before anything ran."""

    def __init__(self, root: Path, files: Mapping[str, str]) -> None:
        self.root = root
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        self._paths = frozenset(files)

    def paths(self) -> frozenset[str]:
        return self._paths

    def read(self, path: str) -> bytes | None:
        return (self.root / path).read_bytes() if path in self._paths else None


def run(folder: Folder, command: tuple[str, tuple[str, ...]], *path: Path) -> RunReport:
    """Run a command as an engine does and read its reports."""
    programs = os.pathsep.join(
        [*map(str, path), str(Path(sys.executable).parent), os.environ["PATH"]]
    )
    env = {"PATH": programs, "HOME": str(folder.root), "PYTHONDONTWRITEBYTECODE": "1"}
    process.run(["sh", "-c", command[0]], cwd=folder.root, env=env, check=False, timeout=120)
    found = [each for glob in command[1] for each in folder.root.glob(glob)]
    assert found, "no report was written"
    return read_reports([(each.name, each.read_bytes()) for each in found])


def both(folder: Folder, *path: Path, **tests: str) -> tuple[runners.Plan, RunReport, RunReport]:
    """The report of the suite and that of its failing cases alone."""
    plan = runners.plan_for(SuiteSection(**tests), SandboxSection(), folder)
    whole = run(folder, runners.suite(plan, "one"), *path)
    selected = runners.select(plan, whole.failing, folder, "two")
    assert selected is not None
    return plan, whole, run(folder, selected, *path)


PYTHON = """
import pytest, unittest
class TestX:
    @pytest.mark.parametrize("v", ["a b", "x/y", "n::m", "1", "$(touch hacked)", "'; touch hacked"])
    def test_p(self, v): assert v == "1"
    def test_ok(self): pass
class Old(unittest.TestCase):
    def test_old(self): self.fail("x")
def test_plain(): assert 0
"""


@pytest.mark.parametrize("command", ["", "python3 -m pytest -q -x tests", "sh -c 'exec pytest'"])
def test_pytest_selects_what_failed(tmp_path: Path, command: str) -> None:
    """Parameters of any spelling, classes, unittest cases and a module that cannot be imported.

    Neither the broken module nor `-x` hides another case.
    """
    folder = Folder(tmp_path, {"tests/test_a.py": PYTHON, "tests/sub/test_b.py": "import gone_\n"})
    if command.startswith("sh"):
        plan = runners.plan_for(SuiteSection(command=command), SandboxSection(), folder)
        assert run(folder, runners.suite(plan, "one")).counts.tests == 10
        return
    _, whole, again = both(folder, command=command)
    assert whole.counts.passed == 2
    assert {case.id for case in whole.failing} == {case.id for case in again.failing}
    assert CaseState.ERROR in again.states.values()
    assert not (tmp_path / "hacked").exists()


def test_unittest_runs_through_pytest(tmp_path: Path) -> None:
    """A project of plain unittest has a report and can be selected from."""
    text = (
        "import unittest\nclass Case(unittest.TestCase):\n"
        "    def test_bad(self): self.fail()\n    def test_good(self): pass\n"
    )
    plan, whole, again = both(Folder(tmp_path, {"test_u.py": text}))
    assert plan.runner == "unittest"
    assert (whole.counts.tests, whole.counts.passed) == (2, 1)
    assert [case.id.name for case in again.cases] == ["test_bad"]


def test_a_command_in_another_folder_still_reports(tmp_path: Path) -> None:
    """The report's path holds where the command has changed the folder."""
    folder = Folder(tmp_path, {"api/test_a.py": "def test_a(): pass\n"})
    plan = runners.plan_for(SuiteSection(command="cd api && pytest"), SandboxSection(), folder)
    assert run(folder, runners.suite(plan, "one")).counts.passed == 1


@pytest.mark.npm
def test_node_selects_what_failed(tmp_path: Path) -> None:
    """Nested suites, names with quotes, patterns and shell text, and a script from package.json."""
    text = (
        "const test = require('node:test'); const assert = require('node:assert');\n"
        "test('ok [1]', () => {});\n"
        "test('adds $(touch hacked) \"q\" it\\'s [a-z]', () => assert.equal(1 + 1, 3));\n"
        "test.describe('group', () => { test.it('inner (x)', () => assert.ok(false)); });\n"
    )
    script = '{"scripts": {"test": "node --test --test-reporter spec test/*.js"}}'
    folder = Folder(tmp_path, {"test/a.test.js": text, "package.json": script})
    plan, whole, again = both(folder, TOOLS)
    assert plan.runner == "node"
    assert (whole.counts.tests, whole.counts.passed) == (3, 1)
    assert {case.id for case in again.cases} == {case.id for case in whole.failing}
    assert not (tmp_path / "hacked").exists()
