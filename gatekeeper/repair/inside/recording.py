"""Records each test's outcome and the lines it ran; of the green ones only how many ran each."""

import os
import signal
import sys
import time

from .asked import alone, asked, quiet, told
from .lines import Lines


class _TooLong(Exception):
    """A test of the recorded run took longer than a try may."""


def pytest_load_initial_conftests(early_config):
    """Before any file of the project is imported."""
    order = asked()
    if order is not None:
        quiet(early_config)
        early_config.pluginmanager.register(_Recorder(order))


class _Recorder:
    def __init__(self, order):
        self.order, self.ends = order, time.monotonic() + order["seconds"]
        here = os.path.dirname(__file__)
        ours = [os.path.join(here, name) for name in os.listdir(here)]
        self.lines = Lines(order["root"], ours, order.get("codes"))
        self.frames, self.error, self.state = [], "", ""
        self.counts, self.ran, self.green, self.took = {}, {}, [], []
        self.tests, self.failed, self.imported = {}, [], None
        self.began = time.monotonic()

    def pytest_cmdline_main(self, config):
        alone(config)

    def pytest_runtest_logstart(self, nodeid, location):
        if self.imported is None:
            self.imported = self._run()
        self.state, self.frames, self.error = "passed", [], ""
        self.lines.begin()
        self.began = time.monotonic()
        signal.signal(signal.SIGALRM, self._late)
        signal.setitimer(signal.ITIMER_REAL, self.order["limit"])

    def _late(self, number, frame):
        raise _TooLong("the test takes too long")

    def pytest_exception_interact(self, node, call, report):
        self.error = call.excinfo.type.__name__
        path = self.lines._path
        entries = [[path(str(e.path)), e.lineno + 1] for e in call.excinfo.traceback]
        self.frames = [entry for entry in entries if entry[0]]
        if getattr(report, "when", "collect") == "collect":
            self._red(report.nodeid)

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.state = "failed"
        elif report.skipped and self.state == "passed":
            self.state = "skipped"

    def pytest_runtest_logfinish(self, nodeid, location):
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.tests[nodeid] = self.state
        if self.state == "failed":
            self._red(nodeid)
        elif self.state == "passed":
            self._passed(nodeid)

    def _passed(self, nodeid):
        bit = 1 << len(self.green)
        self.green.append(nodeid)
        self.took.append(round(time.monotonic() - self.began, 4))
        for seen in self.lines.touched:
            counts = self.counts.setdefault(seen.path, {})
            for line in seen.run():
                counts[line] = counts.get(line, 0) + 1
            ran = self.ran.setdefault(seen.path, {})
            ran[seen.first] = ran.get(seen.first, 0) | bit

    def _run(self):
        found: dict[str, set[int]] = {}
        for seen in self.lines.touched:
            found.setdefault(seen.path, set()).update(seen.run())
        return {path: sorted(lines) for path, lines in found.items()}

    def _codes(self):
        found: dict[str, set[int]] = {}
        for seen in self.lines.touched:
            found.setdefault(seen.path, set()).add(seen.first)
        return {path: sorted(firsts) for path, firsts in found.items()}

    def _red(self, nodeid):
        self.tests[nodeid] = "failed"
        self.failed.append(
            {
                "id": nodeid,
                "lines": self._run(),
                "codes": self._codes(),
                "frames": self.frames,
                "error": self.error,
                "s": time.monotonic() - self.began,
            }
        )

    def pytest_runtest_teardown(self, item, nextitem):
        if time.monotonic() > self.ends:
            item.session.shouldstop = "the time for the search is short"

    def pytest_sessionfinish(self, session):
        sys.settrace(None)
        ran = {p: {n: format(mask, "x") for n, mask in m.items()} for p, m in self.ran.items()}
        told(
            self.order,
            {
                "tests": self.tests,
                "failed": self.failed,
                "passed": self.counts,
                "imported": self._run() if self.imported is None else self.imported,
                "green": self.green,
                "took": self.took,
                "ran": ran,
            },
        )
