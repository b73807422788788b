"""The canary of every framework as text; that runners find it is proven by running them."""

from __future__ import annotations

import ast

import pytest

from gatekeeper.domain import CaseId, CaseResult, CaseState
from gatekeeper.runners.canaries.python import beside_of
from gatekeeper.runners.canary import CANARIES
from gatekeeper.runners.gatemade import Canary, Names
from gatekeeper.runners.table import RUNNERS
from tests.support.trees import tree

JUPITER = "package shop;\nimport org.junit.jupiter.api.*;\nclass CartTest { @Test void a() {} }\n"
JUNIT4 = "import org.junit.Test;\npublic class CartTest { @Test public void a() {} }\n"
MODULE = "import test from 'node:test'\ntest('a', () => {})"
GO = {
    "go.mod": "module example.com/m\n",
    "cart/a_test.go": "package cart_test\n\nfunc TestA(t *testing.T) {}",
    "b_test.go": "package b",
}

# runner, classname, name, file, files, the folder and the ending of the canary, what it says
TABLE = [
    (
        "pytest",
        "tests.test_a",
        "test_x",
        "",
        {"tests/test_a.py": ""},
        "tests/test_a_",
        ".py",
        "def test_x_",
    ),
    (
        "unittest",
        "t_test.A",
        "test_x",
        "",
        {"t_test.py": "class A(unittest.TestCase):\n"},
        "t_",
        "_test.py",
        "(unittest.TestCase)",
    ),
    (
        "custom",
        "tests.test_a",
        "test_x",
        "",
        {"tests/test_a.py": ""},
        "tests/test_a_",
        ".py",
        "def test_x_",
    ),
    (
        "node",
        "test",
        "a",
        "",
        {"test/a.test.mjs": MODULE},
        "test/a_",
        ".test.mjs",
        "import test from",
    ),
    (
        "node",
        "test",
        "a",
        "",
        {"test/b.js": "require('x'); test('a', () => {})"},
        "test/b_",
        ".js",
        "require('node:test')",
    ),
    (
        "jest",
        "a",
        "a",
        "src/a.spec.ts",
        {"src/a.spec.ts": "it('a', () => {})"},
        "src/a_",
        ".spec.ts",
        "test('keeps",
    ),
    (
        "jest",
        "a",
        "a",
        "a.test.js",
        {"a.test.js": "const { test } = require('@jest/globals')"},
        "a_",
        ".test.js",
        "require('@jest/globals')",
    ),
    (
        "vitest",
        "src/a.test.ts",
        "a",
        "",
        {"src/a.test.ts": ""},
        "src/a_",
        ".test.ts",
        "from 'vitest'",
    ),
    (
        "mocha",
        "a",
        "b",
        "/w/test/a-test.js",
        {"test/a-test.js": "it('b', f)"},
        "test/a-",
        "-test.js",
        "it('keeps",
    ),
    (
        "mocha",
        "a",
        "b",
        "/w/test/a.js",
        {"test/a.js": "suite('a'); test('b', f)"},
        "test/a_",
        ".js",
        "test('keeps",
    ),
    (
        "maven",
        "shop.CartTest",
        "a",
        "",
        {"m/src/test/java/shop/CartTest.java": JUPITER},
        "m/src/test/java/shop/Cart",
        "Test.java",
        "import org.junit.jupiter.api.Test;",
    ),
    (
        "gradle",
        "CartTest$Inner",
        "a",
        "",
        {"src/test/java/CartTest.java": JUNIT4},
        "src/test/java/Cart",
        "Test.java",
        "import org.junit.Test;",
    ),
    (
        "gradle",
        "shop.CartTest",
        "a",
        "",
        {"src/test/kotlin/shop/CartTest.kt": JUPITER},
        "src/test/kotlin/shop/Cart",
        "Test.kt",
        "fun keeps",
    ),
    ("go", "example.com/m/cart", "TestA/sub", "", GO, "cart/", "_test.go", "package cart_test\n"),
    (
        "phpunit",
        "A\\Tests\\CartTest",
        "testA",
        "/w/tests/CartTest.php",
        {"tests/CartTest.php": "<?php\nnamespace A\\Tests;\n"},
        "tests/Cart",
        "Test.php",
        "namespace A\\Tests;",
    ),
    (
        "rspec",
        "spec.a_spec",
        "a b",
        "./spec/a_spec.rb",
        {"spec/a_spec.rb": ""},
        "spec/a_",
        "_spec.rb",
        "RSpec.describe",
    ),
    (
        "cargo",
        "shop",
        "tests::a",
        "",
        {"Cargo.toml": "[package]\nname = 'shop'\n"},
        "tests/",
        ".rs",
        "#[test]\nfn keeps_",
    ),
]


def _make(runner: str, case: CaseResult, files: dict[str, str], token: str = "t") -> Canary | str:
    return CANARIES[runner]((case,), tree(files), Names(token))


@pytest.mark.parametrize(
    ("runner", "classname", "name", "file", "files", "start", "end", "says"), TABLE
)
def test_it_lies_where_the_framework_looks(
    runner: str,
    classname: str,
    name: str,
    file: str,
    files: dict[str, str],
    start: str,
    end: str,
    says: str,
) -> None:
    """Beside the failing test, named and written like its file, with both names in it."""
    case = CaseResult(CaseId(classname, name), CaseState.FAILURE, file=file)
    made = _make(runner, case, files)
    assert isinstance(made, Canary), made
    text = (made.overlay.content or b"").decode()
    assert made.overlay.path.startswith(start)
    assert made.overlay.path.endswith(end)
    assert made.overlay.path not in files
    assert says in text
    assert made.red in text
    assert made.control in text
    assert [each.id.name for each in made.cases] == [made.red, made.control]
    other = _make(runner, case, files, "u")
    assert isinstance(other, Canary)
    assert {made.red, made.control}.isdisjoint({other.red, other.control})


def test_every_runner_has_one() -> None:
    """A new framework has to say how."""
    assert set(CANARIES) == {*RUNNERS, "custom"}
    assert {row[0] for row in TABLE} == set(CANARIES)


@pytest.mark.parametrize("runner", sorted(CANARIES))
def test_where_there_is_none_a_sentence_says_why(runner: str) -> None:
    """For a case of which no file is known, in a tree without tests."""
    made = _make(runner, CaseResult(CaseId("a.b", "c"), CaseState.FAILURE), {"README": ""})
    assert isinstance(made, str)
    assert made[0].islower()
    assert not made.endswith(".")


def test_the_python_canary_ends_as_it_must() -> None:
    """Its two functions, called."""
    case = CaseResult(CaseId("test_a", "test_x"), CaseState.FAILURE)
    made = _make("pytest", case, {"test_a.py": ""})
    assert isinstance(made, Canary)
    space: dict[str, object] = {}
    exec(compile(ast.parse(made.overlay.content or b""), "x", "exec"), space)
    space[made.control]()  # type: ignore[operator]
    with pytest.raises(AssertionError):
        space[made.red]()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("path", "start", "end"),
    [
        ("test_a.py", "test_a_", ".py"),
        ("a/b_test.py", "a/b_", "_test.py"),
        ("a/b.test.tsx", "a/b_", ".test.tsx"),
        ("tests.py", "tests_", ".py"),
        ("x-spec.js", "x-", "-spec.js"),
        ("latest.py", "latest_", ".py"),
    ],
)
def test_a_name_is_built_like_the_other(path: str, start: str, end: str) -> None:
    """So that a pattern which finds the one finds the other."""
    beside = beside_of(path, "qqqq")
    assert beside.startswith(start)
    assert beside.endswith(end)
    assert "qqqq" in beside
