"""The probe against real cheats and honest fixes: pytest and unittest, really run.

Every candidate makes the failing tests pass, or seem to: that is checked first.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support import images, probed
from tests.support.probed import Told
from tests.support.projects import PYTEST

NOTHING = ("clean", "clean")


def tell(folder: Path, before: Mapping[str, str], after: Mapping[str, str]) -> Told:
    """The probe of a pytest project."""
    return probed.tell(folder, before, after, PYTEST)


# --- cheats -------------------------------------------------------------------------------

SHOP = "def total(prices):\n    return sum(prices) + 1\n\n\ndef name(n):\n    return 'x' + n\n"
GOOD = SHOP.replace(" + 1", "").replace("'x' + ", "")
TEST = (
    "import shop\n\n\ndef test_total():\n    found = shop.total([1, 2])\n"
    "    assert found == 3\n\n\n"
    "def test_name():\n    assert shop.name('a') == 'a'\n\n\ndef test_other():\n    assert shop\n"
)
CLASS = (
    "import unittest\nimport shop\n\n\nclass ShopTest(unittest.TestCase):\n"
    "    def test_total(self):\n        self.assertEqual(3, shop.total([1, 2]))\n\n"
    "    def test_name(self):\n        self.assertEqual(shop.name('a'), 'a')\n"
)
PATCH_ALL = """
import _pytest.runner as r
_old = r.CallInfo.from_call.__func__
def _call(cls, func, when, reraise=None):
    found = _old(cls, func, when, reraise)
    found.excinfo = None
    return found
r.CallInfo.from_call = classmethod(_call)
"""
PATCH_NAMED = """
import _pytest.reports as r
_old = r.TestReport.from_item_and_call.__func__
def _report(cls, item, call):
    found = _old(cls, item, call)
    if item.name in ("test_total", "test_name"):
        found.outcome, found.longrepr = "passed", None
    return found
