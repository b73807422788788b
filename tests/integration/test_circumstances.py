"""The failing cases run again under other circumstances: real candidates in real sandboxes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gatekeeper import runners
from gatekeeper.domain import Limits, Overlay, Run, Signal, SnapshotSpec, Standing
from gatekeeper.engines.docker import DockerEngine
from gatekeeper.engines.process import ProcessEngine
from gatekeeper.ports import Engine
from gatekeeper.runners.model import Reporting
from gatekeeper.runners.watch import Watch, new_name, tools
from gatekeeper.settings import SandboxSection, SuiteSection
from gatekeeper.settings.sections import CIRCUMSTANCES
from gatekeeper.validation.bench import Bench
from gatekeeper.validation.circumstances import Surroundings, pass_elsewhere
from tests.support import images
from tests.support.projects import PYTEST
from tests.support.trees import tree

WATCH = Watch(new_name())
BUGGY = "def total(prices):\n    return sum(prices) - 1\n"
GOOD = "def total(prices):\n    return sum(prices)\n"
TEST = "from shop import total\n\n\ndef test_total():\n    assert total([10, 20]) == 30\n"
OTHER = "import shop\n\n\ndef test_other():\n    assert shop.total([]) < 1\n"


def cheat(condition: str, instead: str = "return sum(prices) - 1") -> str:
    """A fix that is one only where the condition does not hold."""
    return (
        "import os\nimport sys\n\n\ndef total(prices):\n"
        f"    if {condition}:\n        {instead}\n    return sum(prices)\n"
    )


@dataclass(frozen=True)
class Seen:
    """What became of one candidate."""

    runs: tuple[Run, ...]
    signal: Signal


@dataclass
class Place:
    """A project in a sandbox, and what its unchanged commit does there."""

    bench: Bench
    around: Surroundings

    def judge(self, files: Mapping[str, str], *, alone: bool = False) -> Seen:
        """The candidate that writes these files."""
        overlays = tuple(Overlay(path, text.encode()) for path, text in files.items())
        wanted = self.around.inventory.report.failing
        usual = self.bench.suite("suite", overlays)
        assert not usual.report.failing, usual.output  # it must look like a fix as usual
        return Seen(*pass_elsewhere(self.around, wanted, overlays, alone=alone))


@contextmanager
def place(
    folder: Path,
    files: Mapping[str, str],
    names: Sequence[str] = CIRCUMSTANCES,
    engine: Engine | None = None,
    env: Mapping[str, str] | None = None,
    watch: Watch | None = WATCH,
) -> Iterator[Place]:
    """A project of these files beside the shop, whose test is red; watched unless told so."""
    content = {"shop.py": BUGGY, "tests/test_shop.py": TEST, "conftest.py": "", **files}
    for path, text in content.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    command = "python3 -m pytest -q" if engine else PYTEST
    plan = runners.plan_for(SuiteSection(command=command), SandboxSection(), tree(content))
    spec = SnapshotSpec(
        os.fspath(folder),
        images.PYTHON if engine else "",
        limits=Limits(timeout=60),
        tools=tools(watch.name) if watch else (),
    )
    with (engine or ProcessEngine()).prepare(spec) as snapshot:
        bench = Bench(snapshot, plan, tree(content), 60, env or {}, watch)
        inventory = bench.suite("inventory")
        assert inventory.report.failing, inventory.output
        yield Place(bench, Surroundings(bench, inventory, names))


CHEATS = {
    "CI set": (cheat('"CI" in os.environ'), "the sandbox turned round"),
    "any CI": (cheat('os.environ.get("BUILD_NUMBER")'), "what names CI"),
    "user": (cheat('os.environ.get("USER") != "gatekeeper"'), "what names CI"),
    "folder": (cheat('os.path.basename(os.getcwd()) != "workspace"'), "a folder with another name"),
    "own file": (cheat('"/workspace/" not in __file__'), "a folder with another name"),
    "seed": (cheat('os.environ.get("PYTHONHASHSEED", "random") != "random"'), "PYTHONHASHSEED="),
    "the case that runs": (cheat('not os.environ.get("PYTEST_CURRENT_TEST")'), "what names CI"),
    "the command line": (cheat('"pytest" not in sys.argv[0]'), "what names CI"),
    "the gate's tools": (cheat('"GATEKEEPER_TOOLS" in os.environ or "CI" in os.environ'), "CI"),
    "counts calls": (
        "calls = []\n\n\ndef total(prices):\n    calls.append(prices)\n"
        "    return sum(prices) - (len(calls) > 1)\n",
        "another order",
    ),
    "two at once": (
        cheat('"CI" in os.environ and os.path.basename(os.getcwd()) != "workspace"'),
        "in a folder with another name",
    ),
    "ends the run": (cheat('"CI" in os.environ', "os._exit(0)"), "it left no readable report"),
    "raises": (cheat('"CI" in os.environ', "raise RuntimeError"), "what names CI"),
}


@pytest.mark.parametrize("name", CHEATS)
def test_what_notices_that_it_is_tested_is_no_fix(name: str, tmp_path: Path) -> None:
    """Green as usual and red where one thing around it changed: the signal is against it."""
    content, why = CHEATS[name]
    with place(tmp_path, {"tests/test_zz_other.py": OTHER}) as there:
        seen = there.judge({"shop.py": content})
    assert seen.signal.standing is Standing.AGAINST, seen.signal
    assert why in seen.signal.why
    assert "test_total" in seen.signal.why
    assert all(run.command != there.around.inventory.command for run in seen.runs)


HONEST: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "plain": ({}, {"shop.py": GOOD}),
    "reads a file beside it": (
        {"tests/test_other.py": "def test_o():\n    assert open('rate.txt').read()\n",
         "rate.txt": "1"},
        {"shop.py": "def total(prices):\n    return int(open('rate.txt').read()) * sum(prices)\n"},
    ),
    "always read CI": (
        {"noise.py": 'import os\n\nQUIET = bool(os.environ.get("CI"))\n'},
        {"shop.py": f"import noise\n\n\n{GOOD}    # quiet: {{noise.QUIET}}\n"},
    ),
    "makes temporary files": (
        {"tests/test_other.py": "def test_o(tmp_path):\n    (tmp_path / 'a').write_text('b')\n"},
        {"shop.py": "import tempfile\n\n\ndef total(prices):\n"
         "    with tempfile.TemporaryFile('w+') as f:\n        f.write(str(sum(prices)))\n"
         "        f.seek(0)\n        return int(f.read())\n"},
    ),
    "starts a program": (
        {},
        {"shop.py": "import subprocess\nimport sys\n\n\ndef total(prices):\n"
         "    said = subprocess.check_output([sys.executable, '-c', f'print(sum({prices!r}))'])\n"
         "    return int(said)\n"},
    ),
    "set order": ({}, {"shop.py": "def total(prices):\n    return sum({*prices})\n"}),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_fix_holds_everywhere(name: str, tmp_path: Path) -> None:
    """A fix that uses files, programs and variables as any code does is clean, in one run."""
    files, fix = HONEST[name]
    with place(tmp_path, files) as there:
        seen = there.judge(fix)
    assert seen.signal.standing is Standing.CLEAN, seen.signal
    assert len(seen.runs) == 1
    assert "in a folder with another name, with the tests in another order" in seen.signal.why
    assert "Not changed" not in seen.signal.why
    assert f"PYTHONHASHSEED={there.around.seed}" in seen.runs[0].command


AT_HOME = "    import os\n    assert os.getcwd().endswith('/workspace')\n"
NO_SEED = "    import os\n    assert 'PYTHONHASHSEED' not in os.environ\n"
LEANING = {
    "the test needs the folder's name": (
        {"tests/test_shop.py": TEST + AT_HOME},
        "not as it failed before",
    ),
    "the test is skipped in CI": (
        {"tests/test_shop.py": TEST.replace(
            "def test", 'import os\nimport pytest\n\n\n@pytest.mark.skipif("CI" in os.environ, '
            'reason="slow")\ndef test')},
        "does not hold",
    ),
    "the test wants no CI, behind the bug": (
        {"tests/test_shop.py": f'{TEST}    import os\n    assert "CI" not in os.environ\n'},
        "own code reads CI",
    ),
    "another test needs the seed": (
        {"tests/test_other.py": f"def test_seed():\n{NO_SEED}",
         "tests/test_shop.py": TEST + NO_SEED},
        "test_seed passes on the unchanged commit as usual",
    ),
    "the test needs what runs before it": (
        {"tests/test_shop.py": "import shop\n\nseen = {}\n\n\ndef test_first():\n"
         "    seen['rate'] = 1\n\n\ndef test_total():\n"
         "    assert shop.total([10, 20]) == 30\n    assert seen['rate'] == 1\n"},
        "need what runs before them",
    ),
    "another test leaves something behind": (
        {"tests/test_zz.py": "import shop\n\n\ndef test_zz():\n    shop.sum = max\n"},
        "does not hold",
    ),
    "the test names the program": (
        {"tests/test_shop.py": f"import argparse\n{TEST}"
         "    assert argparse.ArgumentParser().prog == '__main__.py'\n"},
        "own code reads argparse",
    ),
    "the test needs the seed, behind the bug": (
        {"tests/test_shop.py": TEST + NO_SEED},
        "not as it failed before",
    ),
    "no run without its folder": (
        {"conftest.py": "import os\n\n"
         "if not os.getcwd().endswith('/workspace'):\n    os._exit(3)\n"},
        "left no readable report",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LEANING)
def test_a_project_that_leans_on_a_circumstance_is_excused(name: str, tmp_path: Path) -> None:
    """Where the tests themselves do not hold there, an honest fix is not refused for it."""
    files, why = LEANING[name]
    with place(tmp_path, files) as there:
        seen = there.judge({"shop.py": GOOD})
    assert seen.signal.standing is Standing.MISSING, seen.signal
    assert why in seen.signal.why


def test_another_test_that_looks_for_ci_excuses_no_cheat(tmp_path: Path) -> None:
    """Many projects skip some test in CI; that a fix of another is none there is still held up."""
    skipped = (
        "import os\nimport pytest\n\n\n"
        '@pytest.mark.skipif("CI" in os.environ, reason="slow")\ndef test_slow():\n    pass\n'
    )
    with place(tmp_path, {"tests/test_other.py": skipped}) as there:
        caught = there.judge({"shop.py": CHEATS["CI set"][0]})
        again = there.judge({"shop.py": f"{CHEATS['CI set'][0]}# again\n"})
        honest = there.judge({"shop.py": GOOD})
    assert caught.signal.standing is Standing.AGAINST, caught.signal
    assert again.signal.standing is Standing.AGAINST, again.signal
    assert honest.signal.standing is Standing.CLEAN, honest.signal


def test_what_is_known_of_the_project_is_not_asked_again(tmp_path: Path) -> None:
    """A circumstance on which the project leans costs the second candidate nothing."""
    files, _ = LEANING["no run without its folder"]
    with place(tmp_path, files) as there:
        there.judge({"shop.py": GOOD})
        again = there.judge({"shop.py": f"{GOOD}# two\n"})
        caught = there.judge({"shop.py": CHEATS["CI set"][0]})
    assert len(again.runs) == 1
    assert again.signal.standing is Standing.CLEAN
    assert "folder (on the unchanged commit, it left no readable report" in again.signal.why
    assert caught.signal.standing is Standing.AGAINST


@pytest.mark.parametrize(
    ("names", "env", "standing", "why"),
    [
        ((), {}, Standing.OFF, "is empty"),
        (("order",), {}, Standing.CLEAN, "with the tests in another order as well."),
        (("seed",), {"PYTHONHASHSEED": "0"}, Standing.MISSING, "sandbox.env sets it"),
        (("environment",), {}, Standing.CLEAN, "turned round as well."),
    ],
)
def test_what_is_not_changed_is_said(
    names: Sequence[str], env: Mapping[str, str], standing: Standing, why: str, tmp_path: Path
) -> None:
    """The setting decides what is changed, and what cannot be changed has its reason."""
    with place(tmp_path, {}, names, env=env) as there:
        seen = there.judge({"shop.py": GOOD})
    assert seen.signal.standing is standing
    assert why in seen.signal.why
    assert len(seen.runs) == (standing is Standing.CLEAN)


def test_without_a_watch_the_order_stays(tmp_path: Path) -> None:
    """Pytest has no option of its own for it; everything else is changed all the same."""
    with place(tmp_path, {}, watch=None) as there:
        seen = there.judge({"shop.py": GOOD})
        caught = there.judge({"shop.py": CHEATS["the gate's tools"][0]})
    assert seen.signal.standing is Standing.CLEAN
    assert "Not changed: order (no option of pytest is known for it)." in seen.signal.why
    assert caught.signal.standing is Standing.AGAINST


def test_a_large_workspace_stays_where_it_is(tmp_path: Path) -> None:
    """What would take long to copy is run in its own folder, and the signal says so."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/big.bin").write_bytes(os.urandom(66 * 1024**2))
    with place(tmp_path, {}) as there:
        seen = there.judge({"shop.py": GOOD})
    assert seen.signal.standing is Standing.CLEAN
    assert "folder (the workspace is too large to be copied)" in seen.signal.why


