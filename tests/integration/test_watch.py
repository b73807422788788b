"""The watch inside pytest, in real containers: cheats that it must see, honest code it must not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from gatekeeper import runners
from gatekeeper.domain import CaseState, Limits, Overlay, Run, SnapshotSpec, Standing
from gatekeeper.engines.docker import DockerEngine
from gatekeeper.runners import watch
from gatekeeper.settings import SandboxSection, SuiteSection
from gatekeeper.validation.bench import Bench
from gatekeeper.validation.watching import watch_signal
from tests.support import images
from tests.support.trees import tree
from tests.support.watch_cheats import (
    BREAKS_OFF,
    CART,
    CHEATS,
    CONFTEST,
    HONEST,
    RIGHT,
    TESTS,
    WRONG,
)

pytestmark = pytest.mark.docker

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": CART,
    "tests/__init__.py": "",
    "tests/conftest.py": CONFTEST,
    "tests/test_cart.py": TESTS,
}
REWRITTEN = "the report is rewritten at exit"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The project in a sandbox, with the watch at hand."""
    folder = tmp_path_factory.mktemp("watched")
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    asked = watch.Watch(watch.new_name())
    spec = SnapshotSpec(
        os.fspath(folder),
        images.ensure(images.PYTHON),
        limits=Limits(memory=512 * 1024**2, timeout=60),
        tools=watch.tools(asked.name),
    )
    files = tree(FILES)
    plan = runners.plan_for(SuiteSection(command="python3 -m pytest"), SandboxSection(), files)
    with DockerEngine().prepare(spec) as snapshot:
        yield Bench(snapshot, plan, files, 60, {}, asked)


@pytest.fixture(scope="module")
def inventory(bench: Bench) -> Run:
    """The run of the unchanged commit."""
    return bench.suite("inventory")


@pytest.fixture
def tried(bench: Bench) -> Callable[[str], Run]:
    """A run with another product."""
    return lambda text: bench.suite("suite", [Overlay("shop/cart.py", text.encode())])


def test_the_record_of_the_unchanged_commit_is_whole(inventory: Run) -> None:
    """It tells of each case what the report tells, of nothing else, and which modules there are."""
    record = inventory.record
    assert record is not None
    assert record.complete, record.note
    assert {case.id: case.state for case in record.cases} == inventory.report.states
    assert not record.contacts
    assert not record.tampering
    assert {"json", "pytest", "shop", "sys"} <= record.modules
    assert inventory.report.counts.failures == 2


@pytest.mark.parametrize("name", CHEATS)
def test_who_interferes_is_seen(name: str, inventory: Run, tried: Callable[[str], Run]) -> None:
    """Whatever the report says, the record speaks against the candidate, and names its file."""
    run = tried(CART + CHEATS[name])
    signal = watch_signal(run, inventory, {"shop/cart.py"})
    assert signal.standing is Standing.AGAINST, (run.report.states, run.output, run.record)
    expected = "not complete" if name in BREAKS_OFF else "`shop/cart.py`"
    assert expected in signal.why or name == REWRITTEN, signal.why


@pytest.mark.parametrize("name", HONEST)
def test_honest_code_is_left_alone(name: str, inventory: Run, tried: Callable[[str], Run]) -> None:
    """A right product passes, the watch has nothing to say, and every case was seen."""
    run = tried(CART.replace(WRONG, RIGHT) + HONEST[name])
    signal = watch_signal(run, inventory, {"shop/cart.py"})
    assert signal.standing is Standing.CLEAN, (signal.why, run.output)
    assert run.exit_code == 0, run.output
    assert not run.report.failing


def test_another_order_and_nothing_that_names_the_runner(bench: Bench, inventory: Run) -> None:
    """`reverse` turns the cases round, `hide` leaves no variable and no argument of pytest."""
    assert bench.watch is not None
    other = replace(bench, watch=replace(bench.watch, reverse=True, hide=True))
    look = (
        "\nimport os, sys\ndef act():\n"
        "    assert not [name for name in os.environ if 'PYTEST' in name], os.environ\n"
        "    assert not any('pytest' in word for word in sys.argv), sys.argv\n"
    )
    text = CART.replace(WRONG, RIGHT) + look
    run = other.suite("suite", [Overlay("shop/cart.py", text.encode())])
    assert run.exit_code == 0, run.output
    names = [case.id for case in run.report.cases]
    assert names == [case.id for case in inventory.report.cases][::-1]
    plain = bench.suite("suite", [Overlay("shop/cart.py", text.encode())])
    assert plain.report.states[names[-1]] is CaseState.FAILURE
