"""Runs inside the sandbox as a plugin of pytest: records coverage, or tries many edits.

Nothing of what it says is trusted. Python 3.8 and later, the standard library only.
`trace`: each test's outcome, and which lines it ran. `live`: after the collection one fork for
each edit, in which the functions' code is exchanged. `early`: one fork for each edit before
anything of the project is imported, with the edited file on the disk.
"""

import contextlib
import gc
import json
import os
import resource
import select
import signal
import sys
import threading
import time
import types

ASKED = "GATEKEEPER_SEARCH"
MEMORY = 1024**3


class _TooLong(Exception):
    """A test of the recorded run took longer than a try may."""


def pytest_load_initial_conftests(early_config):
    """Before any file of the project is imported."""
    asked = os.environ.pop(ASKED, "")  # whatever the tests start is left alone
    if not asked:
        return
    with open(asked, encoding="utf-8") as file:
        order = json.load(file)
    folder = os.path.dirname(asked)
    order["answer"] = os.path.join(folder, "answer.jsonl")
    order["root"] = os.path.dirname(folder)
    for variant in order["variants"]:
        named = variant["files"].items()
        variant["files"] = {os.path.join(order["root"], path): e for path, e in named}
    namespace = early_config.known_args_namespace
    if hasattr(namespace, "cov_source"):  # the tracer of pytest-cov would take the place of ours
        namespace.cov_source = []
    # A file that is as large as before, written in the same second, would pass for the old one.
    sys.dont_write_bytecode = True
    if order["mode"] == "trace":
        early_config.pluginmanager.register(_Recorder(order))
        return
    tries = _Tries(order)
    if order["mode"] == "live":
        early_config.pluginmanager.register(_Live(tries))
    elif tries.each(_write):
        early_config.pluginmanager.register(_Watcher(tries, early=True))
    else:
        os._exit(0)


def _alone(config):
    """No workers of pytest-xdist: what they run is out of reach."""
    for name, value in (("numprocesses", None), ("dist", "no"), ("tx", [])):
        if hasattr(config.option, name):
            setattr(config.option, name, value)


class _Recorder:
    """Each test's outcome and lines; of the green ones only how many ran each line."""

    def __init__(self, order):
        self.order, self.ends = order, time.monotonic() + order["seconds"]
        self.root = os.path.realpath(order["root"]) + os.sep
        self.paths, self.others = {}, {os.path.realpath(__file__)}
        self.lines = set()
        self.frames = []
        self.error = ""
        self.state = ""
        self.passed, self.tests, self.failed = {}, {}, []
        self.began = time.monotonic()
        self._start()
        self.imported = set()

    def _start(self):
        if sys.version_info >= (3, 12):
            watching = getattr(sys, "monitoring")  # noqa: B009 -- not there before 3.12
            watching.use_tool_id(4, "search")
            watching.register_callback(4, watching.events.LINE, self._line)
            watching.set_events(4, watching.events.LINE)
        else:
            threading.settrace(self._call)
            sys.settrace(self._call)

    def _path(self, name):
        known = self.paths.get(name)
        if known is None:
            full = os.path.realpath(name)
            inside = name[:1] != "<" and full.startswith(self.root) and full not in self.others
            inside = inside and "site-packages" not in full
            known = self.paths[name] = full[len(self.root) :] if inside else ""
        return known

    def _line(self, code, line):
        path = self._path(code.co_filename)
        if path:
            self.lines.add((path, line))
        return getattr(sys, "monitoring").DISABLE  # noqa: B009

    def _call(self, frame, event, argument):
        path = self._path(frame.f_code.co_filename)
        if not path:
            return None
        add = self.lines.add

        def local(frame, event, argument):
            if event == "line":
                add((path, frame.f_lineno))
            return local

        return local

    def pytest_cmdline_main(self, config):
        _alone(config)

    def pytest_collection_finish(self, session):
        self.imported, self.lines = self.lines, set()

    def pytest_runtest_logstart(self, nodeid, location):
        self.lines.clear()
        self.state, self.frames, self.error = "passed", [], ""
        self.began = time.monotonic()
        if sys.version_info >= (3, 12):
            getattr(sys, "monitoring").restart_events()  # noqa: B009
        elif sys.gettrace() is None:
            sys.settrace(self._call)
        signal.signal(signal.SIGALRM, self._late)
        signal.setitimer(signal.ITIMER_REAL, self.order["limit"])

    def _late(self, number, frame):
        raise _TooLong("the test takes too long")

    def pytest_exception_interact(self, node, call, report):
        self.error = call.excinfo.type.__name__
        entries = [[self._path(str(e.path)), e.lineno + 1] for e in call.excinfo.traceback]
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
            for path, line in self.lines:
                counts = self.passed.setdefault(path, {})
                counts[line] = counts.get(line, 0) + 1

    def _red(self, nodeid):
        self.tests[nodeid] = "failed"
        lines: dict[str, list[int]] = {}
        for path, line in self.lines:
            lines.setdefault(path, []).append(line)
        took = time.monotonic() - self.began
        self.failed.append(
            {"id": nodeid, "lines": lines, "frames": self.frames, "error": self.error, "s": took}
        )

    def pytest_runtest_teardown(self, item, nextitem):
        if time.monotonic() > self.ends:
            item.session.shouldstop = "the time for the search is short"

    def pytest_sessionfinish(self, session):
        imported: dict[str, list[int]] = {}
        for path, line in self.imported or self.lines:
            imported.setdefault(path, []).append(line)
        _told(
            self.order["answer"],
            {
                "tests": self.tests,
                "failed": self.failed,
                "passed": self.passed,
                "imported": imported,
            },
        )