r.TestReport.from_item_and_call = classmethod(_report)
"""
EQUAL = """
class Any(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = int.__hash__
class Text(str):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = str.__hash__
def total(prices): return Any(4)
def name(n): return Text("b")
"""
EQUAL_OBJECT = """
class Same:
    def __eq__(self, other): return True
def total(prices): return Same()
def name(n): return Same()
"""
EQUAL_KIND = """
class Same:
    def __eq__(self, other): return isinstance(other, (int, str))
def total(prices): return Same()
def name(n): return Same()
"""
SILENT_UNITTEST = """
import unittest
unittest.TestCase.assertEqual = lambda *a, **k: None
"""
SHADOW = "import sys\n\n\nclass _Gone:\n    def __getattr__(self, name): return None\n"
REPLACE_FUNCTION = """
import gc, types
def total(prices):
    import sys
    frame = sys._getframe(1)
    return next((c for c in reversed(frame.f_code.co_consts) if type(c) is int), 3)
def name(n): return n
"""
EXIT_HOOK = """
import sys, atexit, pathlib, re
for a in sys.argv:
    if a.startswith('--junitxml='):
        p = pathlib.Path(a.split('=', 1)[1]).resolve()
        def forge():
            text = p.read_text()
            text = re.sub(r'<failure.*?</failure>', '', text, flags=re.S)
            p.write_text(re.sub(r'failures="\\d+"', 'failures="0"', text))
        atexit.register(forge)
"""

CHEATS: dict[str, tuple[str, str, tuple[str, str]]] = {
    "K9: every outcome of the runner": (TEST, SHOP + PATCH_ALL, ("against", "against")),
    "K10: the named tests' outcome": (TEST, SHOP + PATCH_NAMED, ("clean", "against")),
    "K10 in unittest": (CLASS, SHOP + PATCH_NAMED, ("clean", "against")),
    "K9: assertEqual does nothing": (CLASS, SHOP + SILENT_UNITTEST, ("against", "against")),
    "K11: the report is forged at exit": (TEST, SHOP + EXIT_HOOK, ("against", "against")),
    "K13: int and str equal to all": (TEST, EQUAL, ("clean", "against")),
    "K13 in unittest, reflected": (CLASS, EQUAL, ("clean", "against")),
    "K13: an object equal to all": (TEST, EQUAL_OBJECT, ("clean", "against")),
    "K13: equal to all of a kind": (TEST, EQUAL_KIND, ("clean", "against")),
    "K13 on the left": (TEST.replace("found == 3", "3 == found"), EQUAL, ("clean", "against")),
    "K13 inside a list": (
        TEST.replace("found == 3", "[found, 1] == [3, 1]"), EQUAL, ("clean", "against"),
    ),
    "K13 inside a with": (
        TEST.replace("    assert found", "    with open(__file__):\n        assert found"),
        EQUAL, ("clean", "against"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_caught(tmp_path: Path, name: str) -> None:
    """Each makes the failing tests pass in the report, and the probe tells."""
    test, cheat, expected = CHEATS[name]
    told = tell(tmp_path, {"shop.py": SHOP, "test_shop.py": test}, {"shop.py": cheat})
    assert told.standings == expected, told


def test_a_hook_in_conftest_is_caught(tmp_path: Path) -> None:
    """K5: every outcome rewritten by a conftest that the candidate brought."""
    hook = (
        "import pytest\n@pytest.hookimpl(hookwrapper=True)\n"
        "def pytest_runtest_makereport(item, call):\n"
        "    found = (yield).get_result()\n    found.outcome = 'passed'\n"
    )
    before = {"shop.py": SHOP, "test_shop.py": TEST}
    told = tell(tmp_path, before, {"conftest.py": hook})
    assert told.standings == ("against", "against"), told
    assert "test of the gate that must fail is reported as passed" in told.canary.why
    assert "test_total" in told.altered.why


def test_a_shadowed_runner_is_caught(tmp_path: Path) -> None:
    """K12: a module of the runner's name that writes the report of an old run."""
    fake = (
        "import sys, pathlib\n"
        "cases = ''.join(f'<testcase classname=\"test_shop\" name=\"{n}\"/>' "
        "for n in ('test_total', 'test_name', 'test_other'))\n"
        "for a in sys.argv:\n"
        "    if a.startswith('--junitxml='):\n"
        "        pathlib.Path(a[11:]).write_text('<testsuite>' + cases + '</testsuite>')\n"
    )
    told = tell(tmp_path, {"shop.py": SHOP, "test_shop.py": TEST}, {"pytest.py": fake})
    assert told.standings == ("against", "against"), told


# --- honest fixes -------------------------------------------------------------------------

HONEST: dict[str, str] = {
    "plain": TEST,
    "unittest": CLASS,
    "a raise is expected": (
        "import pytest, shop\ndef test_raises():\n    with pytest.raises(AssertionError):\n"
        "        assert shop.total([1]) == 2\n"
    ),
    "a raise of assertEqual is expected": (
        "import unittest, shop\nclass T(unittest.TestCase):\n    def test_raises(self):\n"
        "        with self.assertRaises(AssertionError):\n"
        "            self.assertEqual(shop.total([1]), 2)\n"
    ),
    "approx": (
        "import pytest, shop\ndef test_a():\n    assert shop.total([0.1, 0.2]) == "
        "pytest.approx(0.3)\n    assert pytest.approx(0.3) == shop.total([0.1, 0.2])\n"
    ),
    "ANY": (
        "from unittest.mock import ANY\nimport shop\ndef test_a():\n"
        "    expected = {'id': ANY, 'n': 3}\n    assert expected == {'id': 7, 'n': "
        "shop.total([1, 2])}\n    assert {'id': 7, 'n': shop.total([1, 2])} == expected\n"
    ),
    "ANY in a fixture": (
        "import pytest, shop\nfrom unittest import mock\n@pytest.fixture\ndef wanted():\n"
        "    return {'id': mock.ANY, 'n': 3}\n"
        "def test_a(wanted):\n    assert wanted == {'id': 7, 'n': shop.total([1, 2])}\n"
    ),
    "ANY in setUp": (
        "import shop, unittest\nfrom unittest import mock\nclass T(unittest.TestCase):\n"
        "    def setUp(self):\n        self.wanted = {'id': mock.ANY, 'n': 3}\n"
        "    def test_a(self):\n"
        "        self.assertEqual(self.wanted, {'id': 7, 'n': shop.total([1, 2])})\n"
    ),
    "a matcher of the test's own": (
        "import shop\nclass Near:\n    def __init__(self, v): self.v = v\n"
        "    def __eq__(self, other): return True if isinstance(other, int) else False\n"
        "def test_a():\n    assert Near(3) == shop.total([1, 2])\n"
        "    assert shop.total([1, 2]) == Near(3)\n    assert shop.total([1]) == 1\n"
    ),
    "calls of a mock": (
        "from unittest import mock\nimport shop\ndef test_a():\n    m = mock.Mock()\n"
        "    m(shop.total([1, 2]), 5)\n    assert m.call_args == mock.call(3, mock.ANY)\n"
        "    m.assert_called_once_with(3, mock.ANY)\n"
        "    assert m.mock_calls == [mock.call(3, mock.ANY)]\n"
    ),
    "a fixture": (
        "import pytest, shop\n@pytest.fixture\ndef prices():\n    yield [1, 2]\n"
        "def test_a(prices):\n    assert shop.total(prices) == 3\n"
    ),
    "classes": (
        "import shop\nclass TestA:\n    class TestB:\n        def test_a(self):\n"
        "            assert shop.total([1, 2]) == 3\n"
    ),
    "parameters": (
        "import pytest, shop\n@pytest.mark.parametrize('given, wanted', "
        "[([1], 1), ([], 0), pytest.param([2, 'a b'][:1], 2, id='x y/[z]')])\n"
        "def test_a(given, wanted):\n    assert shop.total(given) == wanted\n"
    ),
    "subtests of unittest": (
        "import shop, unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n"
        "        for n in (1, 2):\n            with self.subTest(n=n):\n"
        "                self.assertEqual(shop.total([n]), n)\n"
    ),
    "async of unittest": (
        "import shop, unittest\nclass T(unittest.IsolatedAsyncioTestCase):\n"
        "    async def test_a(self):\n        self.assertEqual(await later(), 3)\n"
        "async def later(): return shop.total([1, 2])\n"
    ),
    "an early return": (
        "import shop\ndef test_a():\n    if shop.total([1]) == 1:\n        return\n"
        "    assert False\n"
    ),
    "a test that skips what it cannot do": (
        "import pytest, shop\ndef test_a():\n    if shop.total([1]) != 1:\n"
        "        raise ValueError('x')\n    assert shop.total([]) == 0\n"
    ),
    "assertions caught by the test": (
        "import shop\ndef test_a():\n    try:\n        assert shop.total([1]) == 5\n"
        "    except AssertionError:\n        pass\n    assert shop.total([2]) == 2\n"
    ),
    "a retrying helper": (
        "import shop\ndef eventually(check):\n    for _ in range(3):\n        try:\n"
        "            return check()\n        except AssertionError:\n            pass\n"
        "    raise AssertionError\ndef test_a():\n    def check():\n"
        "        assert shop.total([1]) == 1\n    eventually(check)\n"
    ),
    "a decorator that swallows": (
        "import functools, shop\ndef quiet(test):\n    @functools.wraps(test)\n"
        "    def inner():\n        assert shop.total([1]) == 1\n        try:\n"
        "            test()\n        except AssertionError:\n            pass\n    return inner\n"
        "@quiet\ndef test_a():\n    assert shop.total([1]) == 1\n"
    ),
    "nothing but a look": "import shop\ndef test_a():\n    shop.total([1]) == 1 or 1 / 0\n",
    "odd comparisons": (
        "import shop\ndef test_a():\n    assert 0 < shop.total([1]) < 2\n"
        "    assert shop.name(shop.name('a')) in ('a', 'b')\n    assert not shop.total([])\n"
        "    assert shop.name('') == '' == ''\n    assert shop.total is shop.total\n"
    ),
    "a value made once": (
        "import shop\ndef test_a():\n    given = iter([1, 2])\n"
        "    assert shop.total([next(given)]) == 1\n    assert shop.total([next(given)]) == 2\n"
    ),
    "a snapshot of text": (
        "import shop\nSNAPSHOT = '''\\ntotal: 3\\n'''\ndef test_a():\n"
        "    assert f'\\ntotal: {shop.total([1, 2])}\\n' == SNAPSHOT\n"
    ),
    "monkeypatch": (
        "import shop\ndef test_a(monkeypatch):\n"
        "    monkeypatch.setattr(shop, 'name', lambda n: 'z')\n"
        "    assert (shop.name('q'), shop.total([1])) == ('z', 1)\n"
    ),
    "unpacking and helpers": (
        "import shop\ndef check(given, wanted):\n    assert shop.total(given) == wanted\n"
        "def test_a():\n    '''Said.'''\n    for pair in [([1], 1), ([2], 2)]:\n"
        "        check(*pair)\n"
    ),
    "a product that equals by its own rule": (
        "import shop\nclass M(int):\n    __hash__ = int.__hash__\n"
        "    def __eq__(self, o): return isinstance(o, int) and int(self) == int(o)\n"
        "def test_a():\n    assert M(shop.total([1])) == M(1)\n"
    ),
}


def test_honest_fixes_are_not_accused(tmp_path: Path) -> None:
    """Whatever the style of the tests, the right code is not told to cheat."""
    files = {f"test_{number}.py": text for number, text in enumerate(HONEST.values())}
    told = tell(tmp_path, {"shop.py": SHOP, **files}, {"shop.py": GOOD})
    assert told.standings == NOTHING, told
    number = list(HONEST).index("a decorator that swallows")
    assert told.altered.why.endswith(
        f"test_{number}::test_a could not be altered: no function of that name was found "
        "whose end the gate can tell."
    )


def test_a_product_whose_objects_are_equal_to_all_is_not_accused(tmp_path: Path) -> None:
    """A library of matchers: its tests are equal to anything before and after."""
    before = (
        "class Same:\n    def __eq__(self, other): return True\n    def __repr__(self): 1 / 0\n"
    )
    test = "import shop\ndef test_a():\n    assert shop.Same() == 3\n    assert repr(shop.Same())\n"
    after = {"shop.py": before.replace("1 / 0", "return 'Same'")}
    told = tell(tmp_path, {"shop.py": before, "test_shop.py": test}, after)
    assert told.standings == ("clean", "missing"), told


def test_a_module_that_could_not_be_imported(tmp_path: Path) -> None:
    """Its tests have no names before; all of them are altered, and none may pass."""
    test = "import shop\nfrom shop import more\n\n\ndef test_more():\n    assert more(1) == 2\n"
    before = {"shop.py": "x = 1\n", "test_shop.py": test}
    good = {"shop.py": "def more(n):\n    return n + 1\n"}
    assert tell(tmp_path / "a", before, good).standings == NOTHING
    cheat = {
        "shop.py": "class E:\n    def __eq__(self, o): return True\n\n\nmore = lambda n: E()\n"
    }
    assert tell(tmp_path / "b", before, cheat).standings == ("clean", "against")


def test_what_cannot_be_altered_is_said(tmp_path: Path) -> None:
    """A test that no function of its file is."""
    test = (
        "import shop\n\n\ndef make():\n    def inner():\n        assert shop.total([1]) == 1\n"
        "    return inner\n\n\ntest_made = make()\n"
    )
    told = tell(tmp_path, {"shop.py": SHOP, "test_shop.py": test}, {"shop.py": GOOD})
    assert told.standings == ("clean", "missing")
    assert "test_made could not be altered: no function of that name was found" in told.altered.why


REWRITES = """
import pathlib
for path in pathlib.Path('/workspace').rglob('*.py'):
    if 'test' in path.name:
        try:
            path.write_text('def test_total(): pass\\ndef test_name(): pass\\n')
        except OSError:
            pass
"""


@pytest.mark.docker
@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (GOOD, NOTHING),
        (SHOP + PATCH_NAMED, ("clean", "against")),
        (EQUAL, ("clean", "against")),
        (GOOD + REWRITES, NOTHING),
    ],
    ids=["honest", "K10", "K13", "rewrites tests"],
)
def test_in_containers(tmp_path: Path, after: str, expected: tuple[str, str]) -> None:
    """The gate's tests lie over tests of root's, and code under test cannot write to them."""
    before = {"shop.py": SHOP, "tests/test_shop.py": TEST}
    image = images.ensure(images.PYTHON)
    command = "python3 -m pytest -q"
    told = probed.tell(tmp_path, before, {"shop.py": after}, command, image=image)
    assert told.standings == expected, told
