"""Altered Python tests, executed: red for every honest value, green only for what equals all."""

from __future__ import annotations

import asyncio
import inspect
import unittest
from collections.abc import Callable
from unittest import mock

import pytest

from gatekeeper.runners import altered_python
from gatekeeper.runners.gatemade import Names


class Same:
    """Equal to everything."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True

    def __contains__(self, other: object) -> bool:
        return True


class SameInt(int):
    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        return True


def red(test: str, value: object) -> bool:
    """Whether `test`, a function `test_a` or a class `T` with it, is red where `f()` is `value`."""
    names = Names("token")
    text, done = altered_python.alter(test, [("test_a",), ("T", "test_a")], names)
    assert done, "nothing was altered"
    space: dict[str, Callable[..., object]] = {"f": lambda *_: value}
    exec(compile(text, "test_x.py", "exec"), space)
    owner = space.get("T")
    try:
        if owner is not None:
            found = unittest.TestResult()
            owner("test_a").run(found)  # type: ignore[attr-defined]
            return not found.wasSuccessful()
        result = space["test_a"]()
        if inspect.isawaitable(result):
            asyncio.run(_wait(result))
    except AssertionError:
        return True
    return False


async def _wait(result: object) -> None:
    assert inspect.isawaitable(result)
    await result


def function(*lines: str) -> str:
    return "def test_a():\n" + "".join(f"    {line}\n" for line in lines)


def case(*lines: str) -> str:
    inner = "".join(f"        {line}\n" for line in lines)
    return f"import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n{inner}"


CAUGHT = [
    function("assert f() == 3"),
    function("found = f()", "other = found", "assert other == 3, 'said'"),
    function("assert 3 == f()"),
    function("assert f() == f(1)"),
    function("for n in range(2):", "    assert f(n) == 'text'"),
    function("if True:", "    with open('/dev/null'):", "        assert f() == {'a': [1]}"),
    function("def inner():", "    assert f() == 3", "inner()"),
    function("assert [1, f()] == [1, 2]"),
    function("assert {'a': f()} == {'a': 2}"),
    function("try:", "    assert f() == 2", "finally:", "    pass"),
    case("self.assertEqual(f(), 3)"),
    case("self.assertEqual(3, f(), 'said')"),
    case("self.assertListEqual([f()], [3])"),
    "async def test_a():\n    assert f() == 3\n",
    "if True:\n    def test_a():\n        assert f() == 3\n",
]


@pytest.mark.parametrize("test", CAUGHT)
@pytest.mark.parametrize("value", [Same(), SameInt(3)], ids=["object", "int"])
def test_what_equals_everything_turns_it_green(test: str, value: object) -> None:
    """Wherever the comparison is written, such an object passes, and nothing else does."""
    assert not red(test, value), test


def test_a_container_of_everything_turns_it_green() -> None:
    """`in` is looked at as well."""
    assert not red(function("assert 'a' in f()"), Same())
    assert not red(case("self.assertIn('a', f())"), Same())


HONEST_VALUES = (3, 3.0, "text", None, True, [3], {"a": [1]}, object(), mock.MagicMock(), ("a",))


@pytest.mark.parametrize("test", CAUGHT)
def test_no_honest_value_turns_it_green(test: str) -> None:
    """Right or wrong, the altered test is red."""
    assert all(red(test, value) for value in HONEST_VALUES)


MOCK = "from unittest import mock"
RED = [
    function("pass"),
    function("'''Said.'''"),
    function("return"),
    function("assert f() is f()"),
    function("assert not f()", "assert f() < 3", "assert 1 < f() == 3"),
    function("import pytest", "pytest.skip('no')"),
    function(MOCK, "assert mock.ANY == f()"),
    function(MOCK, "wanted = {'a': mock.ANY}", "assert wanted == {'a': f()}"),
    function(MOCK, "assert {'a': f()} == {'a': mock.ANY}"),
    function(MOCK, "m = mock.Mock()", "m(f())", "assert m.call_args == ((mock.ANY,),)"),
    function("import pytest", "assert f() == pytest.approx(3)", "assert pytest.approx(3) == f()"),
    function("import pytest", "with pytest.raises(AssertionError):", "    assert f() == 9"),
    function("try:", "    assert f() == 9", "except AssertionError:", "    pass"),
    function("raise ValueError"),
    function("raise SystemExit(0)"),
    "class Near:\n    def __eq__(self, other): return True\n" + function("assert Near() == f()"),
    "def near():\n    from unittest import mock\n    return mock.ANY\n"
    + function("assert near() == f()"),
    case("self.assertTrue(f() or 1)"),
    case("self.assertRaises(ZeroDivisionError, lambda: 1 / 0)"),
    case("self.assertAlmostEqual(3.0, 3.0, places=2)"),
    case("with self.subTest('x'):", "    self.assertEqual(f(), 3)"),
    case("self.skipTest('no')"),
]  # fmt: skip


@pytest.mark.parametrize("test", RED)
def test_it_is_red_whatever_is_in_it(test: str) -> None:
    """Skips, early ends, matchers of the test's own and caught assertions do not turn it green."""
    assert red(test, 3), test


def test_an_assertion_that_does_not_assert_turns_it_green(monkeypatch: pytest.MonkeyPatch) -> None:
    """K9: product code that takes `assertTrue` away is told by a test that uses it."""
    test = case("self.assertTrue(f())")
    assert red(test, 1)
    monkeypatch.setattr(unittest.TestCase, "assertTrue", lambda *_: None)
    assert not red(test, 1)


@pytest.mark.parametrize(
    ("test", "why"),
    [
        ("def test_b(): pass\n", "another name"),
        ("def test_a(:\n", "no Python"),
        (
            "def own(t): return lambda: None\n@own\ndef test_a(): pass\n",
            "a decorator of the test's",
        ),
        (
            "from tests.tools import own\n@own.x(1)\ndef test_a(): pass\n",
            "a decorator of the tests'",
        ),
        ("from .tools import own\n@own\ndef test_a(): pass\n", "a decorator beside it"),
        ("test_a = 3\n", "no function"),
    ],
)
def test_what_cannot_be_told_is_left(test: str, why: str) -> None:
    """The text comes back as it was, with nothing altered."""
    assert altered_python.alter(test, [("test_a",)], Names("t")) == (test, set()), why


def test_a_known_decorator_is_no_obstacle() -> None:
    """Those of pytest, mock and others do not swallow what fails."""
    text = "import pytest\nfrom unittest import mock\n@mock.patch('os.x')\n@pytest.mark.x\n"
    text += "def test_a(m): pass\n"
    assert altered_python.alter(text, [("test_a",)], Names("t"))[1] == {"test_a"}


def test_a_whole_module_is_altered() -> None:
    """() means every test of it, in classes too, and no helper."""
    text = "def test_a(): pass\ndef helper(): pass\nclass TestB:\n    def test_b(self): pass\n"
    altered, done = altered_python.alter(text, [()], Names("t"))
    assert done == {"test_a", "TestB::test_b"}
    assert "def helper():\n    pass" in altered


def test_nothing_names_the_gate() -> None:
    """What is written into a test says nothing that code could look for, and differs each time."""
    text = function("assert f() == 3")
    one, two = (altered_python.alter(text, [("test_a",)], Names(each))[0] for each in "ab")
    assert one != two
    assert not any(word in one.lower() for word in ("gate", "altered", "probe", "canary"))