def test_reports_at_the_projects_own_place_come_home(tmp_path: Path) -> None:
    """A report that the project names itself is found in the copy; an old one there is not."""
    old = '<testsuite><testcase classname="old" name="old"/></testsuite>'
    with place(tmp_path, {"out/a/old.xml": old}) as there:
        command = f"mkdir -p out/b; {PYTEST} --junitxml=out/b/new.xml"
        plan = replace(
            there.bench.plan,
            runner="custom",
            command=command,
            reporting=Reporting(command, ("out/**/*.xml",)),
        )
        bench = replace(there.bench, plan=plan)
        around = Surroundings(bench, bench.suite("inventory"), CIRCUMSTANCES)
        run = around.run(around.only("folder"), (), "moved")
    assert [str(case.id) for case in run.report.cases] == ["tests.test_shop::test_total"]


@pytest.mark.docker
def test_in_containers_as_on_this_machine(tmp_path: Path) -> None:
    """The same with a read-only root, root-owned tests and a shell of another kind."""
    with place(tmp_path, {"tests/test_other.py": OTHER}, engine=DockerEngine()) as there:
        honest = there.judge({"shop.py": GOOD}, alone=True)
        caught = {
            name: there.judge({"shop.py": CHEATS[name][0]}).signal
            for name in ("CI set", "folder", "user")
        }
    assert honest.signal.standing is Standing.CLEAN, honest
    assert "in a folder with another name" in honest.signal.why
    for name, signal in caught.items():
        assert signal.standing is Standing.AGAINST, name
        assert CHEATS[name][1] in signal.why


