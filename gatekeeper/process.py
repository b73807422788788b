"""The only place that starts a program: list argv, never a shell, a chosen environment."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gatekeeper.errors import GatekeeperError

GRACE = 5.0
"""Seconds that a program gets to end after its standard input was closed."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished program: exit code (128 + signal where a signal ended it) and its bytes."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: bytes
    stderr: bytes
    timed_out: bool = False


class NotStarted(GatekeeperError):
    """A program does not exist, or is none that this machine can start."""


class ProgramFailed(GatekeeperError):
    """A program that must succeed did not; the message holds command, code and stderr."""

    def __init__(self, finished: Finished) -> None:
        said = (finished.stderr or finished.stdout).decode("utf-8", "replace").strip()
        super().__init__(
            f"`{' '.join(finished.argv)}` ended with {finished.exit_code}: {said[-2000:]}"
        )
        self.finished = finished


def run(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    timeout: float | None = None,
    check: bool = True,
) -> Finished:
    """Run `argv` to its end; its whole process group is killed at `timeout` seconds.

    `env` is the whole environment; None means the caller's own. Raises ProgramFailed where
    `check` and the exit code is not 0, NotStarted where the program does not exist.
    """
    try:
        child = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise NotStarted(f"`{argv[0]}` cannot be started: {error}") from error
    timed_out = False
    try:
        out, err = child.communicate(stdin or None, timeout=timeout)
    except subprocess.TimeoutExpired:
        timed_out = True
        _kill_group(child)
        out, err = child.communicate()
    except BaseException:
        _kill_group(child)
        child.wait()
        raise
    code = child.returncode if child.returncode >= 0 else 128 - child.returncode
    finished = Finished(tuple(argv), code, out, err, timed_out)
    if check and (code != 0 or timed_out):
        raise ProgramFailed(finished)
    return finished


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


class Child:
    """A running program: raw bytes out of `stdout`, and into `stdin` where it was asked for."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        if child.stdout is None:
            raise GatekeeperError("a program was started without its output")
        self.stdout: IO[bytes] = child.stdout
        self.stdin: IO[bytes] | None = child.stdin

    def wait(self, timeout: float | None = None) -> int | None:
        """Exit code (128 + signal), or None where it still runs after `timeout` seconds."""
        try:
            code = self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        return code if code >= 0 else 128 - code

    def kill(self) -> None:
        """SIGKILL to its whole process group."""
        _kill_group(self._child)


@contextlib.contextmanager
def started(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bool = False,
    merge: bool = False,
    pass_fds: Sequence[int] = (),
) -> Iterator[Child]:
    """Start `argv` and read its output as it comes; its group is killed at the end of the block.

    With `stdin` its standard input stays open until the block ends or the caller dies. With
    `merge` standard error joins standard output, else it is dropped. `env` as in `run`;
    `pass_fds` are open in it under the same numbers.
    """
    try:
        child = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merge else subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
            pass_fds=pass_fds,
        )
    except OSError as error:
        raise NotStarted(f"`{argv[0]}` cannot be started: {error}") from error
    try:
        yield Child(child)
    finally:
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        # What was told to end by its closed standard input may first clean up after itself.
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(GRACE if stdin else 0)
        _kill_group(child)
        child.wait()
