"""What an engine prepares and runs, and what comes out."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Ending(enum.StrEnum):
    """How a run in a sandbox ended."""

    EXITED = "exited"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"  # more output than the limit
    DISK = "disk"


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one sandbox; memory, disk and output in bytes, timeout in seconds."""

    memory: int = 2 * 1024**3
    cpus: float = 1.0
    pids: int = 512
    disk: int = 2 * 1024**3
    output: int = 32 * 1024**2
    report: int = 64 * 1024**2
    timeout: float = 600.0


@dataclass(frozen=True, slots=True)
class Overlay:
    """One file laid over the snapshot before a run; `content is None` removes it."""

    path: str
    content: bytes | None
    executable: bool = False


@dataclass(frozen=True, slots=True)
class SnapshotSpec:
    """What an engine prepares once: a tree, an image, a set-up.

    `tree` is a folder on this machine that holds exactly the files to send. `protected` are
    files of it that no run may change, as far as the engine can prevent it: they are put in
    again after the set-up, owned by somebody else. `tools` are files of the gate's own, in a
    folder outside the workspace that a command finds as `$GATEKEEPER_TOOLS`; no run may change
    them either.
    """

    tree: str
    image: str
    setup: tuple[str, ...] = ()  # shell commands, run in the workspace, once
    setup_network: bool = False
    setup_timeout: float = 900.0
    protected: tuple[str, ...] = ()
    tools: tuple[Overlay, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One run of a shell command in a fresh sandbox forked from a snapshot.

    `reports` are globs relative to the workspace; only regular files written during the run
    are brought back. `trusted` are tests that the gate made for this run: they are laid over last,
    also over protected files, and as far as the engine can prevent it the command cannot change
    them.
    """

    command: str
    overlays: tuple[Overlay, ...] = ()
    trusted: tuple[Overlay, ...] = ()
    reports: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None  # None: the snapshot's limit


@dataclass(frozen=True, slots=True)
class Completed:
    """What came out of one sandbox. `output` keeps head and tail of stdout and stderr.

    `record` is everything that was written to descriptor `RECORD` of the command: it left the
    sandbox as it was written, so nothing that ran later could take it back.
    """

    exit_code: int
    ending: Ending
    output: bytes
    reports: tuple[tuple[str, bytes], ...]  # (path, content)
    seconds: float
    note: str = ""
    record: bytes = b""


RECORD = 9
"""File descriptor on which a command finds the stream that leaves the sandbox as it is written."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What is known of an engine before it is used."""

    name: str
    available: bool
    detail: str  # version and where, or why it is not available
    isolated: bool = True
    hint: str = ""
