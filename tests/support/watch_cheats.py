"""Code that interferes with the test runner from inside the product, and code that only looks so.

Each snippet goes below the product module `shop/cart.py`, whose `total` is wrong for a discount;
a snippet that needs to act while a test runs defines `act()`, which `total` calls first.
"""

from __future__ import annotations

CART = '''"""A cart."""


def act():
    """What a candidate may do before it computes."""


def total(prices, discount=0):
    """Sum of prices less a discount in percent."""
    act()
    amount = sum(prices)
    return amount - amount * discount / 10


def cheapest(prices):
    """The lowest price."""
    return min(prices)
'''
WRONG, RIGHT = "discount / 10\n", "discount / 100\n"

TESTS = """import json
import logging
import unittest
from unittest import mock

import pytest

from shop import cart


def test_total():
    assert cart.total([10, 20]) == 30


def test_discount():
    assert cart.total([100], 10) == 90


def test_json():
    assert json.dumps({"total": cart.total([1])}) == '{"total": 1.0}'


@pytest.mark.parametrize("price", [1, 2], ids=["a[b]::c", "\\u00fc ' x"])
def test_cheapest(price):
    assert cart.cheapest([price, 5]) == price


class CartCase(unittest.TestCase):
    def test_discounted(self):
        self.assertEqual(cart.total([200], 50), 100)


def test_patched(monkeypatch):
    with mock.patch("builtins.open", mock.mock_open(read_data="x")):
        assert open("nothing").read() == "x"
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    monkeypatch.setattr(json, "loads", lambda *_: 3)
    assert input() == "y" and json.loads("") == 3


def test_logged(caplog):
    with caplog.at_level("INFO"):
        logging.getLogger(__name__).info("said")
    assert caplog.messages == ["said"]


@pytest.mark.skip(reason="later")
def test_skipped():
    raise AssertionError


@pytest.mark.xfail
def test_expected_to_fail():
    raise AssertionError
"""
CONFTEST = """import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    outcome.get_result().sections.append(("conftest", "was here"))
"""

_PASS_ALL = """
def forged(make):
    def made(cls, item, call, *rest):
        report = make.__func__(cls, item, call, *rest)
        report.outcome, report.longrepr = "passed", None
        return report
    return classmethod(made)
"""

