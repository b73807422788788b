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
class SnapshotSpec:
    """What an engine prepares once: a tree, an image, a set-up.

    `tree` is a folder on this machine that holds exactly the files to send. `protected` are
    files of it that no run may change, as far as the engine can prevent it: they are put in
    again after the set-up, owned by somebody else.
    """

    tree: str
    image: str
    setup: tuple[str, ...] = ()  # shell commands, run in the workspace, once
    setup_network: bool = False
    setup_timeout: float = 900.0
    protected: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Overlay:
    """One file laid over the snapshot before a run; `content is None` removes it."""

    path: str
    content: bytes | None
    executable: bool = False


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One run of a shell command in a fresh sandbox forked from a snapshot.

    `reports` are globs relative to the workspace; only regular files written during the run
    are brought back.
    """

    command: str
    overlays: tuple[Overlay, ...] = ()
    reports: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None  # None: the snapshot's limit


@dataclass(frozen=True, slots=True)
class Completed:
    """What came out of one sandbox. `output` keeps head and tail of stdout and stderr."""

    exit_code: int
    ending: Ending
    output: bytes
    reports: tuple[tuple[str, bytes], ...]  # (path, content)
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What is known of an engine before it is used."""

    name: str
    available: bool
    detail: str  # version and where, or why it is not available
    isolated: bool = True
    hint: str = ""
