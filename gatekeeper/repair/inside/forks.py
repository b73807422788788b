"""Edits tried in processes of their own: several at a time, each bounded, in the order given."""

import contextlib
import os
import resource
import select
import signal
import time

from .asked import told

MEMORY = 1024**3


class Forks:
    """Starts the tries of an order and hears how they end.

    A try says `w` when the red tests are green, which gives it the time for the others, and at
    last `1` or `0`.
    """

    def __init__(self, order):
        self.order, self.ends = order, time.monotonic() + order["seconds"]
        self.running, self.found, self.last = {}, 0, None
        self.pipe = -1

    def each(self, after=None):
        """A variant in the process of its try; None in the first process, when all have ended."""
        waiting = iter(self.order["variants"])
        more = True
        while more or self.running:
            while more and len(self.running) < self.order["workers"]:
                variant = next(waiting, None)
                more = variant is not None and self._goes_on(variant["id"])
                if more and self._start(variant):
                    return variant
            self._hear(after)
        return None

    def _goes_on(self, number):
        enough = self.found >= self.order["enough"]
        late = self.last is not None and number > self.last
        return not enough and not late and time.monotonic() < self.ends

    def _start(self, variant):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            self.pipe = writing
            self._bound()
            return True
        os.close(writing)
        began = time.monotonic()
        limit = min(began + self.order["limit"], self.ends)
        self.running[reading] = [variant, child, began, limit]
        return False

    def _bound(self):
        os.setsid()
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nowhere, number)

    def _hear(self, after):
        if not self.running:
            return
        left = min(one[3] for one in self.running.values()) - time.monotonic()
        ready, _, _ = select.select(list(self.running), [], [], max(0.0, left))
        for reading in ready:
            said = os.read(reading, 1)
            if said == b"w":
                one = self.running[reading]
                one[3] = min(time.monotonic() + self.order["after"], self.ends)
            else:
                self._end(reading, said == b"1", after)
        now = time.monotonic()
        for reading in [r for r, one in self.running.items() if one[3] <= now]:
            self._end(reading, False, after)

    def _end(self, reading, green, after):
        variant, child, began, _ = self.running.pop(reading)
        os.close(reading)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if after is not None:
            after(variant)
        if green:
            self.found += 1
            if self.last is None:
                self.last = variant["id"] + max(self.order["more"], variant["id"] // 2)
        told(self.order, {"id": variant["id"], "ok": green, "s": time.monotonic() - began})

    def says(self, what):
        """In the process of a try: tell how it goes."""
        os.write(self.pipe, what)

    def ends_with(self, green):
        """In the process of a try: its end, at once."""
        self.says(b"1" if green else b"0")
        os._exit(0)