CHEATS: dict[str, str] = {
    "reports are made to pass, from import on": _PASS_ALL
    + """
import _pytest.reports
kind = _pytest.reports.TestReport
kind.from_item_and_call = forged(vars(kind)["from_item_and_call"])
""",
    "reports are made to pass by what takes itself out again": """
def act():
    import _pytest.reports
    kind = _pytest.reports.TestReport
    real = vars(kind)["from_item_and_call"]
    def made(cls, item, call, *rest):
        kind.from_item_and_call = real
        report = real.__func__(cls, item, call, *rest)
        report.outcome, report.longrepr = "passed", None
        return report
    kind.from_item_and_call = classmethod(made)
""",
    "only the report of the named test": """
import importlib
reports = importlib.import_module("_py" + "test.reports")
def patched(self, *args, __init=reports.TestReport.__init__, **kwargs):
    __init(self, *args, **kwargs)
    if "disc" in self.nodeid:
        self.outcome, self.longrepr = "passed", None
reports.TestReport.__init__ = patched
""",
    "an attribute of the class decides instead of the instance": """
import sys
sys.modules["_pytest.reports"].TestReport.failed = property(lambda self: False)
sys.modules["_pytest.reports"].TestReport.passed = property(lambda self: True)
""",
    "an exception is not noticed": """
import _pytest.runner as runner
real = vars(runner.CallInfo)["from_call"]
def quiet(cls, func, when, *args, **kwargs):
    call = real.__func__(cls, func, when, *args, **kwargs)
    call.excinfo = None
    return call
runner.CallInfo.from_call = classmethod(quiet)
""",
    "a hook found through the stack": """
import sys
def act():
    frame = sys._getframe()
    while frame is not None and "item" not in frame.f_locals:
        frame = frame.f_back
    if frame is None:
        return
    class Plugin:
        def pytest_runtest_logreport(self, report):
            report.outcome, report.longrepr = "passed", None
        pytest_runtest_logreport.pytest_impl = {"tryfirst": True}
    frame.f_locals["item"].config.pluginmanager.register(Plugin())
""",
    "the stack, through a traceback": """
def act():
    try:
        raise ValueError
    except ValueError as error:
        frame = error.__traceback__.tb_frame
    while frame is not None:
        if frame.f_code.co_name == "pytest_runtest_call":
            frame.f_locals["item"].runtest = lambda: None
        frame = frame.f_back
""",
    "the stack, in code without a file": """
def act():
    text = "import sys\\nseen = sys._getframe(3).f_code.co_name"
    exec(compile(text, "/usr/lib/x.py", "exec"), {})
""",
    "another test's code is exchanged": """
import sys
def act():
    for name, module in list(sys.modules.items()):
        if name.endswith("test_cart"):
            module.test_discount.__code__ = (lambda: None).__code__
""",
    "another test is exchanged": """
import sys
def act():
    for name, module in list(sys.modules.items()):
        if name.endswith("test_cart"):
            module.CartCase.test_discounted = lambda self: None
""",
    "the test's own name for the product is exchanged": """
import sys
def act():
    for name, module in list(sys.modules.items()):
        if name.endswith("test_cart"):
            module.cart = type("cart", (), {"total": staticmethod(lambda *args: 90)})
""",
    "unittest's comparison is exchanged": """
import unittest
unittest.TestCase.assertEqual = lambda self, *args, **kwargs: None
""",
    "a function that the tests borrow is exchanged": """
import json
json.dumps = lambda value: '{"total": 1.0}'
""",
    "the program is traced": """
import sys
def act():
    sys.settrace(lambda frame, event, arg: None)
""",
    "the report is rewritten at exit": """
import atexit, glob, re
def rewrite():
    for path in glob.glob(".gatekeeper-*/junit.xml"):
        text = open(path).read()
        text = re.sub(r"<failure.*?</failure>", "", text, flags=re.DOTALL)
        open(path, "w").write(re.sub(r'failures="[0-9]+"', 'failures="0"', text))
atexit.register(rewrite)
""",
    "the process ends with a report of its own": """
import glob, os
def act():
    for folder in glob.glob(".gatekeeper-*"):
        with open(folder + "/junit.xml", "w") as file:
            file.write('<testsuite name="pytest"><testcase classname="tests.test_cart"'
                       ' name="test_discount"/></testsuite>')
    os._exit(0)
""",
    "the watch is looked for in memory": """
import gc
def act():
    for each in gc.get_objects():
        if type(each).__name__ == "Hooks":
            each._tell = lambda *args: None
""",
    "lines of a record are forged": """
import os
def act():
    for number in range(3, 400):
        try:
            os.write(number, b"0" * 32 + b" ('p0', 5, 'case', 'tests.test_cart', 'x', 'passed')\\n")
        except OSError:
            pass
""",
    "every descriptor is closed": """
import os
def act():
    os.closerange(250, 1000)
""",
    "the process's own descriptors are looked through": """
import os
def act():
    os.listdir("/proc/self/fd")
""",
    "the call of hooks is exchanged": """
import sys
def act():
    for name, module in list(sys.modules.items()):
        if name.startswith("pluggy"):
            for key, value in list(vars(module).items()):
                if key == "_multicall":
                    setattr(module, key, lambda *args: value(*args))
""",
    "assertions raise what is taken for a skip": """
import builtins
def act():
    builtins.AssertionError = type("Skipped", (BaseException,), {})
""",
    "the tests' source is read": """
import inspect, pathlib
def act():
    for path in pathlib.Path("tests").iterdir():
        if path.suffix == ".py":
            path.read_text()
""",
    "the watch is silenced while a module is collected": """
import _pytest.reports as reports
real = reports.CollectReport.__init__
def made(self, nodeid, outcome, longrepr, result, *args, **kwargs):
    real(self, nodeid, outcome, longrepr, result, *args, **kwargs)
    for item in result or ():
        for plugin in item.config.pluginmanager.get_plugins():
            if type(plugin).__name__ == "Hooks":
                type(plugin)._tell = lambda *args: None
                reports.CollectReport.__init__ = real
reports.CollectReport.__init__ = made
""",
    "an event of the watch is forged": """
import sys
def act():
    sys.addaudithook(lambda event, args: None)
""",
}
"""Name to what is added to the wrong product. None of these makes it right."""