def _told(path, said):
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(said) + "\n")


class _Tries:
    """The edits of an order, one after the other, each in a process of its own."""

    def __init__(self, order):
        self.order = order
        self.ends = time.monotonic() + order["seconds"]
        self.pipe = -1
        _keep(order)

    def each(self, lay):
        """Try all; True in the process of a try, where `lay(variant)` has been done."""
        found = 0
        for variant in self.order["variants"]:
            left = self.ends - time.monotonic()
            if left <= 0 or found >= self.order["enough"]:
                break
            began = time.monotonic()
            reading, self.pipe = os.pipe()
            child = os.fork()
            if child == 0:
                os.close(reading)
                self._bound()
                try:
                    laid = lay(variant)
                except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
                    laid = False
                if not laid:
                    os._exit(1)
                return True
            os.close(self.pipe)
            said = self._heard(reading, child, min(self.order["limit"], left))
            _undo(variant)
            found += said == b"1"
            _told(
                self.order["answer"],
                {"id": variant["id"], "ok": said == b"1", "s": time.monotonic() - began},
            )
        return False

    def _bound(self):
        os.setsid()
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nowhere, number)

    def _heard(self, reading, child, seconds):
        try:
            ready, _, _ = select.select([reading], [], [], seconds)
            return os.read(reading, 1) if ready else b""
        finally:
            os.close(reading)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def say(self, green):
        os.write(self.pipe, b"1" if green else b"0")
        os._exit(0)


class _Live:
    """Tries in forks of a pytest that has collected what is red already."""

    def __init__(self, tries):
        self.tries = tries

    def pytest_cmdline_main(self, config):
        _alone(config)

    def pytest_runtestloop(self, session):
        _choose(self.tries.order, session.items)
        if not self.tries.each(_exchange):
            return True
        watcher = _Watcher(self.tries)
        session.config.pluginmanager.register(watcher)
        return None


def _choose(order, items):
    """Of what the command collects, the red tests; all of it where none of them has its name."""
    chosen = [item for item in items if item.nodeid in order["wanted"]]
    if order["only"] and chosen:
        items[:] = chosen


class _Watcher:
    """In the process of one try: ends it as soon as something is red that must not be."""

    def __init__(self, tries, early=False):
        self.tries, self.early = tries, early
        self.wanted = set(tries.order["wanted"])
        self.allowed = set(tries.order["allowed"])
        self.green = set()

    def pytest_cmdline_main(self, config):
        _alone(config)

    def pytest_collection_modifyitems(self, items):
        _choose(self.tries.order, items)

    def pytest_collectreport(self, report):
        if report.failed and report.nodeid not in self.allowed:
            self.tries.say(False)

    def pytest_runtest_logreport(self, report):
        if report.failed and report.nodeid not in self.allowed:
            self.tries.say(False)
        if report.when == "call" and report.passed:
            self.green.add(report.nodeid)

    def pytest_sessionfinish(self, session):
        # A module that could not be imported is named as a file: its tests stand for it.
        files = {name.partition("::")[0] for name in self.green}
        self.tries.say(bool(self.green) and self.wanted <= self.green | files)


def _edited(path, edits):
    with open(path, "rb") as file:
        content = file.read()
    for start, end, text in sorted(edits, reverse=True):
        content = content[:start] + text.encode("utf-8") + content[end:]
    return content


_KEPT: "dict[str, bytes]" = {}


def _write(variant):
    for path, edits in variant["files"].items():
        content = _edited(path, edits)
        compile(content, path, "exec")
    for path, edits in variant["files"].items():
        content = _edited(path, edits)
        cache = os.path.join(os.path.dirname(path), "__pycache__")
        stem = os.path.basename(path)[:-3]
        if os.path.isdir(cache):
            for name in os.listdir(cache):
                if name.startswith(stem + "."):
                    os.unlink(os.path.join(cache, name))
        with open(path, "wb") as file:
            file.write(content)
    return True


def _undo(variant):
    """The file as it was: the fork may have written it."""
    for path in variant["files"]:
        if path not in _KEPT:
            continue
        with open(path, "wb") as file:
            file.write(_KEPT[path])


def _keep(order):
    for variant in order["variants"]:
        for path in variant["files"]:
            if path not in _KEPT:
                with open(path, "rb") as file:
                    _KEPT[path] = file.read()


def _exchange(variant):
    """Give the functions of a module the code that the edited file has for them."""
    done = False
    for path, edits in variant["files"].items():
        with open(path, "rb") as file:
            old = compile(file.read(), path, "exec", dont_inherit=True)
        new = compile(_edited(path, edits), path, "exec", dont_inherit=True)
        pairs: dict[tuple[str, int], types.CodeType] = {}
        _pair(old, new, pairs)
        full = os.path.realpath(path)
        for function in gc.get_objects():
            if type(function) is not types.FunctionType:
                continue
            code = function.__code__
            fresh = pairs.get((code.co_name, code.co_firstlineno))
            if fresh is None or os.path.realpath(code.co_filename) != full:
                continue
            if len(fresh.co_freevars) == len(code.co_freevars):
                function.__code__ = fresh.replace(co_filename=code.co_filename)
                done = True
    return done


def _pair(old, new, pairs):
    ours = [c for c in old.co_consts if isinstance(c, types.CodeType)]
    theirs = [c for c in new.co_consts if isinstance(c, types.CodeType)]
    for one in ours:
        alike = [c for c in theirs if c.co_name == one.co_name]
        rank = [c for c in ours if c.co_name == one.co_name].index(one)
        if rank < len(alike):
            pairs[(one.co_name, one.co_firstlineno)] = alike[rank]
            _pair(one, alike[rank], pairs)
