"""Which code a failure touches: tests, frames, then what they use, nearest first."""

# ruff: noqa: E501 (file contents)
from __future__ import annotations

import time

import pytest

from gatekeeper.domain import CaseId, CaseResult, CaseState, Delta, FileChange, Frame
from gatekeeper.intake.code.text import outline
from gatekeeper.intake.places import is_vendored
from gatekeeper.intake.python_code import parse
from gatekeeper.intake.reach import reach
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
        ({"shop/api.py": "def total(:\n"}, ["shop/api.py:total"]),
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


def test_long_class_gives_the_methods_that_are_used_first() -> None:
    """A class of hundreds of lines is not one place: what the test calls comes first."""
    body = "".join(f"    def m{i}(self):\n        return {i}\n\n" for i in range(100))
    files = {
        "tests/test_x.py": "from big import Big\n\n\ndef test_a():\n    b = Big()\n    assert b.m7()\n",
        "big.py": f"class Big:\n    def __init__(self):\n        pass\n\n{body}",
    }
    assert found(files, case("tests.test_x", "test_a"))[1] == "big.py:Big.m7"


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
    assert (places[1].path, places[1].start, places[1].end) == ("shop/api.py", 1, 2)
    assert (places[1].symbol, places[1].depth) == ("total", 1)


def test_long_test_gives_its_beginning_and_what_failed() -> None:
    """Of a table of hundreds of lines the context needs the row, or the assertion, that failed."""
    rows = "".join(f"        ({i}, {i}),\n" for i in range(100))
    text = f"from shop import total\n\n\ndef test_a():\n    rows = [\n{rows}    ]\n    for a, b in rows:\n        assert total(a) == b\n"
    frame = Frame("tests/test_x.py", 108, "test_a", ours=True)
    files = {"tests/test_x.py": text, "shop.py": "def total(x):\n    return x\n"}
    places = reach((case("tests.test_x", "test_a"),), (frame,), tree(files))
    assert [(p.start, p.end) for p in places[:2]] == [(4, 7), (94, 108)]


def test_source_that_only_shares_words_is_found() -> None:
    """Where dynamic dispatch hides the calls, the words of the test lead to the right method."""
    visits = "".join(
        f"    def visit_{name}(self, node):\n        return self.write('{name.lower()}')\n\n"
        for name in ("Loop", "FromImport", "Macro", "Filter", "Block", "Call", "Name", "Slice")
    )
    files = {
        "tests/test_x.py": "from gen import run\n\n\ndef test_from_import():\n    assert run('from x import y') == 'y'\n",
        "gen.py": f"def run(text):\n    return Gen().visit(text)\n\n\nclass Gen:\n    def visit(self, node):\n        return getattr(self, f'visit_{{node}}')(node)\n\n{visits}",
    }
    assert (
        found(files, case("tests.test_x", "test_from_import"))[1] == "gen.py:Gen.visit_FromImport"
    )


@pytest.mark.parametrize(
    ("path", "text", "name", "span"),
    [
        ("lib/a.js", "const x = 1;\n\nres.send = function send(body) {\n  return body;\n};\n", "send", (3, 5)),
        ("lib/a.ts", "export const hc = <T>(\n  a: T\n) =>\n  make(function go(x) {\n    return x;\n  });\n", "hc", (1, 6)),
        ("lib/a.ts", "class A {\n  x = 1;\n\n  go = async (a) => {\n    return a;\n  };\n}\n", "go", (4, 6)),
        ("a.go", "// Adds.\nfunc (s *Sum) Add(\n\ta int,\n) int {\n\treturn a\n}\n", "Add", (1, 6)),
        ("A.java", "class A {\n    @Override\n    public int add(int a) {\n        return a;\n    }\n}\n", "add", (2, 5)),
        ("a.rs", "impl Sum {\n    pub fn add(&self) -> i32 {\n        1\n    }\n}\n", "add", (2, 4)),
        ("a.rb", "class A\n  def add(x)\n    x\n  end\nend\n", "add", (2, 4)),
        ("a.c", "int\tx;\nstatic int add(int a)\n{\n  return a;\n}\n", "add", (2, 5)),
    ],
)  # fmt: skip
def test_definitions_by_layout(path: str, text: str, name: str, span: tuple[int, int]) -> None:
    """Where no parser is, indentation and brackets say where a definition begins and ends."""
    (one,) = [each for each in outline(text) if name in each.binds and not each.header]
    assert (one.start, one.end) == span


@pytest.mark.parametrize(
    "text", ["", "\n\n", "}}}}", "if (x) {", "f(" * 3000, "class A {\nclass B {\n"]
)
def test_outline_of_odd_text_is_no_error(text: str) -> None:
    """Generated, broken and empty files give some outline, within the file, quickly."""
    for one in outline(text):
        assert 1 <= one.start <= one.end <= text.count("\n") + 1


def test_go_test_is_found_by_its_name_alone() -> None:
    """A Go report names package and function, no file; the package's own folder is looked at."""
    body = "package sum\n\nfunc TestAdd(t *testing.T) {\n\tAdd(1)\n}\n"
    files = {"sum/a_test.go": body, "sum/add.go": "package sum\n\nfunc Add(a int) int {\n\treturn a\n}\n",
             "other/b_test.go": "package other\n"}  # fmt: skip
    assert found(files, case("example.com/m/sum", "TestAdd/one"))[:2] == [
        "sum/a_test.go:TestAdd",
        "sum/add.go:Add",
    ]


def test_author_s_change_is_told_and_counts_more_where_it_is_small() -> None:
    """The one function that was changed comes first; of a change of everything nothing follows."""
    files = {
        "tests/test_x.py": "import shop\n\n\ndef test_a():\n    assert shop.total() == shop.price()\n",
        "shop.py": "def total():\n    return 1\n\n\ndef price():\n    return 2\n",
    }
    diff = b"--- a/shop.py\n+++ b/shop.py\n@@ -6 +6 @@\n-    return 1\n+    return 2\n"
    delta = Delta("h", "t", files=(FileChange("shop.py", "M", "1", "1"),), diff=diff)
    one = reach([case("tests.test_x", "test_a")], (), tree(files), (), delta)[1]
    assert one.symbol == "price"
    assert one.why.endswith("and changed by the author")


def test_folder_stands_for_what_its_package_says() -> None:
    """`require("..")` leads to the entry that package.json names; odd ones lead nowhere."""
    files = {
        "test/a.test.js": "const make = require('..')\n\ntest('adds', () => {\n  make().add()\n})\n",
        "package.json": '{"main": "shop.js"}',
        "shop.js": "const add = require('./lib/add')\n\nmodule.exports = function make () {\n  return { add }\n}\n",
        "lib/add.js": "module.exports = function add () {\n  return 1\n}\n",
    }
    failing = case("test", "adds", "test/a.test.js", 3)
    assert {place.split(":")[0] for place in found(files, failing)} >= {"shop.js", "lib/add.js"}
    for odd in ("", "[]", '{"main": 3}', '{"main": "../../etc/passwd"}', "[" * 100_000):
        assert found({**files, "package.json": odd}, failing)


def test_docstring_of_a_module_is_no_place() -> None:
    """Prose that names everything outranks no code."""
    files = {
        "tests/test_x.py": "from shop import total\n\n\ndef test_total():\n    assert total() == 1\n",
        "shop.py": '"""Total: test total, assert total, the total."""\n\n\ndef total():\n    return 2\n',
    }
    assert found(files, case("tests.test_x", "test_total"))[1:] == ["shop.py:total"]
