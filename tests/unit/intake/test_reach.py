"""Which code a failure touches: tests, frames, then what they use, nearest first."""

# ruff: noqa: E501 (file contents)
from __future__ import annotations

import time

import pytest

from gatekeeper.domain import CaseId, CaseResult, CaseState, Frame
from gatekeeper.intake.places import is_vendored
from gatekeeper.intake.python_code import parse
from gatekeeper.intake.reach import Place, reach
from gatekeeper.intake.script_code import block, defining, imported
from tests.support.trees import MemoryTree, tree


def case(classname: str, name: str, file: str = "", line: int | None = None) -> CaseResult:
    return CaseResult(CaseId(classname, name), CaseState.FAILURE, file=file, line=line)


def found(files: dict[str, str], *cases: CaseResult, frames: tuple[Frame, ...] = ()) -> list[str]:
    """`path:symbol` of the places, or `path` for a whole file."""
    places = reach(cases, frames, tree(files))
    return [f"{p.path}:{p.symbol}" if p.symbol else p.path for p in places]


TEST = (
    "from shop.api import total\n\n\nclass TestX:\n    def test_a(self):\n        assert total()\n"
)


@pytest.mark.parametrize(
    ("classname", "name", "file"),
    [
        ("tests.test_x.TestX", "test_a", ""),
        ("tests.test_x.TestX", "test_a[1-2]", "tests/test_x.py"),
        ("test_x.TestX", "test_a", ""),
        ("backend.tests.test_x.TestX", "test_a", ""),
        ("TestX", "test_a", "/builds/g/p/tests/test_x.py"),
    ],
)
def test_source_of_a_python_case_is_found(classname: str, name: str, file: str) -> None:
    """Class name or file lead to the test's own function, parameters aside."""
    first = found({"tests/test_x.py": TEST}, case(classname, name, file))[0]
    assert first in ("tests/test_x.py:TestX.test_a", "tests/test_x.py")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"src/shop/api.py": "def total():\n    return 1\n"}, ["src/shop/api.py:total"]),
        (
            {
                "shop/api.py": "from .core import total\n",
                "shop/core.py": "def total():\n    pass\n",
            },
            ["shop/core.py:total"],
        ),
        (
            {
                "shop/api.py": "from shop import core\n\n\ndef total():\n    return core.run()\n",
                "shop/core.py": "def run():\n    return help()\n\n\ndef help():\n    pass\n",
                "shop/__init__.py": "",
            },
            ["shop/api.py:total", "shop/core.py:run", "shop/core.py:help"],
        ),
        (
            {"shop/api.py": "RATE = 3\n\n\ndef total():\n    return RATE\n"},
            ["shop/api.py:total", "shop/api.py:RATE"],
        ),
        (
            {"shop/api.py": "if 1:\n    def total():\n        pass\n"},
            ["shop/api.py:total"],
        ),
        ({"shop/api.py": "def total(:\n"}, ["shop/api.py"]),
        ({"shop/api.py": "total = lambda: 1\n"}, ["shop/api.py:total"]),
        ({"node_modules/shop/api.py": "def total(): pass\n"}, []),
    ],
)
def test_definitions_that_a_test_uses(files: dict[str, str], expected: list[str]) -> None:
    """Imports, re-exports, helpers and constants are followed to their definitions."""
    places = found({"tests/test_x.py": TEST, **files}, case("tests.test_x.TestX", "test_a"))
    assert places == ["tests/test_x.py:TestX.test_a", *expected]


def test_module_nearest_to_the_test_wins() -> None:
    """In a monorepo the package beside the test is meant."""
    files = {
        "a/tests/test_x.py": TEST,
        "a/shop/api.py": "def total():\n    pass\n",
        "b/shop/api.py": "def total():\n    pass\n",
    }
    assert found(files, case("a.tests.test_x.TestX", "test_a"))[1] == "a/shop/api.py:total"


def test_frames_come_before_what_is_only_used() -> None:
    """After the test, product frames in their order, by the definition around the line."""
    files = {
        "tests/test_x.py": TEST,
        "shop/api.py": "def total():\n    return 1\n",
        "shop/deep.py": "class A:\n    def f(self):\n        return 1\n",
    }
    frame = Frame("shop/deep.py", 3, "f", ours=True)
    places = found(files, case("tests.test_x.TestX", "test_a"), frames=(frame,))
    assert places[1:3] == ["shop/deep.py:A.f", "shop/api.py:total"]