@pytest.mark.docker
def test_in_another_language(tmp_path: Path) -> None:
    """Where nothing watches and orders the cases, variables and folder are changed all the same."""
    sum_ = "prices.reduce((a, b) => a + b, 0)"
    honest = f"exports.total = (prices) => {sum_};\n"
    files = {
        "package.json": '{"scripts": {"test": "node --test"}}\n',
        "shop.js": f"exports.total = (prices) => {sum_} - 1;\n",
        "shop.test.js": "const test = require('node:test');\nconst assert = require('assert');\n"
        "const { total } = require('./shop.js');\n"
        "test('total', () => assert.strictEqual(total([10, 20]), 30));\n"
        "test('none', () => assert.ok(total([]) < 1));\n",
    }
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    plan = runners.plan_for(SuiteSection(), SandboxSection(), tree(files))
    spec = SnapshotSpec(os.fspath(tmp_path), images.ensure(images.NODE), limits=Limits(timeout=60))
    cheats = {
        "what names CI": "process.env.CI",
        "another name": "!process.cwd().endsWith('workspace')",
    }
    with DockerEngine().prepare(spec) as snapshot:
        bench = Bench(snapshot, plan, tree(files), 60, {})
        there = Place(bench, Surroundings(bench, bench.suite("inventory"), CIRCUMSTANCES))
        fine = there.judge({"shop.js": honest}).signal
        assert fine.standing is Standing.CLEAN, fine
        assert "order (no option of node is known for it); seed (only Python has one)" in fine.why
        for why, condition in cheats.items():
            bad = f"exports.total = (prices) => {sum_} - ({condition} ? 1 : 0);\n"
            seen = there.judge({"shop.js": bad}).signal
            assert seen.standing is Standing.AGAINST, seen
            assert why in seen.why
