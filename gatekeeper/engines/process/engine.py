"""Runs on this machine, as this user: for code that its owner trusts, and nothing else.

The set-up may write absolute paths (an environment's scripts, an editable install). So every run
happens at one path, the one where the set-up ran, and runs take turns. Protected and trusted files
are read-only and nothing more: a command that wants to can change them here.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gatekeeper.domain import Completed, Ending, EngineInfo, Limits, RunSpec, SnapshotSpec
from gatekeeper.engines.border import RECORD_LIMIT, TOOLS, Output, require_names, settled
from gatekeeper.engines.process import folders
from gatekeeper.errors import SandboxError
from gatekeeper.process import started

TREE_AGE = 10
SUPERVISOR = Path(__file__).with_name("supervisor.py")
_ENDINGS = {
    Ending.TIMEOUT: "stopped after {seconds:g} s",
    Ending.OUTPUT: "stopped: more output than the limit",
}


def _silent(_: str) -> None:
    """Nobody watches."""


class ProcessEngine:
    """Sandboxes are folders and processes of this user. Limits hold, isolation does not exist."""

    name = "process"

    def __init__(self, say: Callable[[str], None] = _silent) -> None:
        """`say` gets the lines of the set-up."""
        self._say = say

    def describe(self) -> EngineInfo:
        """See `ports.Engine.describe`."""
        detail = "this machine, without any isolation: network, files and secrets are in reach"
        return EngineInfo("process", available=os.name == "posix", detail=detail, isolated=False)

    def has_image(self, image: str) -> bool | None:
        """See `ports.Engine.has_image`; here no image is used."""
        return None

    @contextlib.contextmanager
    def prepare(self, spec: SnapshotSpec) -> Iterator[ProcessSnapshot]:
        """See `ports.Engine.prepare`. The image is not used; first sweeps what dead runs left."""
        with folders.place() as place:
            home = place / "work"
            home.mkdir()
            for name in ("home", "tmp"):
                (home / name).mkdir()
            folders.copy(Path(spec.tree), home / "workspace")
            folders.settle(home / "workspace", time.time() - TREE_AGE)
            tools = place / secrets.token_hex(8)
            folders.lay_over(tools, spec.tools, locked=True)
            if spec.setup:
                self._set_up(ProcessSnapshot(place, spec), spec)
            if spec.tools:
                spec = replace(spec, env={**spec.env, TOOLS: str(tools)})
            snapshot = ProcessSnapshot(place, spec)
            (place / "work").rename(place / "prepared")
            try:
                yield snapshot
            finally:
                snapshot.close()

    def _set_up(self, snapshot: ProcessSnapshot, spec: SnapshotSpec) -> None:
        command = "set -e\n" + "\n".join(spec.setup)
        completed = snapshot.execute(RunSpec(command, timeout=spec.setup_timeout))
        for line in completed.output.decode("utf-8", "replace").splitlines():
            self._say(line)
        if completed.ending is not Ending.EXITED or completed.exit_code != 0:
            tail = completed.output[-4000:].decode("utf-8", "replace").strip()
            how = completed.note or f"exit code {completed.exit_code}"
            raise SandboxError(f"the set-up failed ({how}):\n{tail}", hint="correct sandbox.setup")


CLOSED = "the sandbox was closed"
CLOSED_POLL = 0.2
"""Seconds after which a run notices at the latest that its snapshot is being closed."""


@dataclass(frozen=True, slots=True)
class _Ended:
    exit_code: int
    ending: Ending
    output: bytes
    seconds: float
    record: bytes


class ProcessSnapshot:
    """A prepared folder; every run gets a fresh copy of it, at the path of the set-up."""

    digest = ""

    def __init__(self, place: Path, spec: SnapshotSpec) -> None:
        self._work = place / "work"
        self._prepared = place / "prepared"
        self._spec = spec
        self._turn = threading.Lock()
        self._closed = threading.Event()

    def close(self) -> None:
        """End the run that is under way, wait until it is gone, and let no further one start."""
        self._closed.set()
        with self._turn:
            pass

    def run(self, spec: RunSpec) -> Completed:
        """See `ports.Snapshot.run`. Runs take turns."""
        with self._turn:
            if self._closed.is_set():
                raise SandboxError(CLOSED, hint="start gatekeeper again")
            folders.copy(self._prepared, self._work)
            try:
                return self.execute(spec)
            finally:
                folders.remove(self._work)

    def warm(self) -> None:
        """There is nothing to start ahead of time."""

    def execute(self, spec: RunSpec) -> Completed:
        """Run in the working folder as it is."""
        tree, limits, spec = self._work / "workspace", self._spec.limits, settled(spec)
        folders.lay_over(tree, spec.overlays)
        folders.lay_over(tree, spec.trusted, locked=True)
        folders.outdate(tree, spec.reports)
        timeout = limits.timeout if spec.timeout is None else spec.timeout
        env = _environment(self._work, {**self._spec.env, **spec.env})
        ended = _supervised(spec.command, tree, env, limits, timeout, self._closed)
        note = _ENDINGS.get(ended.ending, "").format(seconds=timeout)
        reports: tuple[tuple[str, bytes], ...] = ()
        if ended.ending is Ending.EXITED:
            reports, note = folders.collect(tree, spec.reports, limits.report)
        return Completed(
            exit_code=ended.exit_code,
            ending=ended.ending,
            output=ended.output,
            reports=reports,
            seconds=ended.seconds,
            note=note,
            record=ended.record,
        )


def _environment(work: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """An allow-list: what programs are found by, folders of the run, nothing of ours."""
    require_names(extra)
    return {
        "PATH": f"{os.environ.get('PATH', os.defpath)}:{work / 'home/.local/bin'}",
        "HOME": str(work / "home"),
        "TMPDIR": str(work / "tmp"),
        "LANG": "C.UTF-8",
        "USER": "gatekeeper",
        "LOGNAME": "gatekeeper",
        **extra,
    }


def _supervised(
    command: str,
    tree: Path,
    env: Mapping[str, str],
    limits: Limits,
    timeout: float,
    closed: threading.Event,
) -> _Ended:
    begun = time.monotonic()
    argv = [sys.executable, "-I", "-S", str(SUPERVISOR), str(limits.memory), str(limits.disk)]
    inlet, outlet = os.pipe()
    with contextlib.ExitStack() as ends:
        ends.callback(os.close, inlet)
        with contextlib.ExitStack() as ours:
            ours.callback(os.close, outlet)
            argv += [str(outlet), str(tree), command]
            child = ends.enter_context(
                started(argv, env=env, stdin=True, merge=True, pass_fds=(outlet,))
            )
        said = child.stdout.fileno()
        kept = {said: Output(), inlet: Output(head=RECORD_LIMIT, tail=0)}
        reading = _Reading(kept, {said: limits.output, inlet: RECORD_LIMIT})
        ending = reading.drain(begun + timeout, closed)
        if child.stdin is not None and ending is not Ending.EXITED:
            child.stdin.close()  # the supervisor then ends everything
        exit_code = child.wait(10)
        seconds = time.monotonic() - begun
    code = 137 if exit_code is None else exit_code
    record = kept[inlet].text()[:RECORD_LIMIT]
    return _Ended(code, ending, kept[said].text(), seconds, record)


class _Reading:
    """What comes out of descriptors, each up to its limit in bytes."""

    def __init__(self, kept: Mapping[int, Output], limits: Mapping[int, int]) -> None:
        self._kept = kept
        self._limits = limits

    def drain(self, deadline: float, closed: threading.Event) -> Ending:
        """Read until all have ended, which is once nothing of the command is left."""
        open_ = set(self._limits)
        while open_:
            left = deadline - time.monotonic()
            if left <= 0:
                return Ending.TIMEOUT
            if closed.is_set():
                raise SandboxError(CLOSED, hint="start gatekeeper again")
            for end in select.select(list(open_), [], [], min(left, CLOSED_POLL))[0]:
                data = os.read(end, 65536)
                self._kept[end].add(data)
                if not data:
                    open_.discard(end)
                if self._kept[end].total > self._limits[end]:
                    return Ending.OUTPUT
        return Ending.EXITED