def test_code_named_as_the_test_is_nearer() -> None:
    """What `test_price.py` tests is rather in `price.py` than in another file as far away."""
    files = {
        "tests/test_price.py": "from shop import api, price\n\n\ndef test_a():\n    api.f(price.f())\n",
        "shop/__init__.py": "",
        "shop/api.py": "def f(x):\n    return x\n",
        "shop/price.py": "def f():\n    return 1\n",
    }
    assert found(files, case("tests.test_price", "test_a"))[1:] == [
        "shop/price.py:f",
        "shop/api.py:f",
    ]


def test_long_class_gives_the_methods_that_are_used() -> None:
    """A class of hundreds of lines is not shown whole."""
    body = "".join(f"    def m{i}(self):\n        return {i}\n\n" for i in range(100))
    files = {
        "tests/test_x.py": "from big import Big\n\n\ndef test_a():\n    b = Big()\n    assert b.m7()\n",
        "big.py": f"class Big:\n    def __init__(self):\n        pass\n\n{body}",
    }
    assert found(files, case("tests.test_x", "test_a"))[1:] == [
        "big.py:Big.__init__",
        "big.py:Big.m7",
    ]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("t/a.test.js", 'import x from "../src/a";', ["src/a.js"]),
        ("t/a.test.js", "const x = require('../src/a.js')", ["src/a.js"]),
        ("t/a.test.js", 'await import("../src/b.js")', ["src/b.ts"]),
        ("t/a.test.js", 'import "../lib"', ["lib/index.js"]),
        ("t/a.test.js", 'import fs from "fs"; import x from "../nowhere"', []),
        ("spec/a_spec.rb", "require_relative '../src/a'", ["src/a.rb"]),
        ("sum_test.go", "package sum", ["sum.go"]),
        ("src/test/java/c/ATest.java", "import c.d.B;\n", ["src/main/java/c/A.java", "src/main/java/c/d/B.java"]),
    ],
)  # fmt: skip
def test_imports_of_other_languages(path: str, text: str, expected: list[str]) -> None:
    """Relative imports, and partners by convention, that exist in the workspace."""
    known = {"src/a.js", "src/b.ts", "lib/index.js", "src/a.rb", "sum.go", path,
             "src/main/java/c/A.java", "src/main/java/c/d/B.java", "src/main/java/X.java"}  # fmt: skip
    assert list(imported(path, text, known)) == expected


def test_blocks_and_definitions_without_a_parser() -> None:
    """A block is found by its opening line and its indentation."""
    lines = ["const a = 1;", "function f(x) {", "  if (x) {", "    return 1;", "  }", "}", "f(2);"]
    assert block(lines, 4) == (2, 6)
    assert list(defining(lines, {"f", "a"})) == [1, 2]
    assert block([""], 9) == (1, 1)


def test_python_that_does_not_parse_is_none() -> None:
    """Broken, foreign or hostile source is no error."""
    for source in (b"def (", b"\0", b"(" * 5000, b"\xff\xfe"):
        assert parse(source) is None


def test_vendored_places() -> None:
    """Installed and bundled code is told apart by its folder."""
    assert is_vendored("a/node_modules/x.js")
    assert not is_vendored("src/vendors/x.py")


def test_large_workspace_reads_only_what_it_needs() -> None:
    """With 60,000 files a handful is read, and it takes a moment."""
    read: list[str] = []

    class Counting(MemoryTree):
        def read(self, path: str) -> bytes | None:
            read.append(path)
            return super().read(path)

    files = {f"pkg{i // 100}/mod{i}.py": b"x = 1\n" for i in range(60_000)}
    files |= {"tests/test_x.py": TEST.encode(), "shop/api.py": b"def total():\n    pass\n"}
    started = time.perf_counter()
    places = reach([case("tests.test_x.TestX", "test_a")], (), Counting(files))
    assert time.perf_counter() - started < 5
    assert set(read) == {"tests/test_x.py", "shop/api.py"}
    assert places[1] == Place("shop/api.py", 1, 2, "used by tests/test_x.py", "total", 1, 1.0)
