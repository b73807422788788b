"""What runs inside the sandbox: recorded lines, exchanged code, forks that end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.repair.inside.exchanging import Exchange
from gatekeeper.repair.orders import Order, asked
from gatekeeper.repair.source import Variant
from gatekeeper.repair.spectrum import codes_of, read_coverage, suspicion

CODE = """from __future__ import annotations

LIMIT = 3


def twice(function):
    def inner(*args):
        return function(*args) * 2

    return inner


def plain(a, b):
    total = a + b
    return total


@twice
def wrapped(a: Unknown):
    return a - 1


class Shop:
    def price(self, n):
        if n > LIMIT:
            return n
        return 0

    def hang(self, n):
        while n:
            pass
        return n
"""
TESTS = """import shop


def test_red():
    assert shop.plain(2, 2) == 5


def test_green():
    assert shop.plain(1, 0) == 1


def test_other():
    assert shop.Shop().price(9) == 9
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(CODE)
    (tmp_path / "test_shop.py").write_text(TESTS)
    return tmp_path


def carry_out(project: Path, order: Order) -> list[Any]:
    """The order in a pytest of its own, as in the sandbox."""
    folder = project / ".gatekeeper-x"
    (folder / "plug").mkdir(parents=True, exist_ok=True)
    inside = resources.files("gatekeeper.repair") / "inside"
    for each in inside.iterdir():
        if each.name.endswith(".py"):
            (folder / "plug" / each.name).write_bytes(each.read_bytes())
    (folder / "order.json").write_bytes(asked(order))
    answer = folder / "answer.jsonl"
    answer.unlink(missing_ok=True)
    plugin = "recording" if order.mode == "trace" else "trying"
    env = {
        **os.environ,
        "GATEKEEPER_SEARCH": str(folder / "order.json"),
        "PYTHONPATH": str(folder),
        "PYTEST_ADDOPTS": f"-p plug.{plugin} -p no:cacheprovider",
    }
    argv = [sys.executable, "-m", "pytest", "-q", "test_shop.py"]
    subprocess.run(argv, cwd=project, env=env, capture_output=True, timeout=60, check=False)
    return [json.loads(row) for row in answer.read_text().splitlines()]


def edit(old: str, new: str) -> Variant:
    start = CODE.index(old)
    return Variant("shop.py", start, start + len(old), new, 0, "", 1.0)


def tried(project: Path, *variants: Variant, **more: Any) -> list[Any]:
    order = Order(
        "live", 20, more.pop("limit", 3), variants, ("test_shop.py::test_red",),
        tests=("test_shop.py::test_green",), others=[[0]] * len(variants), after=3, **more,
    )  # fmt: skip
    return sorted(carry_out(project, order), key=lambda one: int(one["id"]))


def test_what_an_import_runs_is_less_suspicious_than_what_the_red_test_runs(project: Path) -> None:
    """`LIMIT = 3` is run for every test, the body of `plain` by two of three."""
    failing = carry_out(project, Order("trace", 20, 5))[-1]
    told = carry_out(project, Order("trace", 20, 5, codes=codes_of(failing)))[-1]
    coverage = read_coverage(failing, told)
    assert coverage.wanted == ("test_shop.py::test_red",)
    figures = suspicion(coverage)
    body, imported = CODE.splitlines().index("    total = a + b") + 1, 3
    assert figures["shop.py", body] > figures["shop.py", imported] > 0
    assert ("shop.py", CODE.splitlines().index("        return 0") + 1) not in figures


def test_each_function_knows_the_green_tests_that_run_it(project: Path) -> None:
    """The others of `plain` are `test_green` alone: `test_other` does not come there."""
    failing = carry_out(project, Order("trace", 20, 5))[-1]
    coverage = read_coverage(failing, carry_out(project, Order("trace", 20, 5))[-1])
    first = CODE.splitlines().index("def plain(a, b):") + 1
    names = [coverage.tests[n] for n in coverage.others("shop.py", first, 5.0)]
    assert names == ["test_shop.py::test_green"]
    assert coverage.others("shop.py", first, 0.0) == []


def test_an_edit_holds_where_the_red_test_and_those_of_its_function_pass(project: Path) -> None:
    """`a + b + 1` breaks `test_green`, `a * b + 1` breaks nothing that is run here, `-` nothing."""
    found = tried(
        project,
        edit("a + b", "a + b + 1"),
        edit("a + b", "a + b + (b > 1)"),
        edit("a + b", "a - b"),
        edit("a + b", "a +"),
    )
    assert [(one["id"], one["ok"]) for one in found] == [
        (0, False), (1, True), (2, False), (3, False),
    ]  # fmt: skip


def test_a_try_that_hangs_ends_and_the_next_goes_on(project: Path) -> None:
    """An endless loop costs its limit, no more, with two tries at a time."""
    hangs = edit("total = a + b", "while a: pass\n    total = 1")
    found = tried(project, hangs, edit("a + b", "a + b + (b > 1)"), limit=0.7, workers=2)
    assert [one["ok"] for one in found] == [False, True]
    assert 0.5 < found[0]["s"] < 5


def test_after_enough_or_some_more_tries_it_ends(project: Path) -> None:
    """`enough` greens end the order; so do `more` tries after the first green one."""
    right = edit("a + b", "a + b + (b > 1)")
    assert len(tried(project, *[right] * 9, enough=2)) == 2
    wrong = edit("a + b", "a - b")
    assert len(tried(project, right, *[wrong] * 9, more=3)) == 4


@pytest.fixture
def module(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "exchanged.py"
    path.write_text(CODE)
    names: dict[str, Any] = {"__name__": "exchanged", "path": str(path)}
    exec(compile(CODE, str(path), "exec", dont_inherit=True), names)
    return names


@pytest.mark.parametrize(
    ("old", "new", "call", "after"),
    [
        ("a + b", "a * b", lambda m: m["plain"](3, 4), 12),
        ("a - 1", "a - 2", lambda m: m["wrapped"](5), 6),
        ("function(*args) * 2", "function(*args) * 3", lambda m: m["wrapped"](5), 12),
        ("n > LIMIT", "n >= LIMIT", lambda m: m["Shop"]().price(3), 3),
    ],
)
def test_functions_get_the_code_of_the_edited_file(
    module: dict[str, Any], old: str, new: str, call: Callable[[dict[str, Any]], int], after: int
) -> None:
    """A function, one behind a decorator, one inside a decorator, and a method."""
    start = CODE.index(old)
    exchange = Exchange({module["path"]})
    assert exchange.apply(module["path"], start, start + len(old), new)
    assert call(module) == after


def test_what_is_outside_of_functions_cannot_be_exchanged(module: dict[str, Any]) -> None:
    """A constant of the module, and a span over the end of a function."""
    exchange = Exchange({module["path"]})
    start = CODE.index("LIMIT = 3")
    assert not exchange.apply(module["path"], start, start + 9, "LIMIT = 2")
    end = CODE.index("@twice")
    assert not exchange.apply(module["path"], CODE.index("return total"), end + 3, "return 1\n")
