"""Tries edits: `live` in forks of a pytest that has collected, `early` before it imports anything.

`live` exchanges the code of functions; `early` writes the edited file, for edits outside of them.
"""

import gc
import os
import sys

import pytest

from .asked import alone, asked, quiet
from .exchanging import Exchange, edited
from .forks import Forks

BROKEN = (SyntaxError, ValueError, OSError, RecursionError, MemoryError)


def pytest_load_initial_conftests(early_config):
    """Before any file of the project is imported."""
    order = asked()
    if order is None:
        return
    quiet(early_config)
    for variant in order["variants"]:
        variant["full"] = os.path.join(order["root"], variant["path"])
    # A file that is as large as before, written in the same second, would pass for the old one.
    sys.dont_write_bytecode = True
    forks = Forks(order)
    if order["mode"] == "live":
        early_config.pluginmanager.register(_Live(order, forks))
        return
    kept = _kept(order)
    variant = forks.each(lambda tried: _write(tried["full"], kept[tried["full"]]))
    if variant is None:
        os._exit(0)
    try:
        content = edited(variant["full"], variant["start"], variant["end"], variant["text"])
        compile(content, variant["full"], "exec", dont_inherit=True)
        _write(variant["full"], content)
    except BROKEN:
        forks.ends_with(False)
    early_config.pluginmanager.register(_Early(order, forks))


def _kept(order):
    found = {}
    for variant in order["variants"]:
        if variant["full"] not in found:
            with open(variant["full"], "rb") as file:
                found[variant["full"]] = file.read()
    return found


def _write(path, content):
    """The file, and no compiled one that could stand for it."""
    cache = os.path.join(os.path.dirname(path), "__pycache__")
    stem = os.path.basename(path)[:-3]
    if os.path.isdir(cache):
        for name in os.listdir(cache):
            if name.startswith(stem + "."):
                os.unlink(os.path.join(cache, name))
    with open(path, "wb") as file:
        file.write(content)


class _Try:
    """In the process of one try: runs tests, and ends it as soon as one is red that must not be."""

    def __init__(self, order, forks):
        self.forks, self.allowed = forks, set(order["allowed"])
        self.wanted, self.green = order["wanted"], set()

    def pytest_runtest_logreport(self, report):
        if report.failed and report.nodeid not in self.allowed:
            self.forks.ends_with(False)
        if report.when == "call" and report.passed:
            self.green.add(report.nodeid)

    def run(self, items, others):
        """The red tests, then the others; does not return."""
        _run(items)
        # A module that could not be imported is named as a file: its tests stand for it.
        files = {name.partition("::")[0] for name in self.green}
        if not self.green or not set(self.wanted) <= self.green | files:
            self.forks.ends_with(False)
        self.forks.says(b"w")
        _run(others)
        self.forks.ends_with(True)


def _run(items):
    for number, item in enumerate(items):
        following = items[number + 1] if number + 1 < len(items) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


class _Impatient:
    """A red test ends its try before anything is written about why it is red."""

    def __init__(self, order, forks):
        self.forks, self.allowed = forks, set(order["allowed"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        kept = getattr(item, "_excinfo", None)  # where pytest puts what unittest caught
        error = call.excinfo or (kept[0] if kept else None)
        if error is None or item.nodeid in self.allowed or item.get_closest_marker("xfail"):
            return
        if not error.errisinstance((pytest.skip.Exception, pytest.xfail.Exception)):
            self.forks.ends_with(False)


class _Live:
    """Tries in forks of a pytest that has collected the tests already."""

    def __init__(self, order, forks):
        self.order, self.forks = order, forks

    def pytest_cmdline_main(self, config):
        alone(config)

    def pytest_runtestloop(self, session):
        items = {item.nodeid: item for item in session.items}
        wanted = [items[name] for name in self.order["wanted"] if name in items]
        if not wanted:
            return True
        exchange = Exchange({variant["full"] for variant in self.order["variants"]})
        for variant in self.order["variants"]:
            exchange.piece(variant["full"], variant["start"])
        gc.collect()
        gc.freeze()
        variant = self.forks.each()
        if variant is None:
            return True
        self._try(session, exchange, variant, wanted, items)
        return True

    def _try(self, session, exchange, variant, wanted, items):
        plugins = session.config.pluginmanager
        plugins.unregister(name="assertion")  # it explains at length why a test is red
        try:
            spans = (variant["start"], variant["end"], variant["text"])
            done = exchange.apply(variant["full"], *spans)
        except BROKEN:
            done = False
        if not done:
            self.forks.ends_with(False)
        watcher = _Try(self.order, self.forks)
        plugins.register(watcher)
        plugins.register(_Impatient(self.order, self.forks))
        names = self.order["nodes"]
        numbers = () if variant["tests"] is None else self.order["lists"][variant["tests"]]
        known = {name for name in self.order["wanted"] if name in items}
        others = [items[names[n]] for n in numbers if names[n] in items]
        watcher.wanted = known
        watcher.run(wanted, [item for item in others if item.nodeid not in known])


class _Early:
    """In the process of one try that began before the imports."""

    def __init__(self, order, forks):
        self.order, self.forks = order, forks
        self.watcher = _Try(order, forks)

    def pytest_cmdline_main(self, config):
        alone(config)

    def pytest_collectreport(self, report):
        if report.failed and report.nodeid not in self.watcher.allowed:
            self.forks.ends_with(False)

    def pytest_runtestloop(self, session):
        session.config.pluginmanager.register(self.watcher)
        red = [item for item in session.items if self._wanted(item.nodeid)]
        if self.order["only"] and red:
            self.watcher.run(red, ())
        known = set(map(id, red))
        self.watcher.run(red, [item for item in session.items if id(item) not in known])

    def _wanted(self, nodeid):
        # A module that could not be imported is named as a file.
        wanted = self.order["wanted"]
        return nodeid in wanted or nodeid.partition("::")[0] in wanted
