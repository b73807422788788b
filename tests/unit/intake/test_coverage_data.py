"""Coverage data with contexts as a hint: the lines that the failing tests run, and few others."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from gatekeeper.domain import CaseId, CaseResult, CaseState
from gatekeeper.intake.coverage_data import spectrum
from gatekeeper.intake.reach import reach
from tests.support.trees import tree

CASES = [CaseId("tests.test_core.TestA", f"test_total[{row}]") for row in (1, 2)]
RUN_BY = {
    "tests/test_core.py::TestA::test_total[1]|run": (2, 6),
    "tests/test_core.py::TestA::test_total[2]|run": (2, 6),
    "tests/test_core.py::test_other|run": (6, 10),
    "": (1, 5, 9),
}


def recorded(
    path: Path, ran: Mapping[str, tuple[int, ...]] = RUN_BY, *, arcs: bool = False
) -> Path:
    """The tables of coverage.py 7 for one file, as far as they are read."""
    with sqlite3.connect(path) as data:
        data.executescript(
            "CREATE TABLE context (id integer primary key, context text);"
            "CREATE TABLE file (id integer primary key, path text);"
            "CREATE TABLE line_bits (file_id integer, context_id integer, numbits blob);"
            "CREATE TABLE arc (file_id integer, context_id integer, fromno integer, tono integer);"
            "INSERT INTO file VALUES (1, '/builds/shop/shop/core.py'), (2, '/usr/lib/x.py');"
        )
        for key, (name, lines) in enumerate(ran.items()):
            data.execute("INSERT INTO context VALUES (?, ?)", (key, name))
            bits = sum(1 << line for line in lines).to_bytes(4, "little")
            if arcs:
                rows = [(1, key, -1, line) for line in lines]
                data.executemany("INSERT INTO arc VALUES (?, ?, ?, ?)", rows)
            else:
                data.execute("INSERT INTO line_bits VALUES (1, ?, ?)", (key, bits))
    data.close()
    return path


@pytest.mark.parametrize("arcs", [False, True])
def test_lines_that_only_failing_tests_run_are_the_most_suspect(arcs: bool, tmp_path: Path) -> None:
    """Ochiai's coefficient: 1 for a line of theirs alone, less for one that a green test runs."""
    data = recorded(tmp_path / ".coverage", arcs=arcs)
    found = spectrum(data, CASES, ["shop/core.py"], ["/builds/shop"])
    assert found["shop/core.py"] == {2: 1.0, 6: pytest.approx(0.7071, abs=1e-4)}
    assert list(found) == ["shop/core.py"]


@pytest.mark.parametrize("name", ["tests.test_core.TestA.test_total", "test_core.TestA.test_total"])
def test_contexts_of_coverage_s_own_making_are_read(name: str, tmp_path: Path) -> None:
    """`dynamic_context = test_function` writes dotted names."""
    data = recorded(tmp_path / ".coverage", {name: (3,), "tests.test_core.test_b": (4,)})
    assert spectrum(data, CASES, ["shop/core.py"]) == {"shop/core.py": {3: 1.0}}


def test_what_tells_nothing_gives_nothing(tmp_path: Path) -> None:
    """No file, no database, no contexts, other tests' contexts, a foreign schema: no hint."""
    (tmp_path / "text").write_bytes(b"no database" * 99)
    (tmp_path / "link").symlink_to(recorded(tmp_path / "there"))
    sqlite3.connect(tmp_path / "empty").execute("CREATE TABLE context (id, context)").close()
    recorded(tmp_path / "plain", {"": (1, 2)})
    recorded(tmp_path / "others", {"a.test_x": (1,), "": (2,)})
    recorded(tmp_path / "only", {"tests/test_core.py::TestA::test_total|run": (1,)})
    for name in ("nowhere", "text", "link", "empty", "plain", "others", "only"):
        assert spectrum(tmp_path / name, CASES, ["shop/core.py"]) == {}, name


def test_hint_brings_code_that_no_import_leads_to(tmp_path: Path) -> None:
    """What runs by a plug-in mechanism is found where coverage data names it."""
    files = {
        "tests/test_x.py": "from shop import go\n\n\ndef test_total():\n    assert go()\n",
        "shop/__init__.py": "def go():\n    return load()\n",
        "shop/core.py": "def far():\n    return 1\n\n\ndef near():\n    return 0\n",
    }
    case = CaseResult(CaseId("tests.test_x", "test_total"), CaseState.FAILURE)
    ran = {"tests/test_x.py::test_total|run": (6,), "tests/test_y.py::test_y": (2,)}
    run = spectrum(recorded(tmp_path / ".coverage", ran), [case.id], files, ["/builds/shop"])
    assert "shop/core.py" not in {p.path for p in reach([case], (), tree(files))}
    (place,) = [p for p in reach([case], (), tree(files), run=run) if p.path == "shop/core.py"]
    assert (place.symbol, place.start) == ("near", 5)
    assert "coverage data" in place.why
