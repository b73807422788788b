"""Which lines of the project are run between two moments, at the least cost there is."""

import dis
import os
import sys
import threading

OFTEN = 50
"""Calls of a function in one test after which it is not watched any more."""


class Seen:
    """What was run of one code object since the last `begin`."""

    __slots__ = ("calls", "first", "lines", "missing", "path")

    def __init__(self, path, code):
        self.path, self.first = path, code.co_firstlineno
        self.lines = frozenset(line for _, line in dis.findlinestarts(code) if line)
        self.missing, self.calls = set(self.lines), 0

    def again(self):
        """Forget what was run."""
        self.missing, self.calls = set(self.lines), 0

    def run(self):
        """The lines that were run."""
        return self.lines - self.missing


class Lines:
    """Watches code objects of files below `root`; of those in `only`, where it is not None.

    `only` is a mapping of relative paths to first lines of code objects.
    """

    def __init__(self, root, away, only=None):
        self.root, self.only = os.path.realpath(root) + os.sep, only
        self.away = {os.path.realpath(path) for path in away}
        self.paths, self.known, self.kept, self.touched = {}, {}, [], []
        if sys.version_info >= (3, 12):
            watching = getattr(sys, "monitoring")  # noqa: B009 -- not there before 3.12
            watching.use_tool_id(4, "search")
            watching.register_callback(4, watching.events.LINE, self._line)
            watching.set_events(4, watching.events.LINE)
        else:
            threading.settrace(self._call)
            sys.settrace(self._call)

    def begin(self):
        """From now on; what a test switched off is on again."""
        for seen in self.touched:
            seen.again()
        self.touched = []
        if sys.version_info >= (3, 12):
            getattr(sys, "monitoring").restart_events()  # noqa: B009
        elif sys.gettrace() is None:
            sys.settrace(self._call)

    def _path(self, name):
        path = self.paths.get(name)
        if path is None:
            full = os.path.realpath(name)
            inside = name[:1] != "<" and full.startswith(self.root) and full not in self.away
            inside = inside and "site-packages" not in full
            path = self.paths[name] = full[len(self.root) :] if inside else ""
        return path

    def _seen(self, code):
        seen = self.known.get(id(code))
        if seen is None:
            path = self._path(code.co_filename)
            wanted = self.only is None or code.co_firstlineno in self.only.get(path, ())
            seen = Seen(path, code) if path and wanted else False
            self.known[id(code)] = seen
            self.kept.append(code)  # or another one could get its id
        return seen

    def _line(self, code, line):
        seen = self._seen(code)
        if seen:
            if not seen.calls:
                seen.calls = 1
                self.touched.append(seen)
            seen.missing.discard(line)
        return getattr(sys, "monitoring").DISABLE  # noqa: B009

    def _call(self, frame, event, argument):
        seen = self.known.get(id(frame.f_code))
        if seen is None:
            seen = self._seen(frame.f_code)
        if not seen:
            return None
        if not seen.calls:
            self.touched.append(seen)
        elif seen.calls > OFTEN or not seen.missing:
            return None
        seen.calls += 1
        missing = seen.missing

        def each(frame, event, argument):
            if event == "line":
                missing.discard(frame.f_lineno)
            return each

        return each