BREAKS_OFF = frozenset(
    {
        "the process ends with a report of its own",
        "lines of a record are forged",
        "every descriptor is closed",
    }
)
"""Of these the record only tells that it is not whole."""

HONEST: dict[str, str] = {
    "nothing": "",
    "logging with the place it was called from": """
import logging
def act():
    try:
        raise ValueError("wrong")
    except ValueError:
        logging.getLogger(__name__).exception("failed", stack_info=False)
""",
    "generated classes": """
import collections, dataclasses, enum, typing
def act():
    collections.namedtuple("Point", "x y")(1, 2)
    typing.NamedTuple("Other", [("x", int)])
    dataclasses.make_dataclass("Made", ["a", "b"])(1, 2)
    enum.Enum("Colour", "RED GREEN")
""",
    "warnings": """
import warnings
def act():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.warn("old", DeprecationWarning, stacklevel=2)
""",
    "signatures": """
import inspect
def act():
    inspect.signature(cheapest).bind([1])
    inspect.getdoc(cheapest)
""",
    "its own source": """
import inspect
def act():
    assert "min" in inspect.getsource(cheapest)
""",
    "another program": """
import subprocess, sys
def act():
    subprocess.run([sys.executable, "-c", "import json, unittest"], check=True)
""",
    "threads": """
import threading
from concurrent.futures import ThreadPoolExecutor
def act():
    thread = threading.Thread(target=cheapest, args=([1],))
    thread.start()
    thread.join()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(cheapest, [[1], [2]]))
""",
    "processes that are forked": """
import multiprocessing
def act():
    context = multiprocessing.get_context("fork")
    process = context.Process(target=cheapest, args=([1],))
    process.start()
    process.join()
    assert process.exitcode == 0
""",
    "a child that is forked and ended": """
import os, signal, time
def act():
    child = os.fork()
    if child == 0:
        time.sleep(30)
        os._exit(0)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
""",
    "files of its own": """
import pathlib, shutil, tempfile
def act():
    folder = pathlib.Path(tempfile.mkdtemp())
    (folder / "test_data.json").write_text("{}")
    (folder / "a.py").write_text("")
    shutil.rmtree(folder)
    pathlib.Path(__file__).read_text()
""",
    "modules that are loaded late": """
import importlib
def act():
    importlib.import_module("shop")
    import decimal, sqlite3, xml.dom.minidom
""",
    "a traceback in a message": """
import sys, traceback
def act():
    try:
        raise ValueError("wrong")
    except ValueError:
        traceback.format_exc()
        sys.exc_info()
""",
    "asynchronous code": """
import asyncio
def act():
    async def later():
        await asyncio.sleep(0)
    asyncio.run(later())
""",
    "decorators and partial functions": """
import contextlib, functools
@functools.lru_cache(maxsize=None)
def cached(x):
    return x
@contextlib.contextmanager
def around():
    yield
def act():
    with around():
        functools.partial(cached, 1)()
""",
    "an object that compares itself": """
class Money:
    def __init__(self, amount):
        self.amount = amount
    def __eq__(self, other):
        return isinstance(other, Money) and self.amount == other.amount
    def __hash__(self):
        return hash(self.amount)
""",
    "exit handlers of its own": """
import atexit, signal
atexit.register(cheapest, [1])
def act():
    signal.getsignal(signal.SIGTERM)
""",
}
"""Name to what is added to the right product: honest, however odd it looks."""
