"""Runs one command and ends with it, and nothing that the command started outlives it.

Run as a script of its own: `python -I supervisor.py MEMORY FILE_SIZE PIPE FOLDER COMMAND`.
Standard input is the gate: end of file means that the gate is gone or wants an end. PIPE is the
descriptor that the command gets as its record. Exit code: that of the command, 128 + signal where
a signal ended it.

On Linux it adopts every descendant that loses its parent (child subreaper), so double forks and
sessions of their own are found; elsewhere only the process group of the command is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import sys
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
OPEN_FILES = 4096
RECORD = 9  # as in gatekeeper.domain, which this script cannot import


def main(memory: int, file_size: int, pipe: int, folder: str, command: str) -> int:
    """Run the command to its end, or to the end of standard input."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    wakeup, alarm = os.pipe()
    os.set_blocking(alarm, False)
    signal.set_wakeup_fd(alarm)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: None)
    child = os.fork()
    if child == 0:
        _become(command, folder, memory, file_size, pipe)
    os.close(pipe)
    code = _watch(child, wakeup)
    _end_all(child)
    return 128 + signal.SIGKILL if code is None else code


def _become(command: str, folder: str, memory: int, file_size: int, pipe: int) -> None:
    """In the child: its own session, its limits, no standard input, the record, the shell."""
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(pipe, RECORD)
        if pipe != RECORD:
            os.close(pipe)
        for limit, value in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, file_size),
            (resource.RLIMIT_NOFILE, OPEN_FILES),
            (resource.RLIMIT_DATA, memory),
        ):
            with contextlib.suppress(ValueError, OSError):  # a lower limit is in force already
                resource.setrlimit(limit, (value, value))
        os.execv("/bin/sh", ["sh", "-c", command])  # noqa: S606  # the product runs commands
    finally:
        os._exit(126)


def _watch(child: int, wakeup: int) -> int | None:
    """Exit code of the child, or None where standard input ended first."""
    while True:
        ready, _, _ = select.select([0, wakeup], [], [])
        if wakeup in ready:
            woken = os.read(wakeup, 512)
            if signal.SIGTERM in woken:
                return None
            code = _reaped(child)
            if code is not None:
                return code
        elif not os.read(0, 512):
            return None


def _reaped(child: int) -> int | None:
    """Reap everything that has ended; the exit code of the child if it is among it."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
                found = code if code >= 0 else 128 - code
    return found


def _end_all(child: int) -> None:
    """SIGKILL to every descendant until none is left; adopted ones turn up as their parents die."""
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    while alive := _descendants():
        for pid in alive:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)
        _reaped(child)


def _descendants() -> set[int]:
    """Process ids below this one, from /proc; empty where there is none."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name in parentheses may hold blanks and parentheses of its own.
            fields = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            parents[int(entry.name)] = int(fields[1])
    found, grown = {os.getpid()}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found - {os.getpid()}


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]))
